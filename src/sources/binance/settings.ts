/** Addresses of Binance. Loaded by `--help`: data only. */
import type { Setting } from '../../base/setting.ts';

export const FUTURES_WS_URL = 'BINANCE_FUTURES_WS_URL';
export const FUTURES_REST_URL = 'BINANCE_FUTURES_REST_URL';
export const COINM_REST_URL = 'BINANCE_COINM_REST_URL';
export const SPOT_REST_URL = 'BINANCE_SPOT_REST_URL';
export const SPOT_WS_URL = 'BINANCE_SPOT_WS_URL';
export const COINM_WS_URL = 'BINANCE_COINM_WS_URL';
export const ARCHIVE_URL = 'BINANCE_ARCHIVE_URL';

export const BINANCE_SETTINGS: readonly Setting[] = [
  {
    env: FUTURES_WS_URL,
    kind: 'wsUrl',
    fallback: 'wss://fstream.binance.com',
    description: 'futures WebSocket; the /market route is appended',
  },
  {
    env: FUTURES_REST_URL,
    kind: 'httpUrl',
    fallback: 'https://fapi.binance.com',
    description: 'USD-M futures REST (server time)',
  },
  {
    env: COINM_REST_URL,
    kind: 'httpUrl',
    fallback: 'https://dapi.binance.com',
    description: 'COIN-M futures REST (contract sizes)',
  },
  {
    env: SPOT_REST_URL,
    kind: 'httpUrl',
    fallback: 'https://api.binance.com',
    description: 'spot REST (24 h tickers, bars, trades)',
  },
  {
    env: SPOT_WS_URL,
    kind: 'wsUrl',
    fallback: 'wss://stream.binance.com:9443',
    description: 'spot WebSocket (bars, trades)',
  },
  {
    env: COINM_WS_URL,
    kind: 'wsUrl',
    fallback: 'wss://dstream.binance.com',
    description: 'COIN-M WebSocket (bars, trades)',
  },
  {
    env: ARCHIVE_URL,
    kind: 'httpUrl',
    fallback: 'https://data.binance.vision',
    description: 'archive of past days and months, for `backfill`',
  },
];
