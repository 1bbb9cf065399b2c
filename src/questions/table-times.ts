/** What the statistics of a table's files say of its newest row. */
import type { Snapshot } from '../delta/log/snapshot.ts';

const known = new WeakMap<object, number | undefined>();

/** @returns milliseconds since the epoch; undefined where no file tells. */
export function newestTimeOf({ files }: Snapshot, column: string): number | undefined {
  let newest: number | undefined;
  for (const add of files.values()) {
    if (!known.has(add)) known.set(add, maximum(add.stats, column));
    const ms = known.get(add);
    if (ms !== undefined && (newest === undefined || ms > newest)) newest = ms;
  }
  return newest;
}

function maximum(stats: string | undefined, column: string): number | undefined {
  try {
    const { maxValues } = JSON.parse(stats ?? '{}') as { maxValues?: Record<string, unknown> };
    const ms = Date.parse(String(maxValues?.[column]));
    return Number.isNaN(ms) ? undefined : ms;
  } catch {
    return undefined;
  }
}
