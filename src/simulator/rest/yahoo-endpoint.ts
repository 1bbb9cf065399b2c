/**
 * `GET /v8/finance/chart/{symbol}` of Yahoo: arrays side by side, nulls among them, a last bar that is still forming.
 * Its market is open on weekdays from 13:30 to 20:00 UTC, or always when asked so.
 */
import type { RestAnswer } from './rest-answer.ts';
import { JSON_TYPE } from './rest-answer.ts';

const STOCKS: Readonly<Record<string, number>> = { AAPL: 231.5, MSFT: 417.3, SPY: 593.1, NVDA: 141.9 };
const MINUTE_S = 60;
const DAY_S = 86_400;
const OPEN_S = 13.5 * 3600;
const CLOSE_S = 20 * 3600;
const MAX_DAYS = 8;
/** Far more often than in reality, so that every answer has some. */
const DIVIDEND_S = 10 * MINUTE_S;
const SPLIT_S = 3600;

export function answerChart(
  path: string,
  query: URLSearchParams,
  nowMs: number,
  isAlwaysOpen: boolean,
): RestAnswer | undefined {
  const symbol = /^\/v8\/finance\/chart\/([^/]+)$/.exec(decodeURIComponent(path))?.[1];
  if (symbol === undefined) return undefined;
  const base = STOCKS[symbol];
  if (base === undefined) return failure(404, 'Not Found', 'No data found, symbol may be delisted');
  const nowS = Math.floor(nowMs / 1000);
  const to = Math.min(Number(query.get('period2') ?? nowS), nowS);
  const from = Number(query.get('period1') ?? to - DAY_S);
  if (to - from > MAX_DAYS * DAY_S)
    return failure(
      422,
      'Unprocessable Entity',
      '1m data not available: only 8 days worth of 1m granularity data are allowed',
    );
  const times: number[] = [];
  for (let t = Math.ceil(from / MINUTE_S) * MINUTE_S; t <= to; t += MINUTE_S)
    if (isAlwaysOpen || isOpen(t)) times.push(t);
  return json(200, { chart: { result: [result(symbol, base, times, nowS, isAlwaysOpen)], error: null } });
}

function result(symbol: string, base: number, times: readonly number[], nowS: number, isAlwaysOpen: boolean) {
  const day = Math.floor(nowS / DAY_S) * DAY_S;
  const start = isAlwaysOpen ? day : day + OPEN_S;
  const end = isAlwaysOpen ? day + DAY_S : day + CLOSE_S;
  const regular = { timezone: 'EST', gmtoffset: -18_000, start, end };
  const meta = {
    currency: 'USD',
    symbol,
    exchangeName: 'NMS',
    instrumentType: 'EQUITY',
    exchangeTimezoneName: 'America/New_York',
    timezone: 'EST',
    gmtoffset: -18_000,
    regularMarketTime: nowS,
    regularMarketPrice: priceAt(base, nowS),
    dataGranularity: '1m',
    currentTradingPeriod: { regular },
    tradingPeriods: [[regular]],
  };
  if (times.length === 0) return { meta, indicators: { quote: [{}] } };
  const at = (of: (t: number) => number) => times.map((t) => (isGap(t) ? null : of(t)));
  const quote = {
    open: at((t) => priceAt(base, t)),
    high: at((t) => Math.max(priceAt(base, t), priceAt(base, t + 59)) + 0.02),
    low: at((t) => Math.min(priceAt(base, t), priceAt(base, t + 59)) - 0.02),
    close: at((t) => priceAt(base, t + 59)),
    volume: at((t) => 1000 + ((t / MINUTE_S) % 977) * 13),
  };
  const onEach = (everyS: number) => times.filter((t) => t % everyS === 0);
  const dividends = onEach(DIVIDEND_S).map((date) => [date, { amount: 0.25, date }]);
  const splits = onEach(SPLIT_S).map((date) => [
    date,
    { date, numerator: 4, denominator: 1, splitRatio: '4:1' },
  ]);
  const events = { dividends: Object.fromEntries(dividends), splits: Object.fromEntries(splits) };
  return { meta, timestamp: times, events, indicators: { quote: [quote] } };
}

/** Now and then a minute has no data. */
export function isGap(timeS: number): boolean {
  return (timeS / MINUTE_S) % 37 === 5;
}

function priceAt(base: number, timeS: number): number {
  return base * (1 + 0.01 * Math.sin(timeS / 5000));
}

function isOpen(timeS: number): boolean {
  const weekday = new Date(timeS * 1000).getUTCDay();
  const second = timeS % DAY_S;
  return weekday >= 1 && weekday <= 5 && second >= OPEN_S && second < CLOSE_S;
}

function failure(status: number, code: string, description: string): RestAnswer {
  return json(status, { chart: { result: null, error: { code, description } } });
}

function json(status: number, value: unknown): RestAnswer {
  return { status, weight: 0, pool: 'yahoo', contentType: JSON_TYPE, body: JSON.stringify(value) };
}
