/** Compares stored bars with what the venue says now: each value as a number, minute by minute. */

import { type Bar, differingValues, MINUTE_US } from '../../bars/bar.ts';
import { BarLedger } from '../../bars/bar-ledger.ts';
import { closedPart } from '../../bars/closed-part.ts';
import { type ExactTrade, foldTrades } from '../../bars/fold-trades.ts';
import { type MinuteRange, planRequests } from '../../bars/plan-holes.ts';
import type { Clock } from '../../base/clock.ts';
import { LakeError } from '../../base/errors.ts';
import { parseScaled, ZERO } from '../../base/scaled-decimal.ts';
import { loadLedger } from '../../ingest/bars/load-ledger.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { BAR_CORRECTIONS_TABLE } from '../../lake/tables/bar-corrections.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import type { TradeHistorySpec } from '../../sources/trade-history-spec.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import type { VenueNetwork } from '../venue-network.ts';
import { PoliteGet } from './polite-get.ts';

export interface ReconcileOptions {
  readonly lake: string;
  readonly clock: Clock;
  readonly network: VenueNetwork;
  readonly range: MinuteRange;
  readonly history: HistorySpec;
  /** Undefined: against bars. */
  readonly trades: TradeHistorySpec | undefined;
  readonly signal: AbortSignal;
}

export interface Reconciled {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
  readonly compared: number;
  readonly different: number;
  /** Minutes that the venue has and the lake has not. */
  readonly missing: number;
  /** The first minute that differs, and in what. */
  readonly example: string | null;
}

const DAY_MINUTES = 1440;

/** Corrections count: what is compared is the newest word. @throws LakeError EXCHANGE_… */
export async function reconcileBars(one: WatchedSymbol, options: ReconcileOptions): Promise<Reconciled> {
  const { lake, clock, network, range, signal } = options;
  const rest = new PoliteGet(network, clock, signal);
  const bars = await openLakeTable(lake, BARS_1M_TABLE);
  const corrections = await openLakeTable(lake, BAR_CORRECTIONS_TABLE);
  const isPlain = options.trades?.hasPlainQuote(one.market) ?? true;
  const ignored: ReadonlySet<string> = new Set(isPlain ? [] : ['quoteVolume', 'takerBuyQuoteVolume']);
  let [compared, different, missing] = [0, 0, 0];
  let example: string | null = null;
  for (const day of planRequests([range], DAY_MINUTES)) {
    signal.throwIfAborted();
    const ledger = new BarLedger();
    await loadLedger(ledger, bars, corrections, { venue: one.venue, ...day, symbols: [one.symbol] });
    const answered =
      options.trades === undefined
        ? await byBars(one, day, options, rest)
        : await byTrades(one, day, options, rest);
    for (const bar of answered) {
      const known = ledger.get(one.market, one.symbol, bar.openTimeUs);
      if (known === undefined) {
        missing++;
        continue;
      }
      compared++;
      const names = differingValues(known.bar, bar).filter((name) => !ignored.has(name));
      if (names.length === 0) continue;
      different++;
      example ??= `${new Date(bar.openTimeUs / 1000).toISOString()}: ${names.join(', ')}`;
    }
  }
  return { ...one, compared, different, missing, example };
}

async function byBars(
  { market, symbol }: WatchedSymbol,
  day: MinuteRange,
  { history, network }: ReconcileOptions,
  rest: PoliteGet,
): Promise<readonly Bar[]> {
  const bars: Bar[] = [];
  for (const range of planRequests([day], history.maxMinutes(market))) {
    const { url, weight } = history.request(network.addresses, market, symbol, range);
    const { body, answeredAtUs } = await rest.get(url, weight);
    const answer = history.parse(body, market, symbol, closedPart(range, answeredAtUs));
    if (typeof answer === 'string') throw nonsense(symbol, answer);
    bars.push(...answer.bars);
  }
  return bars;
}

/** Minutes without a trade have no bar here. */
async function byTrades(
  { market, symbol }: WatchedSymbol,
  { fromUs, toUs }: MinuteRange,
  { trades: history, network }: ReconcileOptions,
  rest: PoliteGet,
): Promise<readonly Bar[]> {
  if (history === undefined) return [];
  const ask = async ({ url, weight }: { readonly url: string; readonly weight: number }) => {
    const trades = history.parse((await rest.get(url, weight)).body);
    if (typeof trades === 'string') throw nonsense(symbol, trades);
    return trades.filter((trade) => 'id' in trade);
  };
  let nextId: number | undefined;
  for (let timeUs = fromUs; timeUs < toUs && nextId === undefined; timeUs += 60 * MINUTE_US)
    nextId = (await ask(history.requestAt(network.addresses, market, symbol, timeUs)))[0]?.id;
  const exact: ExactTrade[] = [];
  while (nextId !== undefined) {
    const ids = { fromId: nextId, toId: nextId + history.maxTrades };
    const trades = await ask(history.request(network.addresses, market, symbol, ids));
    for (const trade of trades) {
      if (trade.tradeTimeUs < fromUs || trade.tradeTimeUs >= toUs) continue;
      exact.push({ ...trade, price: scaled(trade.price), quantity: scaled(trade.quantity) });
    }
    const last = trades.at(-1);
    nextId = last !== undefined && last.tradeTimeUs < toUs ? last.id + 1 : undefined;
  }
  return foldTrades(market, symbol, exact);
}

/** The shortest decimal of a double of up to 15 digits is the one that was sent. */
function scaled(value: number) {
  const text = String(value);
  return parseScaled(text.includes('e') ? value.toFixed(12) : text) ?? ZERO;
}

function nonsense(symbol: string, what: string): LakeError {
  return new LakeError('EXCHANGE_NONSENSE', `${symbol}: ${what}`, { hint: 'try again later' });
}
