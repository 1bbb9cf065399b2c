/**
 * One-minute bars of stocks, as a chart of Yahoo has them. Source: `v8/finance/chart`, as yfinance reads it: at most
 * 8 days of minutes an answer, and none older than 30 days.
 */
import type { HistorySpec } from '../history-spec.ts';
import { parseChart, STOCK_MARKET } from './parse-chart.ts';
import { YAHOO_REST_URL } from './settings.ts';

export const CHART_STREAM = 'chart';

const DAY_MINUTES = 1440;
const MAX_DAYS = 7;
const MAX_AGE_DAYS = 29;
const SECOND_US = 1_000_000;

export const YAHOO_HISTORY: HistorySpec = {
  maxMinutes: () => MAX_DAYS * DAY_MINUTES,
  maxAgeMinutes: MAX_AGE_DAYS * DAY_MINUTES,
  request(addresses, market, symbol, { fromUs, toUs }) {
    const [from, to] = [fromUs / SECOND_US, toUs / SECOND_US];
    const query = `interval=1m&period1=${from}&period2=${to}&includePrePost=false&events=div%7Csplit`;
    return {
      url: `${addresses[YAHOO_REST_URL]}/v8/finance/chart/${encodeURIComponent(symbol)}?${query}`,
      weight: 1,
      info: { market, stream: CHART_STREAM, history: { symbol, fromUs, toUs } },
    };
  },
  parse(body, _market, symbol, { fromUs, toUs }) {
    const chart = parseChart(body, symbol, toUs);
    if (typeof chart === 'string') return chart;
    const { bars, bad, events, timeZone, currency, session } = chart;
    return {
      bars: bars.filter(({ openTimeUs }) => openTimeUs >= fromUs),
      bad,
      actions: events,
      facts: {
        venue: 'yahoo',
        market: STOCK_MARKET,
        symbol,
        status: null,
        baseAsset: null,
        quoteAsset: currency ?? null,
        contractType: null,
        contractSize: null,
        priceIncrement: null,
        quantityIncrement: null,
        timeZone: timeZone ?? null,
        sessionStartUs: session?.startUs ?? null,
        sessionEndUs: session?.endUs ?? null,
      },
    };
  },
};
