/** The symbols whose trades the simulated exchange has, in each of its markets, and how it prints their numbers. */
import type { Instrument } from '../market/instruments.ts';
import type { SpotPair } from '../market/spot-pairs.ts';

export type TapeMarket = 'spot' | 'usdm' | 'coinm';

export interface TapeSymbol {
  readonly market: TapeMarket;
  readonly symbol: string;
  readonly price: number;
  readonly tickDecimals: number;
  readonly lotDecimals: number;
  /** Decimals on the wire of prices and of quantities. */
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** Decimals of sums in the quote currency (COIN-M: in the base asset). */
  readonly quoteDecimals: number;
  /** US dollars a contract, COIN-M only. */
  readonly contractSize?: number;
  /** Prints a minute on average; of 1 many minutes have none. */
  readonly activity: number;
}

const SPOT_DECIMALS = 8;
/** Of symbols by rank: the first ones trade all the time, the last ones now and then. */
const ACTIVITY = [24, 12, 8, 6];

/** By market and symbol, as `spot:BTCUSDT`. */
export function tapeSymbols(
  instruments: readonly Instrument[],
  pairs: readonly SpotPair[],
): ReadonlyMap<string, TapeSymbol> {
  const spot = pairs
    .filter(({ status }) => status === 'TRADING')
    .map(({ symbol, price, tickDecimals }, rank): TapeSymbol => {
      const lotDecimals = price > 50 ? 3 : price > 1 ? 1 : 0;
      return {
        market: 'spot',
        symbol,
        price,
        tickDecimals,
        lotDecimals,
        priceDecimals: SPOT_DECIMALS,
        quantityDecimals: SPOT_DECIMALS,
        quoteDecimals: Math.max(SPOT_DECIMALS, tickDecimals + lotDecimals),
        activity: activityOf(rank),
      };
    });
  const futures = instruments.map((instrument, rank): TapeSymbol => {
    const { market, symbol, price, tickDecimals, priceDecimals, quantityDecimals, contractSize } = instrument;
    return {
      market,
      symbol,
      price,
      tickDecimals,
      lotDecimals: quantityDecimals,
      priceDecimals,
      quantityDecimals,
      quoteDecimals: contractSize === undefined ? tickDecimals + quantityDecimals : SPOT_DECIMALS,
      ...(contractSize === undefined ? {} : { contractSize }),
      activity: activityOf(rank),
    };
  });
  return new Map([...spot, ...futures].map((one) => [`${one.market}:${one.symbol}`, one]));
}

function activityOf(rank: number): number {
  return ACTIVITY[rank] ?? (rank % 3 === 0 ? 1 : 4);
}
