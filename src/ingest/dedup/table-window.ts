/** A duplicate window filled with what a table holds already. */
import { DedupWindow } from './dedup-window.ts';
import { type RecentKeysOptions, recentKeys } from './recent-keys.ts';

export async function windowFromTable(options: RecentKeysOptions): Promise<DedupWindow> {
  const window = new DedupWindow(options.windowMs);
  for (const { hash, receivedAtUs } of await recentKeys(options)) window.stage(hash, receivedAtUs);
  window.accept();
  return window;
}
