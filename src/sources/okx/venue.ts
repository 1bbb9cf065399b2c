/** OKX: swaps and futures. Source: OKX v5 docs, "Get instruments": 20 requests in 2 s an address. */
import { jsonFields } from '../../base/json-fields.ts';
import type { Venue } from '../venue.ts';
import { OKX_INSTRUMENT_LIST, parseContracts } from './contracts.ts';
import { OKX_LIQUIDATIONS } from './liquidations.ts';
import { OKX_REST_URL, OKX_SETTINGS } from './settings.ts';

const REQUESTS_A_MINUTE = 600;

function serverTimeMs(body: string): number | undefined {
  const { data } = jsonFields(body);
  const [first] = Array.isArray(data) ? (data as readonly unknown[]) : [];
  const ts = typeof first === 'object' && first !== null && 'ts' in first ? first.ts : undefined;
  return typeof ts === 'string' && /^\d{13}$/.test(ts) ? Number(ts) : undefined;
}

export const OKX: Venue = {
  name: 'okx',
  title: 'OKX',
  settings: OKX_SETTINGS,
  limits: {
    settings: 'OKX_…_URL',
    pool: ({ host }) => ({ name: host, limit: REQUESTS_A_MINUTE }),
    isBanForAllHosts: true,
  },
  serverTime: {
    url: (addresses) => `${addresses[OKX_REST_URL]}/api/v5/public/time`,
    weight: 1,
    parse: serverTimeMs,
  },
  routes: [
    {
      name: 'OKX REST',
      weight: 1,
      url: (addresses) => `${addresses[OKX_REST_URL]}/api/v5/public/instruments?instType=SWAP`,
      isGood: (body) => parseContracts(body) !== undefined,
    },
  ],
  instruments: OKX_INSTRUMENT_LIST,
  sources: [OKX_LIQUIDATIONS],
};
