/** Volume and flow. A count or volume that a venue does not tell makes its features null. */
import { INDICATOR_AT as IN, type IndicatorValues } from '../indicators/indicator-set.ts';
import type { BarWindow } from './bar-window.ts';
import { FEATURE_AT as AT, type FeatureValues, ratio } from './feature-values.ts';
import { meanOf, sumOf, zscoreOf } from './window-statistics.ts';

export function volumeFeatures(
  values: FeatureValues,
  { columns, end, count }: BarWindow,
  indicators: IndicatorValues,
): void {
  const { close, volume, quoteVolume, tradeCount, takerBuyVolume, signedVolume, impact } = columns;
  const now = close[end - 1] as number;
  const traded = volume[end - 1] as number;
  values[AT.taker_buy_ratio] = ratio(takerBuyVolume[end - 1] as number, traded);
  values[AT.vwap_day_dist] = now / (indicators[IN.vwap_day] as number) - 1;
  values[AT.volume_z_60] = count >= 60 ? zscoreOf(volume, end, 60) : Number.NaN;
  if (count < 20) return;
  const volume20 = sumOf(volume, end, 20);
  const trades20 = sumOf(tradeCount, end, 20);
  const trades = tradeCount[end - 1] as number;
  values[AT.volume_ratio_20] = ratio(traded, volume20 / 20);
  values[AT.vwap20_dist] = now / ratio(sumOf(quoteVolume, end, 20), volume20) - 1;
  values[AT.taker_imbalance_20] = ratio(2 * sumOf(takerBuyVolume, end, 20) - volume20, volume20);
  values[AT.trades_ratio_20] = ratio(trades, trades20 / 20);
  values[AT.avg_trade_ratio_20] = ratio(ratio(traded, trades), ratio(volume20, trades20));
  if (count < 21) return;
  values[AT.obv_slope_20] = ratio(sumOf(signedVolume, end, 20), volume20);
  values[AT.amihud_20] = meanOf(impact, end, 20);
}
