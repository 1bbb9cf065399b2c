/** Bybit: linear and inverse contracts. Source: Bybit v5 docs, "Rate Limit": 600 requests in 5 s an address. */
import { jsonFields } from '../../base/json-fields.ts';
import type { Venue } from '../venue.ts';
import { BYBIT_INSTRUMENT_LIST, parseInstruments } from './instruments.ts';
import { BYBIT_LIQUIDATIONS } from './liquidations.ts';
import { BYBIT_REST_URL, BYBIT_SETTINGS } from './settings.ts';

const REQUESTS_A_MINUTE = 7200;

function serverTimeMs(body: string): number | undefined {
  const { time } = jsonFields(body);
  return typeof time === 'number' ? time : undefined;
}

export const BYBIT: Venue = {
  name: 'bybit',
  title: 'Bybit',
  settings: BYBIT_SETTINGS,
  limits: {
    settings: 'BYBIT_…_URL',
    pool: ({ host }) => ({ name: host, limit: REQUESTS_A_MINUTE }),
    isBanForAllHosts: true,
  },
  serverTime: {
    url: (addresses) => `${addresses[BYBIT_REST_URL]}/v5/market/time`,
    weight: 1,
    parse: serverTimeMs,
  },
  routes: [
    {
      name: 'Bybit REST',
      weight: 1,
      url: (addresses) => `${addresses[BYBIT_REST_URL]}/v5/market/instruments-info?category=linear&limit=1`,
      isGood: (body) => parseInstruments(body) !== undefined,
    },
  ],
  instruments: BYBIT_INSTRUMENT_LIST,
  sources: [BYBIT_LIQUIDATIONS],
};
