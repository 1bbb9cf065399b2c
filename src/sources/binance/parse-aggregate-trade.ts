/**
 * Aggregate trades of Binance: of a stream, of REST, of a line of the archive.
 * Source: Binance docs, "Aggregate Trade Streams" and "Compressed/Aggregate trades list".
 */
import { parseDecimal } from '../../base/decimal.ts';
import type { AggregateTrade } from '../aggregate-trade.ts';
import { parseTime } from '../event-time.ts';

/** @returns the trade, or what is wrong. */
export function parseAggregateTrade(value: unknown): AggregateTrade | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an aggregate trade';
  const { a, p, q, f, l, T, m } = value as Readonly<Record<string, unknown>>;
  if (!isId(a)) return '`a` is not an id';
  if (!isId(f) || !isId(l) || f > l) return '`f` and `l` are not the ids of its trades';
  const price = parseDecimal(p);
  if (price === undefined) return '`p` is not a decimal number';
  const quantity = parseDecimal(q);
  if (quantity === undefined) return '`q` is not a decimal number';
  const tradeTimeUs = parseTime(T);
  if (tradeTimeUs === undefined) return '`T` is not a time in milliseconds';
  if (typeof m !== 'boolean') return '`m` is neither true nor false';
  return { id: a, firstTradeId: f, lastTradeId: l, price, quantity, isBuyerMaker: m, tradeTimeUs };
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
