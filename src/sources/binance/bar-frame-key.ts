/** What two deliveries of one closed bar have in common: market, symbol and minute. */

import { type Bar, MINUTE_US } from '../../bars/bar.ts';
import { murmur3 } from '../../base/murmur3.ts';

const MAX_UNITS = 96;
const units = new Uint16Array(MAX_UNITS + 8);
const words = new Uint32Array(units.buffer);

/** Writes 128 bits that stand for the key to `hash`. */
export function hashBarFrame(market: string, { symbol, openTimeUs }: Bar, hash: Uint32Array): void {
  const minute = openTimeUs / MINUTE_US;
  units[0] = minute;
  units[1] = minute >>> 16;
  let length = 2;
  for (let i = 0; i < market.length; i++) units[length++] = market.charCodeAt(i);
  // Where the market ends.
  units[length++] = 0;
  for (let i = 0; i < symbol.length && length < MAX_UNITS; i++) units[length++] = symbol.charCodeAt(i);
  while (length % 8 !== 0) units[length++] = 0;
  murmur3(words, length / 2, hash);
}
