/**
 * The keys of a source's newest rows in its table, so that a restart does not forget what was just stored. Files of other
 * engines count too: they may lack columns or statistics, and keep times in nanoseconds.
 */
import pl from 'nodejs-polars';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { localDataPaths } from '../../delta/store/data-path.ts';
import type { Dedup } from '../../sources/source.ts';
import { concatSmallFiles, type Query } from '../write/concat-small-files.ts';
import { receivedAtRange } from './received-at-range.ts';

export interface RecentKeysOptions {
  readonly table: DeltaTable;
  readonly dedup: Dedup;
  /** Rows of other venues are other things; those that name none are taken for this one's. */
  readonly venue: string;
  readonly windowMs: number;
  /** Milliseconds since the epoch: what a clock that was ahead has dated later counts as received now. */
  readonly nowMs: number;
  /** What was received later is left out. */
  readonly untilMs?: number;
}

export interface RecentKey {
  readonly hash: Uint32Array;
  readonly market: string;
  /** Microseconds since the epoch. */
  readonly receivedAtUs: number;
}

type Cells = Readonly<Record<string, readonly unknown[]>>;

/** @returns keys oldest first, no older than the window before the newest. */
export async function recentKeys(options: RecentKeysOptions): Promise<readonly RecentKey[]> {
  const { table, dedup, windowMs, nowMs, untilMs = Number.POSITIVE_INFINITY } = options;
  const files = [...table.snapshot.files.values()]
    .map((add) => ({ add, ...receivedAtRange(add, dedup.receivedAt) }))
    .filter(({ earliestMs }) => earliestMs <= untilMs);
  let cutoffMs = Number.NEGATIVE_INFINITY;
  for (const { certainMs } of files)
    cutoffMs = Math.max(cutoffMs, Math.min(certainMs, nowMs, untilMs) - windowMs);
  const keys: RecentKey[] = [];
  // What lies outside of the table was not stored by us, and is read for nobody who did not ask for it.
  const recent = files.filter(({ latestMs }) => latestMs >= cutoffMs).map(({ add }) => add);
  const paths = await localDataPaths(recent, table.store);
  for (const rows of concatSmallFiles(paths)) {
    for (const { receivedAtUs, ...key } of keysOf(rows, options, cutoffMs * 1000)) {
      if (receivedAtUs <= untilMs * 1000)
        keys.push({ ...key, receivedAtUs: Math.min(receivedAtUs, nowMs * 1000) });
    }
    // Polars frees a frame's memory only when the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const newestUs = keys.reduce((newest, { receivedAtUs }) => Math.max(newest, receivedAtUs), 0);
  return keys
    .filter(({ receivedAtUs }) => newestUs - receivedAtUs <= windowMs * 1000)
    .sort((a, b) => a.receivedAtUs - b.receivedAtUs);
}

function* keysOf(rows: Query, { dedup, venue }: RecentKeysOptions, cutoffUs: number): Generator<RecentKey> {
  const cells = readCells(rows, dedup, cutoffUs);
  for (const [index, receivedAt] of (cells[dedup.receivedAt] ?? []).entries()) {
    const row = Object.fromEntries(Object.entries(cells).map(([name, column]) => [name, column[index]]));
    if (typeof row.venue === 'string' && row.venue !== venue) continue;
    const hash = new Uint32Array(4);
    const market = typeof row.market === 'string' ? row.market : '';
    if (dedup.hashRow(row, hash)) yield { hash, market, receivedAtUs: Number(receivedAt) };
  }
}

/** A compacted file may hold a whole day: what is too old is left out before it becomes JavaScript. */
function readCells(rows: Query, { table, columns, receivedAt }: Dedup, cutoffUs: number): Cells {
  const there = new Set(rows.columns);
  if (!there.has(receivedAt)) return {};
  const wanted = [...new Set([...columns, 'venue', receivedAt])].filter((name) => there.has(name));
  const times = wanted.filter((name) => table.columns[name] === 'timestamp');
  const frame = rows
    .filter(micros(pl.col(receivedAt)).gtEq(pl.lit(cutoffUs)))
    .select(...wanted)
    .withColumns(...times.map((name) => micros(pl.col(name))))
    .collectSync();
  return Object.fromEntries(wanted.map((name) => [name, frame.getColumn(name).toArray()]));
}

/** Whatever unit and zone the file keeps a time in. */
function micros(time: pl.Expr): pl.Expr {
  return time.cast(pl.Datetime('us')).cast(pl.Int64);
}
