/** Duplicate windows filled with the orders that a table holds already. */
import type { DeltaTable } from '../delta/delta-table.ts';
import { DuplicateWindow } from '../processors/duplicate-window.ts';
import { readSegment } from '../spool/read-segment.ts';
import { recentKeys } from '../writers/recent-keys.ts';

/** The newest orders of the table. */
export async function newestWindow(
  table: DeltaTable,
  windowMs: number,
  nowMs: number,
): Promise<DuplicateWindow> {
  return filled(new DuplicateWindow(windowMs), await recentKeys(table, windowMs, nowMs));
}

/** The orders from around the time of the segment at `path`, which may be long ago. */
export async function windowAround(
  path: string,
  table: DeltaTable,
  windowMs: number,
  nowMs: number,
): Promise<DuplicateWindow> {
  let [firstUs, lastUs] = [Number.POSITIVE_INFINITY, 0];
  for await (const items of readSegment(path)) {
    for (const item of items) {
      if ('damaged' in item) continue;
      firstUs = Math.min(firstUs, item.receivedAtUs);
      lastUs = Math.max(lastUs, item.receivedAtUs);
    }
  }
  if (lastUs === 0) return new DuplicateWindow(windowMs);
  const untilMs = lastUs / 1000 + windowMs;
  const lengthMs = untilMs - firstUs / 1000 + windowMs;
  return filled(new DuplicateWindow(lengthMs), await recentKeys(table, lengthMs, nowMs, untilMs));
}

function filled(window: DuplicateWindow, keys: Awaited<ReturnType<typeof recentKeys>>): DuplicateWindow {
  for (const [key, receivedAtUs] of keys) window.stage(key, receivedAtUs);
  window.accept();
  return window;
}
