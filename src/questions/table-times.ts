/** What the statistics of a table's files say of its newest row. */
import { readStats, timeBoundMs } from '../delta/format/stats.ts';
import type { Snapshot } from '../delta/log/snapshot.ts';

const known = new WeakMap<object, number | undefined>();

/** @returns milliseconds since the epoch; undefined where no file tells. */
export function newestTimeOf({ files }: Snapshot, column: string): number | undefined {
  let newest: number | undefined;
  for (const add of files.values()) {
    if (!known.has(add)) known.set(add, timeBoundMs(readStats(add).maxValues, column));
    const ms = known.get(add);
    if (ms !== undefined && (newest === undefined || ms > newest)) newest = ms;
  }
  return newest;
}
