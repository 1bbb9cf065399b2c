/** A duplicate window filled with what a table holds already. */
import { DedupWindow } from './dedup-window.ts';
import { type RecentKey, type RecentKeysOptions, recentKeys } from './recent-keys.ts';

export interface TableWindow {
  readonly window: DedupWindow;
  /** What it was filled with. */
  readonly stored: readonly RecentKey[];
}

export async function windowFromTable(options: RecentKeysOptions): Promise<TableWindow> {
  const window = new DedupWindow(options.windowMs);
  const stored = await recentKeys(options);
  for (const { hash, receivedAtUs } of stored) window.stage(hash, receivedAtUs);
  window.accept();
  return { window, stored };
}
