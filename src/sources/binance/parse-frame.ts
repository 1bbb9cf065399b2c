/**
 * One WebSocket text frame → what it means. Unknown fields never fail a frame; anything that cannot be understood
 * comes back with the reason, and is kept in quarantine.
 * Source: Binance derivatives docs, "Liquidation Order Streams"; `st` and `ps` stand inside `o` in live frames.
 */
import { parseDecimal } from '../../base/decimal.ts';
import { isPlausible, parseTime } from '../event-time.ts';
import type { Liquidation } from '../liquidation.ts';
import { isSymbol } from '../symbol.ts';

export type ParsedFrame =
  | { readonly kind: 'liquidation'; readonly record: Liquidation }
  /** A message that only proves that the connection lives: the canary. */
  | { readonly kind: 'tick' }
  /** An answer to a control request. */
  | { readonly kind: 'control' }
  /** The server announces that it closes the connection. */
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'bad'; readonly reason: string };

type Fields = Readonly<Record<string, unknown>>;

const TICK: ParsedFrame = { kind: 'tick' };

/** @param receivedAtUs microseconds since the epoch. */
export function parseFrame(text: string, receivedAtUs: number): ParsedFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('not JSON');
  }
  if (!isFields(value)) return bad('not an object');
  const event = 'stream' in value ? value.data : value;
  if (!isFields(event)) return bad('the envelope has no data');
  switch (event.e) {
    case 'forceOrder':
      return parseForceOrder(event, receivedAtUs);
    case 'markPriceUpdate':
      return TICK;
    case 'serverShutdown':
      return { kind: 'shutdown' };
    case undefined:
      return 'result' in event || 'error' in event || ('code' in event && 'msg' in event)
        ? { kind: 'control' }
        : bad('no event type');
    default:
      return bad('an event of another type');
  }
}

function parseForceOrder(event: Fields, receivedAtUs: number): ParsedFrame {
  const o = event.o;
  if (!isFields(o)) return bad('forceOrder without an order');
  const symbol = o.s;
  if (typeof symbol !== 'string' || !isSymbol(symbol)) return bad('`s` is not a symbol');
  const side = o.S;
  if (side !== 'BUY' && side !== 'SELL') return bad('`S` is neither BUY nor SELL');
  const price = parseDecimal(o.p);
  if (price === undefined) return bad('`p` is not a decimal number');
  const averagePrice = o.ap === undefined || o.ap === null ? null : parseDecimal(o.ap);
  if (averagePrice === undefined) return bad('`ap` is not a decimal number');
  const quantity = parseDecimal(o.q);
  if (quantity === undefined || quantity === 0) return bad('`q` is not a positive decimal number');
  const filledQuantity = parseDecimal(o.z);
  if (filledQuantity === undefined) return bad('`z` is not a decimal number');
  const lastFilledQuantity = o.l === undefined || o.l === null ? null : parseDecimal(o.l);
  if (lastFilledQuantity === undefined) return bad('`l` is not a decimal number');
  const tradeTimeUs = parseTime(o.T);
  if (tradeTimeUs === undefined) return bad('`T` is not a time in milliseconds');
  const eventTimeUs = event.E === undefined || event.E === null ? null : parseTime(event.E);
  if (eventTimeUs === undefined) return bad('`E` is not a time in milliseconds');
  if (!isPlausible(tradeTimeUs, receivedAtUs, eventTimeUs))
    return bad('`T` is more than 26 h from the time of receipt');
  const market = marketOf(o.st ?? event.st, symbol);
  if (market === undefined) return bad('`st` is neither 1 nor 2');
  const orderType = optionalWord(o.o);
  const timeInForce = optionalWord(o.f);
  const status = optionalWord(o.X);
  if (orderType === undefined || timeInForce === undefined || status === undefined) {
    return bad('`o`, `f` or `X` is not a word');
  }
  return {
    kind: 'liquidation',
    record: {
      market,
      symbol,
      side,
      orderType,
      timeInForce,
      status,
      price,
      averagePrice,
      quantity,
      lastFilledQuantity,
      filledQuantity,
      tradeTimeUs,
      eventTimeUs,
    },
  };
}

/** `st` where it is sent; else by the symbol: the pair of a COIN-M contract ends in USD before its underscore. */
export function marketOf(st: unknown, symbol: string): 'usdm' | 'coinm' | undefined {
  if (st === undefined || st === null) return /^[^_]*USD_/.test(symbol) ? 'coinm' : 'usdm';
  if (st === 1) return 'usdm';
  return st === 2 ? 'coinm' : undefined;
}

function optionalWord(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' && isSymbol(value) ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(reason: string): ParsedFrame {
  return { kind: 'bad', reason };
}
