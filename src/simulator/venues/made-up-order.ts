/** Price and value of a liquidation on a simulated venue: near the price of Binance's simulator, from 50 to 50,000 dollars. */

import type { SeededRandom } from '../../base/seeded-random.ts';
import { SPECIAL_SYMBOLS } from '../market/instrument-names.ts';

const PRICES = new Map(SPECIAL_SYMBOLS.map(([symbol, price]) => [symbol, price]));

export interface MadeUpOrder {
  readonly price: number;
  readonly valueUsd: number;
}

/** @param asset as `BTC`; one that Binance's simulator does not name costs a dollar. */
export function makeUpOrder(asset: string, random: SeededRandom): MadeUpOrder {
  const price = (PRICES.get(`${asset}USDT`) ?? 1) * (0.99 + 0.02 * random.next());
  return { price, valueUsd: 50 * 1000 ** random.next() };
}
