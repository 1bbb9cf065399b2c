/**
 * Yahoo's charts: bars of stocks, without a contract and without documentation. What is asked, and how often, follows
 * what yfinance knows of its limits. Nobody is asked as long as no stock is watched.
 */

import { MINUTE_US } from '../../bars/bar.ts';
import { minuteOf } from '../../bars/plan-holes.ts';
import { getOr404 } from '../../network/http/get-or-404.ts';
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
    const { url, weight } = YAHOO_HISTORY.request(addresses, market, symbol, range);
    const found = await getOr404(rest, url, weight, signal);
    const answer = found && YAHOO_HISTORY.parse(found.body, market, symbol, range);
    return typeof answer === 'string' ? undefined : answer?.facts;
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
