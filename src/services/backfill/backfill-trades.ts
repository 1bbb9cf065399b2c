/** Aggregate trades of the past into the lake, a day of a symbol a commit; ids that are there are left as they are. */
import { LakeError } from '../../base/errors.ts';
import { knownTrades } from '../../ingest/bars/known-trades.ts';
import { TableBatch } from '../../ingest/rows/table-batch.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { TRADES_TABLE } from '../../lake/tables/trades.ts';
import type { AggregateTrade } from '../../sources/aggregate-trade.ts';
import type { TradeArchive } from '../../sources/archive-spec.ts';
import type { TradeHistorySpec } from '../../sources/trade-history-spec.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import { appendNewRows } from './append-new-rows.ts';
import { ArchiveFiles } from './archive-files.ts';
import type { BackfillBarsOptions } from './backfill-bars.ts';
import { daysOf } from './backfill-plan.ts';
import { PoliteGet } from './polite-get.ts';

export interface BackfillTradesOptions extends Omit<BackfillBarsOptions, 'history' | 'dedup' | 'archive'> {
  readonly history: TradeHistorySpec;
  readonly archive: TradeArchive | undefined;
}

type Take = (trade: AggregateTrade) => void;

/** @returns how many rows were stored. @throws LakeError EXCHANGE_…, COMMIT_CONFLICT. */
export async function backfillTrades(options: BackfillTradesOptions): Promise<number> {
  const { lake, clock, network, symbols, range, archive, signal, onProgress } = options;
  const table = await openLakeTable(lake, TRADES_TABLE);
  const rest = new PoliteGet(network, clock, signal);
  const files = new ArchiveFiles(rest);
  let rows = 0;
  for (const day of daysOf({ fromUs: dayOf(range.fromUs), toUs: range.toUs })) {
    const span = { fromUs: Math.max(day.fromUs, range.fromUs), toUs: Math.min(day.toUs, range.toUs) };
    for (const one of symbols) {
      const stored = async (): Promise<number> => {
        signal.throwIfAborted();
        await table.refresh();
        const of = { ...one, date: day.period };
        const known = await knownTrades(table, of);
        const batch = new TableBatch(TRADES_TABLE);
        const taken = new Set<number>();
        const take: Take = (trade) => {
          const isWanted = trade.tradeTimeUs >= span.fromUs && trade.tradeTimeUs < span.toUs;
          if (!isWanted || known.has(trade.id) || taken.has(trade.id)) return;
          taken.add(trade.id);
          addTrade(batch, one, trade, archive === undefined ? 'rest' : 'archive', clock.nowUs());
        };
        const details =
          archive === undefined
            ? await byRest(options, rest, one, span, known, take)
            : await byArchive(options, files, archive, one, day.period, take);
        const isAnyThere = async () => [...(await knownTrades(table, of))].some((id) => taken.has(id));
        return (await appendNewRows(table, batch, details, isAnyThere)) ?? stored();
      };
      rows += await stored();
    }
    onProgress({ doneUs: span.toUs, rows });
  }
  return rows;
}

async function byRest(
  { history, network }: BackfillTradesOptions,
  rest: PoliteGet,
  { market, symbol }: WatchedSymbol,
  span: { readonly fromUs: number; readonly toUs: number },
  known: ReadonlySet<number>,
  take: Take,
): Promise<Readonly<Record<string, string>>> {
  const firstAt = async (timeUs: number): Promise<number | undefined> => {
    const { url, weight } = history.requestAt(network.addresses, market, symbol, timeUs);
    return tradesOf(history, (await rest.get(url, weight)).body, symbol)[0]?.id;
  };
  let nextId: number | undefined;
  // The exchange looks an hour ahead.
  for (let timeUs = span.fromUs; timeUs < span.toUs && nextId === undefined; timeUs += HOUR_US)
    nextId = await firstAt(timeUs);
  while (nextId !== undefined) {
    while (known.has(nextId)) nextId++;
    const ids = { fromId: nextId, toId: nextId + history.maxTrades };
    const { url, weight } = history.request(network.addresses, market, symbol, ids);
    const trades = tradesOf(history, (await rest.get(url, weight)).body, symbol);
    for (const trade of trades) take(trade);
    const last = trades.at(-1);
    nextId = last !== undefined && last.tradeTimeUs < span.toUs ? last.id + 1 : undefined;
  }
  return {};
}

async function byArchive(
  { network, onNotice }: BackfillTradesOptions,
  files: ArchiveFiles,
  archive: TradeArchive,
  { market, symbol }: WatchedSymbol,
  period: string,
  take: Take,
): Promise<Readonly<Record<string, string>>> {
  const of = { market, symbol, period };
  const file = await files.load(archive, archive.fileUrl(network.addresses, of));
  if (file === undefined) {
    onNotice(`the archive has no trades of ${symbol} of ${period}`);
    return {};
  }
  for (const trade of await archive.read(file.bytes, file.name, of)) {
    if (typeof trade === 'string') onNotice(`${file.name}: a line is left out: ${trade}`);
    else take(trade);
  }
  return { archive: JSON.stringify({ [file.name]: file.sha256 }) };
}

function tradesOf(history: TradeHistorySpec, body: string, symbol: string): readonly AggregateTrade[] {
  const trades = history.parse(body);
  const bad = typeof trades === 'string' ? trades : trades.find((trade) => 'reason' in trade)?.reason;
  if (typeof trades !== 'string' && bad === undefined)
    return trades.filter((trade): trade is AggregateTrade => 'id' in trade);
  throw new LakeError('EXCHANGE_NONSENSE', `${symbol}: ${bad}`, {
    hint: 'nothing of this day is stored; the same command goes on from there',
  });
}

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;

function dayOf(timeUs: number): number {
  return timeUs - (timeUs % DAY_US);
}

function addTrade(
  batch: TableBatch<typeof TRADES_TABLE>,
  { venue, market, symbol }: WatchedSymbol,
  trade: AggregateTrade,
  origin: string,
  nowUs: number,
): void {
  batch.add(trade.tradeTimeUs, {
    venue,
    market,
    symbol,
    trade_id: trade.id,
    first_trade_id: trade.firstTradeId,
    last_trade_id: trade.lastTradeId,
    price: trade.price,
    quantity: trade.quantity,
    is_buyer_maker: trade.isBuyerMaker ? 1 : 0,
    trade_time: trade.tradeTimeUs,
    origin,
    received_at: nowUs,
    connection: origin,
  });
}
