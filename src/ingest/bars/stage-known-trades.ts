/** Trades that were asked for by their ids may be of any time: those that are stored are no news, however long ago. */
import type { DeltaTable } from '../../delta/delta-table.ts';
import type { Source } from '../../sources/source.ts';
import type { DedupWindow } from '../dedup/dedup-window.ts';
import { rangeAround } from '../dedup/segment-receipts.ts';
import { knownTrades } from './known-trades.ts';
import { tradeRangesOf } from './segment-history.ts';

export interface KnownTradesOf {
  readonly source: Source;
  /** That of the source's rows. */
  readonly table: DeltaTable | undefined;
  readonly window: DedupWindow;
  /** Of the segment that is to be stored. */
  readonly path: string;
}

/**
 * Leaves them staged: what is staged counts for the whole segment. Those that the window knows already are not staged
 * again, so they have to be recent when the segment ends.
 */
export async function stageKnownTrades({ source, table, window, path }: KnownTradesOf): Promise<void> {
  const { dedup, venue, tradeHistory } = source;
  if (tradeHistory === undefined || dedup === undefined || table === undefined) return;
  const ranges = await tradeRangesOf(path, venue);
  if (ranges.length === 0) return;
  const receivedAtUs = (await rangeAround(path, 0)).untilMs * 1000;
  const hash = new Uint32Array(4);
  for (const ids of ranges)
    for (const id of await knownTrades(table, ids))
      if (dedup.hashRow({ ...ids, trade_id: id }, hash)) window.stage(hash, receivedAtUs);
}
