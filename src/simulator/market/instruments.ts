/**
 * The contracts that the simulated exchange trades: prices, tick sizes and how numbers are printed. Their order is
 * their popularity; the same list comes out for everyone, whatever the seed.
 */

import { createSeededRandom } from '../../base/seeded-random.ts';
import { BASE_ASSETS, NAME_PARTS, SPECIAL_SYMBOLS } from './instrument-names.ts';

export interface Instrument {
  readonly symbol: string;
  readonly pair: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly market: 'usdm' | 'coinm';
  readonly price: number;
  readonly tickDecimals: number;
  /** Decimals on the wire; at least those of the tick, the rest are zeros. */
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** US dollars a contract, COIN-M only. */
  readonly contractSize?: number;
}

/** The first `symbols` instruments, or the named ones (unknown names become USDⓈ-M contracts of 1 USDT). */
export function createInstruments(symbols: number | readonly string[]): readonly Instrument[] {
  const all = listInstruments(typeof symbols === 'number' ? symbols : 500);
  if (typeof symbols === 'number') return all;
  const bySymbol = new Map(all.map((instrument) => [instrument.symbol, instrument]));
  return symbols.map((symbol) => bySymbol.get(symbol) ?? describe(symbol, 1, 4, 4, 1));
}

function listInstruments(count: number): readonly Instrument[] {
  const random = createSeededRandom(20_260_630);
  const instruments = SPECIAL_SYMBOLS.slice(0, count).map((row) => describe(...row));
  const taken = new Set(instruments.map((instrument) => instrument.baseAsset));
  for (let rank = 0; instruments.length < count; rank++) {
    const base = BASE_ASSETS[rank] ?? inventName(random.below);
    if (taken.has(base)) continue;
    taken.add(base);
    const price = 10 ** (random.next() * 4 - 2.5);
    const tickDecimals = Math.min(7, Math.max(2, 3 - Math.floor(Math.log10(price))));
    const priceDecimals = random.next() < 0.6 ? 7 : tickDecimals;
    const quantityDecimals = price > 50 ? 2 : price > 1 ? 1 : 0;
    instruments.push(describe(`${base}USDT`, price, tickDecimals, priceDecimals, quantityDecimals));
  }
  return instruments;
}

function describe(
  symbol: string,
  price: number,
  tickDecimals: number,
  priceDecimals: number,
  quantityDecimals: number,
): Instrument {
  const pair = symbol.split('_')[0] ?? symbol;
  const quoteAsset = /(USDT|USDC|USD)$/.exec(pair)?.[0] ?? 'USDT';
  const market = quoteAsset === 'USD' ? 'coinm' : 'usdm';
  const baseAsset = pair.endsWith(quoteAsset) ? pair.slice(0, -quoteAsset.length) : pair;
  const instrument = {
    symbol,
    pair,
    baseAsset,
    quoteAsset,
    market,
    price,
    tickDecimals,
    priceDecimals,
    quantityDecimals,
  } as const;
  return market === 'coinm' ? { ...instrument, contractSize: baseAsset === 'BTC' ? 100 : 10 } : instrument;
}

function inventName(below: (limit: number) => number): string {
  const part = (): string => NAME_PARTS[below(NAME_PARTS.length)] as string;
  return part() + part();
}
