/** The spot pairs that go with the futures contracts, and some dead ones that the exchange never forgets. */
import type { Instrument } from './instruments.ts';

export type SymbolStatus = 'TRADING' | 'HALT' | 'BREAK';

export interface SpotPair {
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly status: SymbolStatus;
  /** 0: dead with nothing but zeros. */
  readonly price: number;
  readonly tickDecimals: number;
}

/** Quotes in which the most popular assets trade as well, with their price in USDT. */
const FURTHER_QUOTES: ReadonlyArray<readonly [string, number]> = [
  ['BTC', 84_250],
  ['ETH', 3_120],
  ['USDC', 1],
  ['TRY', 0.0235],
];
const ASSETS_WITH_FURTHER_QUOTES = 40;

const DEAD_PAIRS: readonly SpotPair[] = [
  dead('AAVEDOWN', 'USDT', 0, 'BREAK'),
  dead('LUNAUP', 'USDT', 0, 'BREAK'),
  dead('VEN', 'BTC', 0.00045512, 'BREAK'),
  dead('NAV', 'BTC', 0.00001034, 'BREAK'),
  dead('BCC', 'USDT', 448.7, 'BREAK'),
  dead('HALTED', 'USDT', 1.234, 'HALT'),
];

export function createSpotPairs(instruments: readonly Instrument[]): readonly SpotPair[] {
  const assets = new Map<string, Instrument>();
  for (const instrument of instruments) {
    const isPlain = instrument.market === 'usdm' && !instrument.symbol.includes('_');
    if (isPlain && !assets.has(instrument.baseAsset)) assets.set(instrument.baseAsset, instrument);
  }
  const inUsdt = [...assets.values()].map(({ baseAsset, price, tickDecimals }) =>
    trading(baseAsset, 'USDT', price, tickDecimals),
  );
  const inOthers = inUsdt
    .slice(0, ASSETS_WITH_FURTHER_QUOTES)
    .flatMap((pair) =>
      FURTHER_QUOTES.filter(([quote]) => quote !== pair.baseAsset).map(([quote, quotePrice]) =>
        trading(pair.baseAsset, quote, pair.price / quotePrice, 8),
      ),
    );
  return [...inUsdt, ...inOthers, ...DEAD_PAIRS];
}

function trading(baseAsset: string, quoteAsset: string, price: number, tickDecimals: number): SpotPair {
  return { symbol: baseAsset + quoteAsset, baseAsset, quoteAsset, status: 'TRADING', price, tickDecimals };
}

function dead(baseAsset: string, quoteAsset: string, price: number, status: SymbolStatus): SpotPair {
  return { ...trading(baseAsset, quoteAsset, price, 8), status };
}
