/** The shapes that requests are validated against, and that `/openapi.json` shows. One schema for both. */
import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { TIMEFRAMES } from '../questions/timeframes.ts';
import { ANSWER_FORMATS } from './formats.ts';

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

const TIME = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

/** @param row undefined where its columns are those of the table. */
export function listOf(row: TProperties): TObject {
  return Type.Object({
    data: Type.Array(Type.Object(row)),
    next: Type.Union([Type.String(), Type.Null()], { description: 'the `cursor` of the next page' }),
    data_version: Type.Record(Type.String(), Type.Integer(), { description: 'Delta version by table' }),
    as_of: TIME,
    complete_until: TIME,
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

const NUMBER = Type.Union([Type.Number(), Type.Null()]);
const NAMES = { venue: Type.String(), market: Type.String(), symbol: Type.String() };

export const BAR_ROW = {
  ...NAMES,
  timeframe: Type.String(),
  open_time: Type.String(),
  close_time: Type.String(),
  open: NUMBER,
  high: NUMBER,
  low: NUMBER,
  close: NUMBER,
  volume: NUMBER,
  origin: Type.Union([Type.String(), Type.Null()]),
  completeness: Type.Union([Type.String(), Type.Null()]),
};
export const DERIVED_ROW = {
  ...NAMES,
  timeframe: Type.String(),
  open_time: Type.String(),
  close_time: Type.String(),
};
export const PRICE_ROW = {
  symbol: Type.String(),
  price: NUMBER,
  timestamp: Type.String(),
  source: Type.String(),
};
export const LIQUIDATION_ROW = {
  bucket: Type.String(),
  venue: Type.String(),
  market: Type.Union([Type.String(), Type.Null()]),
  side: Type.String(),
  orders: Type.Integer(),
  notional_at_least: NUMBER,
};

export function answers(schema: TSchema): Readonly<Record<number | string, TSchema>> {
  return { 200: schema, '4xx': PROBLEM, '5xx': PROBLEM };
}
