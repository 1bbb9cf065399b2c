/**
 * One WebSocket text frame of OKX → what it means. A message holds any number of orders, not in the order of time; one
 * that cannot be understood comes back with the reason and never takes its neighbours with it.
 * Source: OKX v5 docs, "Liquidation orders channel".
 */
import { parseDecimal } from '../../base/decimal.ts';
import { isPlausible, parseTime } from '../event-time.ts';
import { bankruptcyOrder, type Liquidation } from '../liquidation.ts';
import { bad, isFields, type ParsedFrame, parseJson, parseOrders } from '../parsed-frame.ts';
import { isSymbol } from '../symbol.ts';

const MARKETS: ReadonlyMap<unknown, string> = new Map([
  ['SWAP', 'swap'],
  ['FUTURES', 'futures'],
]);

/**
 * @param receivedAtUs microseconds since the epoch.
 * @param clockOffsetUs what OKX's clock is ahead of that: its messages do not say when they were sent.
 */
export function parseFrame(
  text: string,
  receivedAtUs: number,
  clockOffsetUs: number | null = null,
): ParsedFrame {
  const sentAtUs = clockOffsetUs === null ? null : receivedAtUs + clockOffsetUs;
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
  const pieces = (data as readonly unknown[]).flatMap((instrument): readonly Piece[] =>
    isFields(instrument) && Array.isArray(instrument.details)
      ? (instrument.details as readonly unknown[]).map((detail) => ({ instrument, detail }))
      : [{ instrument, detail: undefined }],
  );
  return parseOrders(
    pieces,
    (piece) => parseOrder(piece, receivedAtUs, sentAtUs),
    ({ instrument, detail }) =>
      isFields(instrument) && detail !== undefined ? { ...instrument, details: [detail] } : instrument,
  );
}

/** One order, and the instrument that it is of. */
interface Piece {
  readonly instrument: unknown;
  /** Undefined where the instrument has no orders. */
  readonly detail: unknown;
}

/** @returns the order, or why it is none. */
function parseOrder(
  { instrument, detail }: Piece,
  receivedAtUs: number,
  sentAtUs: number | null,
): Liquidation | string {
  if (!isFields(instrument) || detail === undefined) return 'an instrument without orders';
  if (!isFields(detail)) return 'not an order';
  const { instId, instType } = instrument;
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
  if (!isPlausible(tradeTimeUs, receivedAtUs, sentAtUs))
    return '`ts` is more than 26 h from the time of receipt';
  return bankruptcyOrder({
    market,
    symbol: instId,
    side: side === 'sell' ? 'SELL' : 'BUY',
    price,
    quantity,
    tradeTimeUs,
    eventTimeUs: null,
  });
}
