/** Oscillators and volatility. */
import { INDICATOR_AT as IN, type IndicatorValues } from '../indicators/indicator-set.ts';
import type { BarWindow } from './bar-window.ts';
import { FEATURE_AT as AT, type FeatureValues, ratio } from './feature-values.ts';
import { deviationOf, isAlike, meanOf } from './window-statistics.ts';

export function volatilityFeatures(
  values: FeatureValues,
  { columns, end, count }: BarWindow,
  indicators: IndicatorValues,
  rsi7: number,
): void {
  const { open, high, low, close, rsi14, rangeSquare, garmanKlass, rv10 } = columns;
  const now = close[end - 1] as number;
  values[AT.rsi_14] = indicators[IN.rsi_14] as number;
  values[AT.rsi_7] = rsi7;
  values[AT.rsi_14_delta_5] =
    count > 19 ? (indicators[IN.rsi_14] as number) - (rsi14[end - 6] as number) : Number.NaN;
  values[AT.stoch_k] = indicators[IN.stoch_k] as number;
  values[AT.stoch_d] = indicators[IN.stoch_d] as number;
  values[AT.williams_r_14] = indicators[IN.williams_r_14] as number;
  values[AT.cci_20] = indicators[IN.cci_20] as number;
  values[AT.mfi_14] = indicators[IN.mfi_14] as number;
  values[AT.atr_14_rel] = (indicators[IN.atr_14] as number) / now;
  const width = 4 * (indicators[IN.deviation20] as number);
  values[AT.bb_width] = width / (indicators[IN.sma_20] as number);
  // From the window alone: near the lower band the drift of a running mean would show.
  values[AT.bb_percent_b] = count >= 20 ? ratio(width / 2 - meanDistance(close, end, 20), width) : Number.NaN;
  const rv10Now = rv10[end - 1] as number;
  values[AT.rv_10] = rv10Now;
  values[AT.rv_30] = realized(columns.change, end, count, 30);
  const rv60 = realized(columns.change, end, count, 60);
  values[AT.rv_60] = rv60;
  values[AT.rv_ratio] = ratio(rv10Now, rv60);
  values[AT.parkinson_20] =
    count >= 20 ? Math.sqrt(meanOf(rangeSquare, end, 20) / (4 * Math.LN2)) : Number.NaN;
  values[AT.garman_klass_20] = count >= 20 ? Math.sqrt(meanOf(garmanKlass, end, 20)) : Number.NaN;
  values[AT.range] = Math.log((high[end - 1] as number) / (low[end - 1] as number));
  values[AT.gap] = count > 1 ? Math.log((open[end - 1] as number) / (close[end - 2] as number)) : Number.NaN;
  values[AT.vol_of_vol] = count > 39 ? spread(rv10, end, 30) : Number.NaN;
}

/** Sample deviation of the newest changes; the first bar of a series has none. */
export function realized(change: Float64Array, end: number, count: number, bars: number): number {
  return count > bars ? spread(change, end, bars) : Number.NaN;
}

/** Exactly 0 where nothing differs. */
function spread(values: Float64Array, end: number, count: number): number {
  return isAlike(values, end, count) ? 0 : deviationOf(values, end, count);
}

/** How far the mean of the newest values is above the newest. */
function meanDistance(values: Float64Array, end: number, count: number): number {
  const newest = values[end - 1] as number;
  let sum = 0;
  for (let at = end - count; at < end; at++) sum += (values[at] as number) - newest;
  return sum / count;
}
