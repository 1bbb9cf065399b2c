/** What two deliveries of one closed bar have in common: market, symbol and minute. */

import type { Bar } from '../../bars/bar.ts';
import { murmur3 } from '../../base/murmur3.ts';

const MAX_UNITS = 96;
const units = new Uint16Array(MAX_UNITS);
const words = new Uint32Array(units.buffer);

/** Writes 128 bits that stand for the key to `hash`. */
export function hashBarFrame(market: string, { symbol, openTimeUs }: Bar, hash: Uint32Array): void {
  units.fill(0);
  const text = `${market}:${openTimeUs}:${symbol}`;
  for (let i = 0; i < text.length && i < MAX_UNITS; i++) units[i] = text.charCodeAt(i);
  murmur3(words, MAX_UNITS / 2, hash);
}
