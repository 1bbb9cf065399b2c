/** Returns, lags, momentum and trend. `end` is the index after the newest bar of the window. */
import { INDICATOR_AT as IN, type IndicatorValues } from '../indicators/indicator-set.ts';
import type { BarWindow } from './bar-window.ts';
import { FEATURE_AT as AT, type FeatureValues, ratio } from './feature-values.ts';
import { meanOf } from './window-statistics.ts';

const STREAK = 20;

export function priceFeatures(
  values: FeatureValues,
  { columns, end, count }: BarWindow,
  indicators: IndicatorValues,
  sar: number,
): void {
  const { close, change, sma20 } = columns;
  const now = close[end - 1] as number;
  const ago = (bars: number) => (bars < count ? (close[end - 1 - bars] as number) : Number.NaN);
  values[AT.ret_1] = Math.log(now / ago(1));
  values[AT.ret_2] = Math.log(now / ago(2));
  values[AT.ret_3] = Math.log(now / ago(3));
  values[AT.ret_5] = Math.log(now / ago(5));
  values[AT.ret_10] = Math.log(now / ago(10));
  values[AT.ret_20] = Math.log(now / ago(20));
  values[AT.ret_60] = Math.log(now / ago(60));
  values[AT.ret_accel] = count > 2 ? (change[end - 1] as number) - (change[end - 2] as number) : Number.NaN;
  values[AT.price_lag_1] = ago(1);
  values[AT.price_lag_2] = ago(2);
  values[AT.price_lag_3] = ago(3);
  values[AT.price_lag_4] = ago(4);
  values[AT.price_lag_5] = ago(5);
  const mean10 = count >= 10 ? meanOf(close, end, 10) : Number.NaN;
  values[AT.ma_10] = mean10;
  values[AT.roc_12] = now / ago(12) - 1;
  values[AT.mom_10_atr] = ratio(now - ago(10), indicators[IN.atr_14] as number);
  values[AT.r_streak] = count > STREAK ? streakOf(change, end) : Number.NaN;
  values[AT.sma_10_dist] = now / mean10 - 1;
  values[AT.sma_20_dist] = now / (indicators[IN.sma_20] as number) - 1;
  values[AT.sma_50_dist] = now / (indicators[IN.sma_50] as number) - 1;
  values[AT.sma_200_dist] = now / (indicators[IN.sma_200] as number) - 1;
  values[AT.ema_12_dist] = now / (indicators[IN.ema_12] as number) - 1;
  values[AT.ema_26_dist] = now / (indicators[IN.ema_26] as number) - 1;
  values[AT.ema_spread] = (indicators[IN.ema_12] as number) / (indicators[IN.ema_26] as number) - 1;
  values[AT.sma20_slope_5] =
    count > 24 ? (sma20[end - 1] as number) / (sma20[end - 6] as number) - 1 : Number.NaN;
  values[AT.macd_rel] = (indicators[IN.macd] as number) / now;
  values[AT.macd_signal_rel] = (indicators[IN.macd_signal] as number) / now;
  values[AT.macd_histogram_rel] = (indicators[IN.macd_histogram] as number) / now;
  values[AT.adx_14] = indicators[IN.adx_14] as number;
  values[AT.di_spread] = (indicators[IN.plus_di_14] as number) - (indicators[IN.minus_di_14] as number);
  values[AT.psar_dist] = now / sar - 1;
}

/** How many changes in a row went the same way, with their sign. */
function streakOf(change: Float64Array, end: number): number {
  const sign = Math.sign(change[end - 1] as number);
  if (sign === 0) return 0;
  let length = 1;
  while (length < STREAK && Math.sign(change[end - 1 - length] as number) === sign) length++;
  return sign * length;
}
