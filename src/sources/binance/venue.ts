/** Binance: spot and futures. */
import { jsonFields } from '../../base/json-fields.ts';
import type { Venue } from '../venue.ts';
import { BINANCE_BARS } from './bars.ts';
import { contractSizesUrl, parseContractSizes } from './contract-sizes.ts';
import { BINANCE_INSTRUMENTS } from './instruments.ts';
import { BINANCE_LIMITS } from './limits.ts';
import { BINANCE_LIQUIDATIONS } from './liquidations.ts';
import { BINANCE_PRICES, BINANCE_PRICES_ONCE } from './prices.ts';
import { BINANCE_SETTINGS, FUTURES_REST_URL, SPOT_REST_URL } from './settings.ts';
import { tickerRequest } from './ticker-request.ts';
import { BINANCE_TRADES } from './trades.ts';

/** The host of the futures, also for prices: what their own host refuses is another matter. */
const timeUrl = (addresses: Readonly<Record<string, string>>) =>
  `${addresses[FUTURES_REST_URL]}/fapi/v1/time`;

function serverTimeMs(body: string): number | undefined {
  const { serverTime } = jsonFields(body);
  return typeof serverTime === 'number' ? serverTime : undefined;
}

export const BINANCE: Venue = {
  name: 'binance',
  title: 'Binance',
  settings: BINANCE_SETTINGS,
  limits: BINANCE_LIMITS,
  serverTime: { url: timeUrl, weight: 1, parse: serverTimeMs },
  routes: [
    {
      name: 'spot REST',
      weight: 2,
      // The lightest request of the kind that `prices` makes.
      url: (addresses) =>
        tickerRequest(addresses[SPOT_REST_URL] ?? '', { quotes: [], symbols: ['BTCUSDT'] }).url,
      isGood: () => true,
    },
    {
      name: 'USD-M REST',
      weight: 1,
      url: timeUrl,
      isGood: (body) => serverTimeMs(body) !== undefined,
    },
    {
      name: 'COIN-M REST',
      weight: 1,
      url: contractSizesUrl,
      isGood: (body) => parseContractSizes(body) !== undefined,
    },
  ],
  instruments: BINANCE_INSTRUMENTS,
  sources: [BINANCE_LIQUIDATIONS, BINANCE_PRICES, BINANCE_PRICES_ONCE, BINANCE_BARS, BINANCE_TRADES],
};
