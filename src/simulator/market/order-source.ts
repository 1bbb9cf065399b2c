/** Made-up orders of the present, for pushes and bursts: a symbol is taken again only after a second if others are free. */

import { createSeededRandom } from '../../base/seeded-random.ts';
import type { ForcedOrder } from './forced-order.ts';
import type { Instrument } from './instruments.ts';
import { EVENT_DELAY_MS } from './market-event.ts';
import { makeOrder } from './order-maker.ts';
import { SymbolPicker } from './symbol-picker.ts';

/** Keeps the orders apart from those of the market with the same seed. */
const SEED_SALT = 0x5eed;

export function createOrderSource(
  instruments: readonly Instrument[],
  seed: number,
  exchangeMs: () => number,
): () => ForcedOrder {
  const random = createSeededRandom(seed ^ SEED_SALT);
  const picker = new SymbolPicker(instruments, random);
  return () => {
    const nowMs = exchangeMs();
    const side = random.next() < 0.5 ? 'SELL' : 'BUY';
    return makeOrder(picker.pick(nowMs), side, nowMs - EVENT_DELAY_MS, random);
  };
}
