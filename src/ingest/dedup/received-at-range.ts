/** When the rows of a file were received, as far as the log tells: from statistics, else the partition. */
import { readStats, timeBoundMs } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';

/** The time that decides a row's partition is at most this far from its receipt. */
const MAX_DISTANCE_MS = 26 * 3_600_000;
const DAY_MS = 86_400_000;
/** Other engines cut the maximum to the millisecond. */
const CUT_MS = 1;

export interface ReceivedAtRange {
  /** No row was received before this time. */
  readonly earliestMs: number;
  /** Some row was received at or after this time. */
  readonly certainMs: number;
  /** No row was received after this time. */
  readonly latestMs: number;
}

/** @param column that holds the time of receipt. */
export function receivedAtRange(add: AddFile, column: string): ReceivedAtRange {
  const dayMs = Date.parse(add.partitionValues.date ?? '');
  const [firstMs, lastMs] = Number.isNaN(dayMs)
    ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    : [dayMs - MAX_DISTANCE_MS, dayMs + DAY_MS + MAX_DISTANCE_MS];
  const { minValues, maxValues } = readStats(add);
  const oldestMs = timeBoundMs(minValues, column);
  const newestMs = timeBoundMs(maxValues, column);
  return {
    earliestMs: oldestMs === undefined ? firstMs : oldestMs - CUT_MS,
    certainMs: newestMs === undefined ? firstMs : newestMs - CUT_MS,
    latestMs: newestMs === undefined ? lastMs : newestMs + CUT_MS,
  };
}
