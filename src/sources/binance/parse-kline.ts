/**
 * Klines of Binance → bars: a closed frame of a stream, the items of a REST answer, a line of the archive. What cannot
 * be understood comes back with the reason. Unknown fields never fail a bar.
 * Source: Binance docs, "Kline/Candlestick Streams" and "Kline/Candlestick data"; spot, USDⓈ-M and COIN-M share the shape.
 */

import { type Bar, MINUTE_US } from '../../bars/bar.ts';
import { parseDecimal } from '../../base/decimal.ts';
import { isPlausible, parseTime } from '../event-time.ts';
import { isSymbol } from '../symbol.ts';

export type ParsedKline =
  | { readonly kind: 'closed'; readonly bar: Bar }
  | { readonly kind: 'forming'; readonly bar: Bar }
  | { readonly kind: 'bad'; readonly reason: string };

type Fields = Readonly<Record<string, unknown>>;

const INTERVAL = '1m';
/** Milliseconds are kept as such by streams and REST; the archive of spot has microseconds since 2025. */
const LAST_OF_MINUTE_US = new Set([MINUTE_US - 1000, MINUTE_US - 1]);

/** @param event the event of a `kline_1m` stream, without its envelope. */
export function parseKlineEvent(event: Fields, market: string, receivedAtUs: number): ParsedKline {
  const { k } = event;
  if (!isFields(k)) return bad('kline without a bar');
  const { s: symbol, x, i } = k;
  if (typeof symbol !== 'string' || !isSymbol(symbol)) return bad('`s` is not a symbol');
  if (event.s !== undefined && event.s !== symbol) return bad('the two `s` differ');
  if (i !== INTERVAL) return bad('`i` is not 1m');
  if (typeof x !== 'boolean') return bad('`x` is neither true nor false');
  const eventTimeUs = parseTime(event.E);
  if (eventTimeUs === undefined) return bad('`E` is not a time in milliseconds');
  const items = [k.t, k.o, k.h, k.l, k.c, k.v, k.T, k.q, k.n, k.V, k.Q];
  const bar = parseItems(items, market, symbol);
  if (typeof bar === 'string') return bad(bar);
  if (!isPlausible(bar.openTimeUs, receivedAtUs, eventTimeUs))
    return bad('`t` is more than 26 h from the time of receipt');
  const { tradeCount } = bar;
  const firstTradeId = tradeCount === 0 ? null : parseId(k.f);
  const lastTradeId = tradeCount === 0 ? null : parseId(k.L);
  if (firstTradeId === undefined || lastTradeId === undefined) return bad('`f` or `L` is not a trade id');
  if (firstTradeId !== null && lastTradeId !== null && firstTradeId > lastTradeId)
    return bad('`f` is above `L`');
  return { kind: x ? 'closed' : 'forming', bar: { ...bar, firstTradeId, lastTradeId, eventTimeUs } };
}

/** @param items of a REST answer or a line of the archive. @returns a bar without ids, or what is wrong. */
export function parseKlineItems(items: unknown, market: string, symbol: string): Bar | string {
  if (!Array.isArray(items) || items.length < 11) return 'not a kline of at least 11 items';
  return parseItems(items, market, symbol);
}

function parseItems(items: readonly unknown[], market: string, symbol: string): Bar | string {
  const openTimeUs = parseTime(items[0]);
  if (openTimeUs === undefined || openTimeUs % MINUTE_US !== 0) return 'the open time is not a whole minute';
  const closeTimeUs = parseTime(items[6]);
  if (closeTimeUs === undefined || !LAST_OF_MINUTE_US.has(closeTimeUs - openTimeUs))
    return 'the close time is not the end of the minute';
  const open = parseDecimal(items[1]);
  const high = parseDecimal(items[2]);
  const low = parseDecimal(items[3]);
  const close = parseDecimal(items[4]);
  if (open === undefined || high === undefined || low === undefined || close === undefined)
    return 'a price is not a decimal number';
  const volume = parseDecimal(items[5]);
  const quoteVolume = parseDecimal(items[7]);
  const takerBuyVolume = parseDecimal(items[9]);
  const takerBuyQuoteVolume = parseDecimal(items[10]);
  if (
    volume === undefined ||
    quoteVolume === undefined ||
    takerBuyVolume === undefined ||
    takerBuyQuoteVolume === undefined
  )
    return 'a volume is not a decimal number';
  const tradeCount = items[8];
  if (typeof tradeCount !== 'number' || !Number.isSafeInteger(tradeCount) || tradeCount < 0)
    return 'the number of trades is not a count';
  return {
    market,
    symbol,
    openTimeUs,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    tradeCount,
    takerBuyVolume,
    takerBuyQuoteVolume,
    firstTradeId: null,
    lastTradeId: null,
    eventTimeUs: null,
  };
}

function parseId(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(reason: string): ParsedKline {
  return { kind: 'bad', reason };
}
