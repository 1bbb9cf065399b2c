/** Duplicate windows filled with the orders that a table holds already. */
import type { DeltaTable } from '../../delta/delta-table.ts';
import { readSegment } from '../../spool/segments/read-segment.ts';
import { DedupWindow } from './dedup-window.ts';
import { recentKeys } from './recent-liquidation-keys.ts';

/** The newest orders of the table. */
export async function newestWindow(table: DeltaTable, windowMs: number, nowMs: number): Promise<DedupWindow> {
  return filled(new DedupWindow(windowMs), await recentKeys(table, windowMs, nowMs));
}

/** The orders from around the time of the segment at `path`, which may be long ago. */
export async function windowAround(
  path: string,
  table: DeltaTable,
  windowMs: number,
  nowMs: number,
): Promise<DedupWindow> {
  let [firstUs, lastUs] = [Number.POSITIVE_INFINITY, 0];
  for await (const items of readSegment(path)) {
    for (const item of items) {
      if ('damaged' in item) continue;
      firstUs = Math.min(firstUs, item.receivedAtUs);
      lastUs = Math.max(lastUs, item.receivedAtUs);
    }
  }
  if (lastUs === 0) return new DedupWindow(windowMs);
  const untilMs = lastUs / 1000 + windowMs;
  const lengthMs = untilMs - firstUs / 1000 + windowMs;
  return filled(new DedupWindow(lengthMs), await recentKeys(table, lengthMs, nowMs, untilMs));
}

function filled(window: DedupWindow, keys: Awaited<ReturnType<typeof recentKeys>>): DedupWindow {
  for (const [key, receivedAtUs] of keys) window.stage(key, receivedAtUs);
  window.accept();
  return window;
}
