/**
 * One WebSocket text frame of Bybit → what it means. A message holds any number of orders: one that cannot be understood
 * comes back with the reason and never takes its neighbours with it.
 * Source: Bybit v5 docs, "All Liquidation" (`allLiquidation.{symbol}`) and "Ticker".
 */
import { parseDecimal } from '../../base/decimal.ts';
import { isPlausible, parseTime } from '../event-time.ts';
import { bankruptcyOrder, type Liquidation } from '../liquidation.ts';
import { bad, type Fields, isFields, type ParsedFrame, parseJson, parseOrders } from '../parsed-frame.ts';
import { isSymbol } from '../symbol.ts';

/** @param market of the connection: the message does not name it. @param receivedAtUs microseconds since the epoch. */
export function parseFrame(text: string, market: string, receivedAtUs: number): ParsedFrame {
  const value = parseJson(text);
  if (value === undefined) return bad('not JSON');
  if (!isFields(value)) return bad('not an object');
  const { topic, data, ts } = value;
  if (topic === undefined) return 'op' in value || 'ret_msg' in value ? { kind: 'control' } : bad('no topic');
  if (typeof topic !== 'string') return bad('`topic` is no text');
  if (topic.startsWith('tickers.')) return { kind: 'tick' };
  if (!topic.startsWith('allLiquidation.')) return bad('a message of another topic');
  if (!Array.isArray(data) || data.length === 0) return bad('a liquidation message without orders');
  const eventTimeUs = ts === undefined || ts === null ? null : parseTime(ts);
  if (eventTimeUs === undefined) return bad('`ts` is not a time in milliseconds');
  return parseOrders(data as readonly unknown[], (item) =>
    parseOrder(item, market, eventTimeUs, receivedAtUs),
  );
}

/** @returns the order, or why it is none. */
function parseOrder(
  item: unknown,
  market: string,
  eventTimeUs: number | null,
  receivedAtUs: number,
): Liquidation | string {
  if (!isFields(item)) return 'not an order';
  const { T, s, S, v, p }: Fields = item;
  if (typeof s !== 'string' || !isSymbol(s)) return '`s` is not a symbol';
  if (S !== 'Buy' && S !== 'Sell') return '`S` is neither Buy nor Sell';
  const quantity = parseDecimal(v);
  if (quantity === undefined || quantity === 0) return '`v` is not a positive decimal number';
  const price = parseDecimal(p);
  if (price === undefined) return '`p` is not a decimal number';
  const tradeTimeUs = parseTime(T);
  if (tradeTimeUs === undefined) return '`T` is not a time in milliseconds';
  if (!isPlausible(tradeTimeUs, receivedAtUs, eventTimeUs))
    return '`T` is more than 26 h from the time of receipt';
  return bankruptcyOrder({
    market,
    symbol: s,
    // What is sent is the side of the position: a long is closed by selling.
    side: S === 'Buy' ? 'SELL' : 'BUY',
    price,
    quantity,
    tradeTimeUs,
    eventTimeUs,
  });
}
