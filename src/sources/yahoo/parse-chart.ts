/**
 * One answer of Yahoo's chart → finished one-minute bars. The arrays stand side by side and have nulls where a minute
 * has no data; the last bar still forms. Prices are binary floats, and stay as they are.
 * Source: `v8/finance/chart`, as yfinance reads it; it has no documentation.
 */
import { type Bar, MINUTE_US } from '../../bars/bar.ts';
import type { CorporateAction } from '../corporate-action.ts';

export interface ParsedChart {
  readonly bars: readonly Bar[];
  readonly events: readonly CorporateAction[];
  /** IANA name of the exchange's time zone. */
  readonly timeZone: string | undefined;
  readonly currency: string | undefined;
  /** The running or next session, in microseconds since the epoch. */
  readonly session: { readonly startUs: number; readonly endUs: number } | undefined;
  /** Rows that cannot be understood, with the reason; nulls are none. */
  readonly bad: readonly { readonly raw: string; readonly reason: string }[];
}

type Fields = Readonly<Record<string, unknown>>;

export const STOCK_MARKET = 'stocks';
const SECOND_US = 1_000_000;

/** @param nowUs bars that end later are not finished. @returns what is wrong with the answer as a whole, or its bars. */
export function parseChart(body: string, symbol: string, nowUs: number): ParsedChart | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'not JSON';
  }
  const chart = fieldsOf(fieldsOf(value).chart);
  const failure = fieldsOf(chart.error).description;
  if (typeof failure === 'string') return `Yahoo says: ${failure}`;
  const [first] = Array.isArray(chart.result) ? (chart.result as unknown[]) : [];
  if (first === undefined) return 'no `chart.result`';
  const result = fieldsOf(first);
  const meta = fieldsOf(result.meta);
  if (meta.symbol !== undefined && meta.symbol !== symbol) return 'the answer is about another symbol';
  const times = result.timestamp;
  const { bars, bad } = Array.isArray(times)
    ? parseRows(times, fieldsOf(result.indicators), symbol, nowUs, marketTimeUs(meta))
    : { bars: [], bad: [] };
  return {
    bars,
    bad,
    events: parseEvents(fieldsOf(result.events)),
    timeZone: textOf(meta.exchangeTimezoneName),
    currency: textOf(meta.currency),
    session: parseSession(fieldsOf(fieldsOf(meta.currentTradingPeriod).regular)),
  };
}

function parseRows(
  times: readonly unknown[],
  indicators: Fields,
  symbol: string,
  nowUs: number,
  marketUs: number | undefined,
): Pick<ParsedChart, 'bars' | 'bad'> {
  const [quote] = Array.isArray(indicators.quote) ? (indicators.quote as unknown[]) : [];
  const columns = fieldsOf(quote);
  const bars: Bar[] = [];
  const bad: { raw: string; reason: string }[] = [];
  for (const [index, time] of times.entries()) {
    const cells = ['open', 'high', 'low', 'close', 'volume'].map((name) => {
      const column = columns[name];
      return Array.isArray(column) ? (column[index] as unknown) : undefined;
    });
    if (cells.some((cell) => cell === null || cell === undefined)) continue;
    const openTimeUs = typeof time === 'number' && Number.isSafeInteger(time) ? time * SECOND_US : Number.NaN;
    // The bar that forms may stand off the minute.
    if (openTimeUs + MINUTE_US > Math.min(nowUs, marketUs ?? nowUs)) continue;
    const bar = parseRow(openTimeUs, cells, symbol);
    if (typeof bar === 'string') bad.push({ raw: JSON.stringify([time, ...cells]), reason: bar });
    else bars.push(bar);
  }
  return { bars, bad };
}

function parseRow(openTimeUs: number, cells: readonly unknown[], symbol: string): Bar | string {
  if (!(openTimeUs >= 0) || openTimeUs % MINUTE_US !== 0) return 'the time is not a whole minute';
  const numbers = cells.map((cell) =>
    typeof cell === 'number' && Number.isFinite(cell) && cell >= 0 ? cell : undefined,
  );
  const [open, high, low, close, volume] = numbers;
  if (open === undefined || high === undefined || low === undefined || close === undefined)
    return 'a price is not a number';
  if (volume === undefined) return 'the volume is not a number';
  return {
    market: STOCK_MARKET,
    symbol,
    openTimeUs,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume: null,
    tradeCount: null,
    takerBuyVolume: null,
    takerBuyQuoteVolume: null,
    firstTradeId: null,
    lastTradeId: null,
    eventTimeUs: null,
  };
}

function parseEvents({ dividends, splits }: Fields): readonly CorporateAction[] {
  const events: CorporateAction[] = [];
  for (const entry of Object.values(fieldsOf(dividends)).map(fieldsOf)) {
    if (typeof entry.date === 'number' && typeof entry.amount === 'number')
      events.push({ kind: 'dividend', timeUs: entry.date * SECOND_US, value: entry.amount });
  }
  for (const entry of Object.values(fieldsOf(splits)).map(fieldsOf)) {
    const { date, numerator, denominator } = entry;
    if (typeof date === 'number' && typeof numerator === 'number' && typeof denominator === 'number')
      events.push({ kind: 'split', timeUs: date * SECOND_US, value: numerator / denominator });
  }
  return events;
}

function parseSession({ start, end }: Fields): ParsedChart['session'] {
  if (typeof start !== 'number' || typeof end !== 'number') return undefined;
  return { startUs: start * SECOND_US, endUs: end * SECOND_US };
}

function marketTimeUs({ regularMarketTime }: Fields): number | undefined {
  return typeof regularMarketTime === 'number' ? regularMarketTime * SECOND_US : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
