/** Addresses of OKX. Loaded by `--help`: data only. */
import type { Setting } from '../../base/setting.ts';

export const OKX_WS_URL = 'OKX_WS_URL';
export const OKX_REST_URL = 'OKX_REST_URL';

export const OKX_SETTINGS: readonly Setting[] = [
  {
    env: OKX_WS_URL,
    kind: 'wsUrl',
    fallback: 'wss://ws.okx.com:8443',
    description: 'OKX WebSocket; /ws/v5/public is appended',
  },
  {
    env: OKX_REST_URL,
    kind: 'httpUrl',
    fallback: 'https://www.okx.com',
    description: 'OKX REST (contract values, server time)',
  },
];
