/**
 * Bars of the past by REST. Source: Binance docs, `GET /api/v3/klines` (weight 2, at most 1,000 bars), `/fapi/v1/klines`
 * and `/dapi/v1/klines` (weight by limit: 499 bars for 2 is the best rate).
 */
import type { HistorySpec } from '../history-spec.ts';
import { readKlineAnswer } from './read-kline-answer.ts';
import { COINM_REST_URL, FUTURES_REST_URL, SPOT_REST_URL } from './settings.ts';

export const KLINE_STREAM = 'kline_1m';

const ROOTS: Readonly<Record<string, readonly [setting: string, path: string]>> = {
  spot: [SPOT_REST_URL, '/api/v3'],
  usdm: [FUTURES_REST_URL, '/fapi/v1'],
  coinm: [COINM_REST_URL, '/dapi/v1'],
};
const SPOT_MAX = 1000;
const FUTURES_MAX = 499;
const SPOT_WEIGHT = 2;

export function restRoot(addresses: Readonly<Record<string, string>>, market: string): string {
  const [setting, path] = ROOTS[market] ?? [SPOT_REST_URL, '/api/v3'];
  return `${addresses[setting]}${path}`;
}

export const BINANCE_HISTORY: HistorySpec = {
  maxMinutes: (market) => (market === 'spot' ? SPOT_MAX : FUTURES_MAX),
  request(addresses, market, symbol, { fromUs, toUs }) {
    const limit = (toUs - fromUs) / 60_000_000;
    const query = `symbol=${encodeURIComponent(symbol)}&interval=1m&startTime=${fromUs / 1000}&endTime=${toUs / 1000 - 1}&limit=${limit}`;
    return {
      url: `${restRoot(addresses, market)}/klines?${query}`,
      weight: market === 'spot' ? SPOT_WEIGHT : limit < 100 ? 1 : 2,
      info: { market, stream: KLINE_STREAM, history: { symbol, fromUs, toUs } },
    };
  },
  parse: readKlineAnswer,
};
