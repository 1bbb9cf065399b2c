/** `exchangeInfo` of spot, USDⓈ-M and COIN-M, with the fields that a collector of market data looks at. */
import type { Instrument } from '../market/instruments.ts';
import type { SpotPair } from '../market/spot-pairs.ts';

const MINUTE_LIMIT = { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1 };

export function spotExchangeInfo(pairs: readonly SpotPair[], nowMs: number): Record<string, unknown> {
  return {
    timezone: 'UTC',
    serverTime: nowMs,
    rateLimits: [
      { ...MINUTE_LIMIT, limit: 6000 },
      { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 300_000 },
    ],
    exchangeFilters: [],
    symbols: pairs.map((pair) => ({
      symbol: pair.symbol,
      status: pair.status,
      baseAsset: pair.baseAsset,
      baseAssetPrecision: 8,
      quoteAsset: pair.quoteAsset,
      quotePrecision: 8,
      quoteAssetPrecision: 8,
      orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT'],
      isSpotTradingAllowed: true,
      filters: [{ filterType: 'PRICE_FILTER', tickSize: (10 ** -pair.tickDecimals).toFixed(8) }],
      permissions: ['SPOT'],
    })),
  };
}

/** @param market COIN-M contracts have a `contractSize` in US dollars */
export function futuresExchangeInfo(
  instruments: readonly Instrument[],
  market: 'usdm' | 'coinm',
  nowMs: number,
): Record<string, unknown> {
  return {
    timezone: 'UTC',
    serverTime: nowMs,
    rateLimits: [{ ...MINUTE_LIMIT, limit: 2400 }],
    exchangeFilters: [],
    symbols: instruments
      .filter((instrument) => instrument.market === market)
      .map((instrument) => ({
        symbol: instrument.symbol,
        pair: instrument.pair,
        contractType: /_\d/.test(instrument.symbol) ? 'CURRENT_QUARTER' : 'PERPETUAL',
        [market === 'coinm' ? 'contractStatus' : 'status']: 'TRADING',
        ...(instrument.contractSize === undefined ? {} : { contractSize: instrument.contractSize }),
        baseAsset: instrument.baseAsset,
        quoteAsset: instrument.quoteAsset,
        marginAsset: market === 'coinm' ? instrument.baseAsset : instrument.quoteAsset,
        pricePrecision: instrument.tickDecimals,
        quantityPrecision: instrument.quantityDecimals,
        filters: [
          {
            filterType: 'PRICE_FILTER',
            tickSize: (10 ** -instrument.tickDecimals).toFixed(instrument.tickDecimals),
          },
        ],
      })),
  };
}
