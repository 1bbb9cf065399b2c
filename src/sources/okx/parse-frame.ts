/**
 * One WebSocket text frame of OKX → what it means. A message holds any number of orders, not in the order of time; one
 * that cannot be understood comes back with the reason and never takes its neighbours with it.
 * Source: OKX v5 docs, "Liquidation orders channel".
 */
import { parseDecimal } from '../../base/decimal.ts';
import { isPlausible, parseTime } from '../event-time.ts';
import type { Liquidation } from '../liquidation.ts';
import { bad, type Fields, isFields, type ParsedFrame, parseJson, rawOf } from '../parsed-frame.ts';
import { isSymbol } from '../symbol.ts';

const MARKETS: ReadonlyMap<unknown, string> = new Map([
  ['SWAP', 'swap'],
  ['FUTURES', 'futures'],
]);

/** @param receivedAtUs microseconds since the epoch. */
export function parseFrame(text: string, receivedAtUs: number): ParsedFrame {
  if (text === 'pong') return { kind: 'control' };
  const value = parseJson(text);
  if (value === undefined) return bad('not JSON');
  if (!isFields(value)) return bad('not an object');
  const { arg, data } = value;
  if ('event' in value) return { kind: 'control' };
  if (!isFields(arg)) return bad('no channel');
  if (arg.channel === 'tickers') return { kind: 'tick' };
  if (arg.channel !== 'liquidation-orders') return bad('a message of another channel');
  if (!Array.isArray(data) || data.length === 0) return bad('a liquidation message without orders');
  const orders: Liquidation[] = [];
  const rejected: { raw: string; reason: string }[] = [];
  for (const instrument of data as readonly unknown[]) {
    const details = isFields(instrument) ? instrument.details : undefined;
    if (!isFields(instrument) || !Array.isArray(details)) {
      rejected.push({ raw: rawOf(instrument), reason: 'an instrument without orders' });
      continue;
    }
    for (const detail of details as readonly unknown[]) {
      const order = parseOrder(instrument, detail, receivedAtUs);
      if (typeof order !== 'string') orders.push(order);
      else rejected.push({ raw: rawOf({ ...instrument, details: [detail] }), reason: order });
    }
  }
  return { kind: 'liquidations', orders, rejected };
}

/** @returns the order, or why it is none. */
function parseOrder(
  { instId, instType }: Fields,
  detail: unknown,
  receivedAtUs: number,
): Liquidation | string {
  if (!isFields(detail)) return 'not an order';
  const { bkPx, side, sz, ts } = detail;
  const market = MARKETS.get(instType);
  if (market === undefined) return '`instType` is neither SWAP nor FUTURES';
  if (typeof instId !== 'string' || !isSymbol(instId)) return '`instId` is not a symbol';
  if (side !== 'buy' && side !== 'sell') return '`side` is neither buy nor sell';
  const quantity = parseDecimal(sz);
  if (quantity === undefined || quantity === 0) return '`sz` is not a positive decimal number';
  const price = parseDecimal(bkPx);
  if (price === undefined) return '`bkPx` is not a decimal number';
  const tradeTimeUs = typeof ts === 'string' && /^\d{13}$/.test(ts) ? parseTime(Number(ts)) : undefined;
  if (tradeTimeUs === undefined) return '`ts` is not a time in milliseconds';
  if (!isPlausible(tradeTimeUs, receivedAtUs)) return '`ts` is more than 26 h from the time of receipt';
  return {
    market,
    symbol: instId,
    side: side === 'sell' ? 'SELL' : 'BUY',
    orderType: null,
    timeInForce: null,
    status: null,
    price,
    averagePrice: null,
    quantity,
    lastFilledQuantity: null,
    filledQuantity: null,
    tradeTimeUs,
    eventTimeUs: null,
  };
}
