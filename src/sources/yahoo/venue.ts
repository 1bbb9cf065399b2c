/**
 * Yahoo's charts: bars of stocks, without a contract and without documentation. What is asked, and how often, follows
 * what yfinance knows of its limits. Nobody is asked as long as no stock is watched.
 */

import { MINUTE_US } from '../../bars/bar.ts';
import { minuteOf } from '../../bars/plan-holes.ts';
import { StatusError } from '../../network/http/http-status-error.ts';
import type { InstrumentList } from '../instrument-list.ts';
import type { Venue } from '../venue.ts';
import { YAHOO_BARS } from './bars.ts';
import { YAHOO_HISTORY } from './history.ts';
import { parseChart, STOCK_MARKET } from './parse-chart.ts';
import { YAHOO_REST_URL, YAHOO_SETTINGS } from './settings.ts';

const SPACING_MS = 2000;
const REQUESTS_A_MINUTE = 30;
/** Others are refused sooner. */
const BROWSER =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

const INSTRUMENTS: InstrumentList = {
  markets: [STOCK_MARKET],
  async find({ rest, addresses, signal }, market, symbol) {
    const toUs = minuteOf(Date.now() * 1000);
    const range = { fromUs: toUs - MINUTE_US, toUs };
    try {
      const { url, weight } = YAHOO_HISTORY.request(addresses, market, symbol, range);
      const answer = YAHOO_HISTORY.parse((await rest.get(url, weight, signal)).body, market, symbol, range);
      return typeof answer === 'string' ? undefined : answer.facts;
    } catch (error) {
      if (error instanceof StatusError && error.status === 404) return undefined;
      throw error;
    }
  },
};

export const YAHOO: Venue = {
  name: 'yahoo',
  title: 'Yahoo',
  settings: YAHOO_SETTINGS,
  limits: {
    settings: YAHOO_REST_URL,
    pool: ({ host }) => ({ name: host, limit: REQUESTS_A_MINUTE }),
    spacingMs: SPACING_MS,
    userAgent: BROWSER,
    isBanForAllHosts: false,
  },
  routes: [
    {
      name: 'Yahoo REST',
      weight: 1,
      url: (addresses) => `${addresses[YAHOO_REST_URL]}/v8/finance/chart/SPY?interval=1d&range=1d`,
      isGood: (body) => typeof parseChart(body, 'SPY', 0) !== 'string',
    },
  ],
  instruments: INSTRUMENTS,
  sources: [YAHOO_BARS],
};
