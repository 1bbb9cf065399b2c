/**
 * What makes two deliveries the same order: numbers are compared as numbers, and event time, last fill, `ps` and `st`
 * do not count, since they differ between deliveries. The market does: the same name may stand for two contracts. The
 * venue does not: each has a window of its own.
 */
import { murmur3 } from '../base/murmur3.ts';

export interface LiquidationKey {
  readonly market: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly tradeTimeUs: number;
  readonly quantity: number;
  readonly price: number;
  readonly averagePrice: number | null;
  readonly filledQuantity: number | null;
}

/** Of symbols from other programs' tables; ours are shorter. */
const MAX_SYMBOL_LENGTH = 256;
const MAX_MARKET_LENGTH = 16;
/** The key in bits, which are as good as digits and much faster to write: five numbers, the side, market and symbol. */
const numbers = new Float64Array(6 + (MAX_MARKET_LENGTH + MAX_SYMBOL_LENGTH) / 4 + 1);
const words = new Uint32Array(numbers.buffer);
const units = new Uint16Array(numbers.buffer);
const SIDE_AT = 5 * 4;

/** Writes 128 bits that stand for the key to `hash`. */
export function hashLiquidation(key: LiquidationKey, hash: Uint32Array): void {
  const { market, symbol, side, tradeTimeUs, quantity, price, averagePrice, filledQuantity } = key;
  numbers[0] = tradeTimeUs;
  numbers[1] = quantity;
  numbers[2] = price;
  numbers[3] = averagePrice ?? Number.NaN;
  numbers[4] = filledQuantity ?? Number.NaN;
  let end = SIDE_AT;
  units[end++] = side === 'SELL' ? 1 : 0;
  for (let i = 0; i < market.length && i < MAX_MARKET_LENGTH; i++) units[end++] = market.charCodeAt(i);
  // No character of a name: `ab` + `c` is not `a` + `bc`.
  units[end++] = 0;
  for (let i = 0; i < symbol.length && i < MAX_SYMBOL_LENGTH; i++) units[end++] = symbol.charCodeAt(i);
  while (end % 8 !== 0) units[end++] = 0;
  murmur3(words, end / 2, hash);
}
