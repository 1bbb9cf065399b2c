/** When the newest row of a series is from, at pinned versions. */
import type { PinnedLake } from './pinned-lake.ts';
import { readSeries } from './read-series.ts';
import type { SeriesSource } from './series-source.ts';

const KEPT = 2000;
const known = new WeakMap<object, Map<string, bigint | undefined>>();

/** @returns microseconds since the epoch; undefined for a series without rows. */
export async function newestTime(
  lake: PinnedLake,
  source: SeriesSource,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const cache = known.get(lake.connections) ?? new Map<string, bigint | undefined>();
  known.set(lake.connections, cache);
  const { table, series, filters } = source;
  const key = JSON.stringify([lake.versions[table.name], table.name, series, filters]);
  if (cache.has(key)) return cache.get(key);
  const all = { fromUs: undefined, toUs: undefined };
  const page = { limit: 1, position: undefined, signal };
  const newest = await readSeries(lake, source, all, page);
  if (cache.size >= KEPT) cache.clear();
  cache.set(key, newest.lastUs);
  return newest.lastUs;
}
