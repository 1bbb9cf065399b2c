/**
 * What makes two deliveries the same order: numbers are compared as numbers, and event time, last fill, `ps` and `st`
 * do not count, since they differ between deliveries. The market does: USDⓈ-M and COIN-M never meet. The venue does not,
 * as long as there is one.
 */
import { hashWords } from '../../base/murmur3.ts';
import type { Liquidation } from './liquidation.ts';

export type LiquidationKey = Pick<
  Liquidation,
  'market' | 'symbol' | 'side' | 'tradeTimeUs' | 'quantity' | 'price' | 'averagePrice' | 'filledQuantity'
>;

/** Of symbols from other programs' tables; ours are shorter. */
const MAX_SYMBOL_LENGTH = 256;
/** The key in bits, which are as good as digits and much faster to write: five numbers, a word of flags, the symbol. */
const numbers = new Float64Array(6 + MAX_SYMBOL_LENGTH / 4 + 1);
const words = new Uint32Array(numbers.buffer);
const units = new Uint16Array(numbers.buffer);
const FLAGS_AT = 5 * 4;
const SYMBOL_AT = FLAGS_AT + 1;

/** Writes 128 bits that stand for the key to `hash`. */
export function hashKey(key: LiquidationKey, hash: Uint32Array): void {
  hashWords(words, writeKey(key) / 2, hash);
}

/** The whole key as a text. */
export function keyText(key: LiquidationKey): string {
  return String.fromCharCode(...units.subarray(0, writeKey(key)));
}

/** @returns how many units of 16 bits it has: a multiple of eight, the last ones 0. */
function writeKey(key: LiquidationKey): number {
  const { market, symbol, side, tradeTimeUs, quantity, price, averagePrice, filledQuantity } = key;
  numbers[0] = tradeTimeUs;
  numbers[1] = quantity;
  numbers[2] = price;
  numbers[3] = averagePrice ?? Number.NaN;
  numbers[4] = filledQuantity;
  units[FLAGS_AT] = (market === 'coinm' ? 2 : 0) + (side === 'SELL' ? 1 : 0);
  let end = SYMBOL_AT;
  for (let i = 0; i < symbol.length && i < MAX_SYMBOL_LENGTH; i++) units[end++] = symbol.charCodeAt(i);
  while (end % 8 !== 0) units[end++] = 0;
  return end;
}
