/**
 * One 24 h ticker response → rows. A row that cannot be understood comes back with its text and the reason, and never
 * takes its neighbours with it. FULL and MINI answers, one symbol or many: what is missing is null.
 * Source: Binance spot REST API, `GET /api/v3/ticker/24hr`.
 */
import { parseDecimal, parseSignedDecimal } from '../../base/decimal.ts';
import { parseTime } from '../event-time.ts';
import { isSymbol } from '../symbol.ts';

/** Times in microseconds since the epoch. Prices in the quote currency. */
export interface Ticker {
  readonly symbol: string;
  readonly lastPrice: number;
  readonly openPrice: number | null;
  readonly highPrice: number | null;
  readonly lowPrice: number | null;
  readonly bidPrice: number | null;
  readonly bidQuantity: number | null;
  readonly askPrice: number | null;
  readonly askQuantity: number | null;
  readonly previousClosePrice: number | null;
  readonly priceChange: number | null;
  readonly priceChangePercent: number | null;
  readonly weightedAveragePrice: number | null;
  /** Base asset. */
  readonly volume: number | null;
  /** Quote asset. */
  readonly quoteVolume: number | null;
  readonly tradeCount: number | null;
  readonly openTimeUs: number | null;
  readonly closeTimeUs: number | null;
  /** −1 when the window has no trades. */
  readonly firstTradeId: number | null;
  readonly lastTradeId: number | null;
}

export interface BadTicker {
  readonly raw: string;
  readonly reason: string;
}

export interface ParsedTickers {
  readonly rows: readonly Ticker[];
  readonly bad: readonly BadTicker[];
}

/** Which symbols of a response are kept; undefined keeps all. */
export interface TickerFilter {
  /** Quote assets: a symbol is kept when it ends with one of them. */
  readonly quotes?: readonly string[];
  readonly symbols?: readonly string[];
}

class FieldError extends Error {}

export function parseTickers(body: string, filter?: TickerFilter): ParsedTickers {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { rows: [], bad: [{ raw: body, reason: 'not JSON' }] };
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const symbols = filter?.symbols && new Set(filter.symbols);
  const rows: Ticker[] = [];
  const bad: BadTicker[] = [];
  for (const item of items) {
    try {
      const fields = fieldsOf(item);
      if (isUnwanted(fields.symbol, symbols, filter?.quotes)) continue;
      rows.push(parseTicker(fields));
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      bad.push({ raw: rawOf(item), reason: error.message });
    }
  }
  return { rows, bad };
}

function isUnwanted(
  symbol: unknown,
  symbols: ReadonlySet<string> | undefined,
  quotes?: readonly string[],
): boolean {
  if (typeof symbol !== 'string') return false;
  if (symbols) return !symbols.has(symbol);
  return (
    quotes !== undefined && !quotes.some((quote) => symbol.length > quote.length && symbol.endsWith(quote))
  );
}

type Fields = Readonly<Record<string, unknown>>;

function parseTicker(fields: Fields): Ticker {
  const { symbol } = fields;
  if (typeof symbol !== 'string' || !isSymbol(symbol)) throw new FieldError('`symbol` is not a symbol');
  const lastPrice = decimal(fields, 'lastPrice');
  if (lastPrice === null) throw new FieldError('`lastPrice` is missing');
  return {
    symbol,
    lastPrice,
    openPrice: decimal(fields, 'openPrice'),
    highPrice: decimal(fields, 'highPrice'),
    lowPrice: decimal(fields, 'lowPrice'),
    bidPrice: decimal(fields, 'bidPrice'),
    bidQuantity: decimal(fields, 'bidQty'),
    askPrice: decimal(fields, 'askPrice'),
    askQuantity: decimal(fields, 'askQty'),
    previousClosePrice: decimal(fields, 'prevClosePrice'),
    priceChange: optional(fields, 'priceChange', parseSignedDecimal, 'a decimal number'),
    priceChangePercent: optional(fields, 'priceChangePercent', parseSignedDecimal, 'a decimal number'),
    weightedAveragePrice: decimal(fields, 'weightedAvgPrice'),
    volume: decimal(fields, 'volume'),
    quoteVolume: decimal(fields, 'quoteVolume'),
    tradeCount: optional(fields, 'count', parseCount, 'a count'),
    openTimeUs: optional(fields, 'openTime', parseTime, 'a time in milliseconds'),
    closeTimeUs: optional(fields, 'closeTime', parseTime, 'a time in milliseconds'),
    firstTradeId: optional(fields, 'firstId', parseId, 'a trade id'),
    lastTradeId: optional(fields, 'lastId', parseId, 'a trade id'),
  };
}

function decimal(fields: Fields, name: string): number | null {
  return optional(fields, name, parseDecimal, 'a decimal number');
}

function optional(
  fields: Fields,
  name: string,
  parse: (value: unknown) => number | undefined,
  expected: string,
): number | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  const parsed = parse(value);
  if (parsed === undefined) throw new FieldError(`\`${name}\` is not ${expected}`);
  return parsed;
}

function parseCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function parseId(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= -1 ? value : undefined;
}

/** The item's text; what is nested too deeply to be written again is left out. */
function rawOf(item: unknown): string {
  try {
    return JSON.stringify(item);
  } catch {
    return JSON.stringify(item, (key, value) =>
      key !== '' && typeof value === 'object' ? '(nested)' : value,
    );
  }
}

function fieldsOf(item: unknown): Fields {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw new FieldError('not a ticker');
  if (!('symbol' in item) && 'msg' in item) throw new FieldError('an error answer, not a ticker');
  return item as Fields;
}
