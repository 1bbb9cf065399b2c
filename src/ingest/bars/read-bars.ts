/** Reads stored bars of some symbols and a stretch of time, for whoever has to know what is there already. */
import pl from 'nodejs-polars';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { readStats, timeBoundMs } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { localDataPaths } from '../../delta/store/data-path.ts';

export interface BarSpan {
  readonly venue: string;
  /** Microseconds since the epoch; `toUs` is exclusive. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Undefined: all of them. */
  readonly symbols?: readonly string[] | undefined;
}

export type BarCells = Readonly<Record<string, readonly unknown[]>>;

const DAY_MS = 86_400_000;
const TIMES = ['open_time', 'event_time', 'known_at'];

/**
 * Yields the rows of one file after the other, as columns. Times are microseconds.
 * @param columns those of the table that are wanted.
 */
export async function* readBars(
  table: DeltaTable,
  { venue, fromUs, toUs, symbols }: BarSpan,
  columns: readonly string[],
): AsyncGenerator<BarCells> {
  for (const add of table.snapshot.files.values()) {
    if (!mayHold(add, fromUs / 1000, toUs / 1000)) continue;
    const [path] = await localDataPaths([add], table.store);
    if (path === undefined) continue;
    const scan = pl.scanParquet(path);
    const there = new Set(scan.columns);
    if (!there.has('open_time') || !there.has('symbol')) continue;
    const openTime = micros(pl.col('open_time'));
    let rows = scan
      .filter(openTime.gtEq(pl.lit(fromUs)).and(openTime.lt(pl.lit(toUs))))
      .filter(pl.col('venue').eq(pl.lit(venue)));
    if (symbols !== undefined && symbols.length <= 100)
      rows = rows.filter(pl.col('symbol').isIn([...symbols]));
    const wanted = columns.filter((name) => there.has(name));
    const frame = await rows
      .select(...wanted)
      .withColumns(...wanted.filter((name) => TIMES.includes(name)).map((name) => micros(pl.col(name))))
      .collect();
    yield Object.fromEntries(
      columns.map((name) => [
        name,
        there.has(name) ? frame.getColumn(name).toArray() : Array.from({ length: frame.height }, () => null),
      ]),
    );
  }
}

/** By the partition, and by the statistics of `open_time` where there are any. */
function mayHold(add: AddFile, fromMs: number, toMs: number): boolean {
  const dayMs = Date.parse(add.partitionValues.date ?? '');
  if (dayMs >= toMs || dayMs + DAY_MS <= fromMs) return false;
  const { minValues, maxValues } = readStats(add);
  const minMs = timeBoundMs(minValues, 'open_time') ?? Number.NEGATIVE_INFINITY;
  const maxMs = timeBoundMs(maxValues, 'open_time') ?? Number.POSITIVE_INFINITY;
  return minMs < toMs && maxMs + 1 >= fromMs;
}

/** Whatever unit and zone the file keeps a time in. */
function micros(time: pl.Expr): pl.Expr {
  return time.cast(pl.Datetime('us')).cast(pl.Int64);
}
