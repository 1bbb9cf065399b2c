/** The address of Yahoo. Loaded by `--help`: data only. */
import type { Setting } from '../../base/setting.ts';

export const YAHOO_REST_URL = 'YAHOO_REST_URL';

export const YAHOO_SETTINGS: readonly Setting[] = [
  {
    env: YAHOO_REST_URL,
    kind: 'httpUrl',
    fallback: 'https://query2.finance.yahoo.com',
    description: 'Yahoo charts (bars of stocks that are watched)',
  },
];
