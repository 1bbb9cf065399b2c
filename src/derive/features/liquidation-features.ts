/** Liquidations of futures on the same name within the bar: at least so much, and nothing where nobody listened. */
import type { BarWindow } from './bar-window.ts';
import { FEATURE_AT as AT, type FeatureValues, ratio } from './feature-values.ts';
import { zscoreOf } from './window-statistics.ts';

/** What is known of a span. */
export interface LiquidationSums {
  /** Notional of closed longs and shorts. */
  long: number;
  short: number;
  /** From 0 to 1. */
  listenedShare: number;
  /** When the last of them was received, microseconds since the epoch; 0 when there was none. */
  knownAtUs: number;
}

/** @param barsADay 1 for daily bars, which have no score over a day. */
export function liquidationFeatures(
  values: FeatureValues,
  { columns, end, count }: BarWindow,
  sums: LiquidationSums,
  barsADay: number,
): void {
  values[AT.liq_listened_share] = sums.listenedShare;
  const isHeard = sums.listenedShare > 0;
  values[AT.liq_long_at_least] = isHeard ? sums.long : Number.NaN;
  values[AT.liq_short_at_least] = isHeard ? sums.short : Number.NaN;
  values[AT.liq_imbalance] = isHeard ? ratio(sums.long - sums.short, sums.long + sums.short) : Number.NaN;
  values[AT.liq_z_1d] =
    barsADay > 1 && count >= barsADay ? zscoreOf(columns.liquidated, end, barsADay) : Number.NaN;
}
