/** When the rows of a liquidation file were received, as far as the log tells: from statistics, else the partition. */
import type { AddFile } from '../delta/actions.ts';

/** A row's trade time, which decides its partition, is at most this far from its receipt. */
const MAX_DISTANCE_MS = 26 * 3_600_000;
const DAY_MS = 86_400_000;
/** Other engines cut the maximum to the millisecond. */
const CUT_MS = 1;

export interface ReceiptBounds {
  /** Some row was received at or after this time. */
  readonly certainMs: number;
  /** No row was received after this time. */
  readonly latestMs: number;
}

export function receiptBounds(add: AddFile): ReceiptBounds {
  const newestMs = newestReceiptMs(add);
  if (newestMs !== undefined) return { certainMs: newestMs - CUT_MS, latestMs: newestMs + CUT_MS };
  const dayMs = Date.parse(add.partitionValues.date ?? '');
  if (Number.isNaN(dayMs)) return { certainMs: Number.NEGATIVE_INFINITY, latestMs: Number.POSITIVE_INFINITY };
  return { certainMs: dayMs - MAX_DISTANCE_MS, latestMs: dayMs + DAY_MS + MAX_DISTANCE_MS };
}

function newestReceiptMs({ stats }: AddFile): number | undefined {
  if (stats === undefined) return undefined;
  try {
    const { maxValues } = JSON.parse(stats) as { maxValues?: Record<string, unknown> };
    const newest = Date.parse(String(maxValues?.received_at));
    return Number.isNaN(newest) ? undefined : newest;
  } catch {
    return undefined;
  }
}
