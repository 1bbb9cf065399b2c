/** Which aggregate trades of a symbol the table has, by their ids. */
import pl from 'nodejs-polars';
import { LakeError } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import { localDataPaths } from '../../delta/store/data-path.ts';
import { openTable } from '../../lake/open-table.ts';
import { TRADES_TABLE } from '../../lake/tables/trades.ts';

export interface TradesOf {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
  /** `2026-11-20`. */
  readonly date: string;
}

export async function knownTrades(
  lake: string,
  { venue, market, symbol, date }: TradesOf,
): Promise<ReadonlySet<number>> {
  const ids = new Set<number>();
  const table = await openTable(joinLocation(lake, TRADES_TABLE.name)).catch((error: unknown) => {
    if (error instanceof LakeError && error.code === 'TABLE_NOT_FOUND') return undefined;
    throw error;
  });
  if (table === undefined) return ids;
  for (const add of table.snapshot.files.values()) {
    if (add.partitionValues.date !== date) continue;
    const [path] = await localDataPaths([add], table.store);
    if (path === undefined) continue;
    const frame = await pl
      .scanParquet(path)
      .filter(pl.col('symbol').eq(pl.lit(symbol)))
      .filter(pl.col('market').eq(pl.lit(market)))
      .filter(pl.col('venue').eq(pl.lit(venue)))
      .select('trade_id')
      .collect();
    for (const id of frame.getColumn('trade_id').toArray()) ids.add(Number(id));
  }
  return ids;
}
