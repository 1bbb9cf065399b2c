/** Addresses of Bybit. Loaded by `--help`: data only. */
import type { Setting } from '../../base/setting.ts';

export const BYBIT_WS_URL = 'BYBIT_WS_URL';
export const BYBIT_REST_URL = 'BYBIT_REST_URL';

export const BYBIT_SETTINGS: readonly Setting[] = [
  {
    env: BYBIT_WS_URL,
    kind: 'wsUrl',
    fallback: 'wss://stream.bybit.com',
    description: 'Bybit WebSocket; /v5/public/linear and /v5/public/inverse are appended',
  },
  {
    env: BYBIT_REST_URL,
    kind: 'httpUrl',
    fallback: 'https://api.bybit.com',
    description: 'Bybit REST (instruments, server time)',
  },
];
