/** The shapes that requests are validated against, and that `/openapi.json` shows. One schema for both. */
import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { BARS_1M_TABLE } from '../lake/tables/bars-1m.ts';
import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { COVERAGE_TABLE } from '../lake/tables/coverage.ts';
import { FEATURES_TABLE } from '../lake/tables/features.ts';
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import { QUALITY_TABLE } from '../lake/tables/quality.ts';
import { SYMBOLS_TABLE } from '../lake/tables/symbols.ts';
import { TIMEFRAMES } from '../questions/timeframes.ts';
import { ANSWER_FORMATS } from './formats.ts';
import { CELLS, rowOf, TIME } from './row-schema.ts';

export const MAX_LIMIT = 10_000;
export const DEFAULT_LIMIT = 500;

const text = (description: string, maxLength = 100) => Type.String({ description, minLength: 1, maxLength });
const choice = (values: readonly string[], description: string, fallback?: string) =>
  Type.Enum([...values], { description, ...(fallback === undefined ? {} : { default: fallback }) });

export const SYMBOL = text('`BTCUSDT`, or with its place: `usdm:BTCUSDT`, `yahoo:AAPL`', 85);
export const FORMAT = Type.Optional(text(`${ANSWER_FORMATS.join(', ')}; else by \`Accept\``, 40));
export const TIMEFRAME = choice(TIMEFRAMES, 'length of a bar', '1m');
export const SIDE = Type.Optional(choice(['BUY', 'SELL'], 'SELL closes longs, BUY closes shorts'));

/** What every list takes. */
export const LIST_PARAMETERS = {
  from: Type.Optional(text('inclusive; ISO 8601 or milliseconds since the epoch')),
  to: Type.Optional(text('exclusive; ISO 8601 or milliseconds since the epoch')),
  limit: Type.Integer({
    description: 'rows that come back',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
  }),
  cursor: Type.Optional(text('`next` of the page before', 2000)),
  as_of: Type.Optional(text('the tables as they were: a version, or a time')),
  format: FORMAT,
};

/** Unknown parameters are errors. */
export function parameters<T extends TProperties>(properties: T): TObject<T> {
  return Type.Object(properties, { additionalProperties: false });
}

export function listOf(row: TObject): TObject {
  return Type.Object({
    data: Type.Array(row),
    next: Type.Union([Type.String(), Type.Null()], { description: 'the `cursor` of the next page' }),
    data_version: Type.Record(Type.String(), Type.Integer(), { description: 'Delta version by table' }),
    as_of: CELLS.timestamp,
    complete_until: CELLS.timestamp,
    holes: Type.Array(Type.Object({ from: Type.String(), to: Type.String() })),
    truncated: Type.Boolean({ description: 'whether there is more than came back' }),
    note: Type.Optional(Type.String()),
  });
}

export const PROBLEM = Type.Object(
  {
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    hint: Type.String(),
  },
  { description: 'what went wrong, and what to do' },
);

const NUMBER = CELLS.double;
const KEY = { venue: Type.String(), market: Type.String(), symbol: Type.String() };
const BAR_KEY = { ...KEY, timeframe: Type.Enum([...TIMEFRAMES]), open_time: TIME, close_time: TIME };

export const BAR_ROW = rowOf(
  { ...BARS_1M_TABLE.columns, ...BARS_ROLLUP_TABLE.columns, revision: 'long' },
  {
    ...BAR_KEY,
    ...{ open: NUMBER, high: NUMBER, low: NUMBER, close: NUMBER },
    filled: Type.Optional(Type.Boolean({ description: 'there is no such bar: `fill=previous` made it' })),
    closed: Type.Optional(Type.Boolean({ description: 'false while the bar still forms' })),
  },
);
export const INDICATOR_ROW = rowOf(INDICATORS_TABLE.columns, BAR_KEY);
export const FEATURE_ROW = rowOf(FEATURES_TABLE.columns, BAR_KEY);
export const COVERAGE_ROW = rowOf(COVERAGE_TABLE.columns, {
  ...{ source: Type.String(), state: Type.String(), started_at: TIME, ended_at: TIME },
});
export const QUALITY_ROW = rowOf(QUALITY_TABLE.columns, {
  ...{ check: Type.String(), severity: Type.String(), row_time: TIME },
});
export const SYMBOL_ROW = rowOf(SYMBOLS_TABLE.columns, {
  ...{ venue: Type.String(), symbol: Type.String(), tables: Type.Array(Type.String()) },
});
export const PRICE_ROW = Type.Object({
  symbol: Type.String(),
  price: NUMBER,
  timestamp: TIME,
  source: Type.String(),
});
export const PRICE_HISTORY_ROW = Type.Object({
  ...KEY,
  ...PRICE_ROW.properties,
  ...Object.fromEntries(
    ['price_lag_1', 'price_lag_2', 'price_lag_3', 'price_lag_4', 'price_lag_5', 'ma_10'].map((name) => [
      name,
      Type.Optional(NUMBER),
    ]),
  ),
});
export const LIQUIDATION_ROW = Type.Object({
  bucket: TIME,
  venue: Type.String(),
  market: CELLS.string,
  side: Type.String(),
  orders: Type.Integer(),
  notional_at_least: NUMBER,
  symbols: Type.Integer(),
  largest: NUMBER,
});

export function answers(schema: TSchema): Readonly<Record<number | string, TSchema>> {
  return { 200: schema, '4xx': PROBLEM, '5xx': PROBLEM };
}
