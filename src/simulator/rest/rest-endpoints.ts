/** Which path answers what. */

import type { BarMarket } from '../bars/bar-market.ts';
import type { Instrument } from '../market/instruments.ts';
import type { SpotPair } from '../market/spot-pairs.ts';
import { futuresExchangeInfo, spotExchangeInfo } from './exchange-info.ts';
import { answerAggregateTrades, answerKlines } from './kline-endpoint.ts';
import { errorAnswer, jsonAnswer, type RestAnswer } from './rest-answer.ts';
import { answerFuturesTicker, answerSpotTicker } from './ticker-endpoint.ts';

/** @param nowMs the exchange's time */
export type RestEndpoint = (query: URLSearchParams, nowMs: number) => RestAnswer;

/** @returns endpoints by path */
export function createRestEndpoints(
  instruments: readonly Instrument[],
  pairs: readonly SpotPair[],
  bars: BarMarket,
): ReadonlyMap<string, RestEndpoint> {
  const pairOf = new Map(pairs.map((pair) => [pair.symbol, pair]));
  return new Map<string, RestEndpoint>([
    ...(['spot', 'usdm', 'coinm'] as const).flatMap((market): [string, RestEndpoint][] => {
      const root = { spot: '/api/v3', usdm: '/fapi/v1', coinm: '/dapi/v1' }[market];
      return [
        [`${root}/klines`, (query, nowMs) => answerKlines(bars, market, query, nowMs)],
        [`${root}/aggTrades`, (query, nowMs) => answerAggregateTrades(bars, market, query, nowMs)],
      ];
    }),
    ['/dapi/v1/time', (_, nowMs) => jsonAnswer('futures', 1, { serverTime: nowMs })],
    ['/api/v3/ping', () => jsonAnswer('spot', 1, {})],
    ['/api/v3/time', (_, nowMs) => jsonAnswer('spot', 1, { serverTime: nowMs })],
    ['/api/v3/ticker/24hr', (query, nowMs) => answerSpotTicker(pairOf, query, nowMs)],
    [
      '/api/v3/exchangeInfo',
      (query, nowMs) => {
        const symbol = query.get('symbol');
        const wanted = symbol === null ? pairs : pairs.filter((pair) => pair.symbol === symbol);
        if (wanted.length === 0) return errorAnswer('spot', -1121, 'Invalid symbol.');
        return jsonAnswer('spot', 20, spotExchangeInfo(wanted, nowMs));
      },
    ],
    ['/fapi/v1/ping', () => jsonAnswer('futures', 1, {})],
    ['/fapi/v1/time', (_, nowMs) => jsonAnswer('futures', 1, { serverTime: nowMs })],
    ['/fapi/v1/ticker/24hr', (query, nowMs) => answerFuturesTicker(instruments, query, nowMs)],
    [
      '/fapi/v1/exchangeInfo',
      (_, nowMs) => jsonAnswer('futures', 1, futuresExchangeInfo(instruments, 'usdm', nowMs)),
    ],
    [
      '/dapi/v1/exchangeInfo',
      (_, nowMs) => jsonAnswer('futures', 1, futuresExchangeInfo(instruments, 'coinm', nowMs)),
    ],
  ]);
}
