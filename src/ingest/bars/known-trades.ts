/** Which aggregate trades of a symbol a table has, by their ids. */
import pl from 'nodejs-polars';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { readStats } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { localDataPaths } from '../../delta/store/data-path.ts';

export interface TradesOf {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
  /** `2026-11-20`; undefined: of any day. */
  readonly date?: string;
  /** Undefined: all of them. `toId` is exclusive. */
  readonly fromId?: number;
  readonly toId?: number;
}

export async function knownTrades(table: DeltaTable, of: TradesOf): Promise<ReadonlySet<number>> {
  const ids = new Set<number>();
  for (const rows of await tradesIn(table, of)) {
    const frame = await rows.collect();
    for (const one of frame.getColumn('trade_id').toArray()) ids.add(Number(one));
  }
  return ids;
}

/** The column of their ids, a frame for each file that may hold some. */
export async function tradesIn(table: DeltaTable, of: TradesOf): Promise<readonly pl.LazyDataFrame[]> {
  const { venue, market, symbol, fromId = 0, toId = Number.MAX_SAFE_INTEGER } = of;
  const id = pl.col('trade_id');
  const paths = await localDataPaths(tradeFiles(table, of), table.store);
  return paths.map((path) =>
    pl
      .scanParquet(path)
      .filter(pl.col('symbol').eq(pl.lit(symbol)))
      .filter(pl.col('market').eq(pl.lit(market)))
      .filter(pl.col('venue').eq(pl.lit(venue)))
      .filter(id.gtEq(pl.lit(fromId)).and(id.lt(pl.lit(toId))))
      .select('trade_id'),
  );
}

/** The files that may hold some of them. */
export function tradeFiles(table: DeltaTable, of: TradesOf): readonly AddFile[] {
  return [...table.snapshot.files.values()].filter((add) => mayHold(add, of));
}

/** By the partition, and by the statistics of the ids where there are any. */
function mayHold(add: AddFile, { date, fromId = 0, toId = Number.MAX_SAFE_INTEGER }: TradesOf): boolean {
  if (date !== undefined && add.partitionValues.date !== date) return false;
  const { minValues, maxValues } = readStats(add);
  return !(Number(minValues.trade_id) >= toId || Number(maxValues.trade_id) < fromId);
}
