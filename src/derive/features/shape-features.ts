/** Shape of the bar, position in its past, statistics of its changes, and the time of its close in UTC. */
import { DAY_US } from '../../lake/timeframe.ts';
import type { BarWindow } from './bar-window.ts';
import { FEATURE_AT as AT, type FeatureValues, ratio } from './feature-values.ts';
import { autocorrelationOf, highestOf, lowestOf, momentsOf, zscoreOf } from './window-statistics.ts';

const HOUR_US = DAY_US / 24;
/** 1970-01-01 was a Thursday; Monday is 0. */
const WEEKDAY_OF_EPOCH = 3;

export function shapeFeatures(values: FeatureValues, { columns, end, count }: BarWindow): void {
  const { open, high, low, close, change } = columns;
  const [o, h] = [open[end - 1] as number, high[end - 1] as number];
  const [l, c] = [low[end - 1] as number, close[end - 1] as number];
  values[AT.body] = ratio(c - o, h - l);
  values[AT.upper_shadow] = ratio(h - Math.max(o, c), h - l);
  values[AT.lower_shadow] = ratio(Math.min(o, c) - l, h - l);
  values[AT.close_location] = ratio(c - l, h - l);
  if (count >= 20) {
    const lowest = lowestOf(low, end, 20);
    values[AT.donchian_pos_20] = ratio(c - lowest, highestOf(high, end, 20) - lowest);
  }
  if (count >= 60) {
    const highest = highestOf(high, end, 60);
    values[AT.dist_high_60] = c / highest - 1;
    values[AT.bars_since_high_60] = end - 1 - high.lastIndexOf(highest, end - 1);
    values[AT.zscore_60] = zscoreOf(close, end, 60);
  }
  if (count > 60) {
    const { skew, kurtosis } = momentsOf(change, end, 60);
    values[AT.skew_60] = skew;
    values[AT.kurt_60] = kurtosis;
  }
  if (count > 31) values[AT.autocorr_1_30] = autocorrelationOf(change, end, 30);
}

export function timeFeatures(values: FeatureValues, closeTimeUs: number): void {
  const hour = (2 * Math.PI * ((closeTimeUs % DAY_US) / HOUR_US)) / 24;
  const weekday = (2 * Math.PI * ((Math.floor(closeTimeUs / DAY_US) + WEEKDAY_OF_EPOCH) % 7)) / 7;
  values[AT.hour_sin] = Math.sin(hour);
  values[AT.hour_cos] = Math.cos(hour);
  values[AT.weekday_sin] = Math.sin(weekday);
  values[AT.weekday_cos] = Math.cos(weekday);
}
