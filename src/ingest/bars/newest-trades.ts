/** Up to where a table has a symbol's aggregate trades, for a collector that does not know it. */
import pl from 'nodejs-polars';
import { openIfThere } from '../../lake/open-if-there.ts';
import { TRADES_TABLE } from '../../lake/tables/trades.ts';
import { type TradesOf, tradeFiles, tradesIn } from './known-trades.ts';

/** `to` is exclusive. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

export type NewestOf = Required<Pick<TradesOf, 'venue' | 'market' | 'symbol' | 'toId'>> & {
  /** The first day that is looked at. */
  readonly since: string;
};

/** @returns the ids before `toId` of the last day that has any, ascending and apart from one another. */
export async function newestTradeIds(lake: string, of: NewestOf): Promise<readonly IdRange[]> {
  const table = await openIfThere(lake, TRADES_TABLE);
  if (table === undefined) return [];
  const dates = new Set(tradeFiles(table, of).map(({ partitionValues }) => partitionValues.date ?? ''));
  const days = [...dates].filter((date) => date >= of.since);
  for (const date of days.sort().reverse()) {
    const ranges: IdRange[] = [];
    for (const path of await tradesIn(table, { ...of, date })) ranges.push(...(await rangesOf(path)));
    if (ranges.length > 0) return joined(ranges);
  }
  return [];
}

/** Found by Polars, beside the thread that takes frames: a day may have millions of ids, and has few gaps. */
async function rangesOf(ids: pl.LazyDataFrame): Promise<readonly IdRange[]> {
  const id = pl.col('trade_id');
  const edges = await ids
    .sort('trade_id')
    .withColumns(
      id.sub(id.shift(1)).neq(pl.lit(1)).fillNull(true).alias('begins'),
      id.shift(-1).sub(id).neq(pl.lit(1)).fillNull(true).alias('ends'),
    )
    .filter(pl.col('begins').or(pl.col('ends')))
    .collect();
  const [firsts, lasts] = ['begins', 'ends'].map((edge) =>
    edges.filter(pl.col(edge)).getColumn('trade_id').toArray().map(Number),
  );
  return (firsts ?? []).map((from, index) => ({ from, to: (lasts?.[index] ?? from) + 1 }));
}

function joined(ranges: readonly IdRange[]): readonly IdRange[] {
  const apart: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = apart.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else apart.push({ from, to });
  }
  return apart;
}
