/**
 * What goes over `/ws` and `/events`: one schema a kind of message, those of rows made of the columns of their tables.
 * `/openapi.json` shows them among its components.
 */
import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import { BARS_ROLLUP_TABLE } from '../../lake/tables/bars-rollup.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import { INDICATORS_TABLE } from '../../lake/tables/indicators.ts';
import { LIQUIDATION_TABLE } from '../../lake/tables/liquidation.ts';
import { QUALITY_TABLE } from '../../lake/tables/quality.ts';
import { CHANNELS, type ChannelName } from '../../live/hub.ts';
import { TIMEFRAMES } from '../../questions/timeframes.ts';
import { CELLS, rowOf, TIME } from '../row-schema.ts';

const KEY = { venue: Type.String(), market: Type.String(), symbol: Type.String() };
const BAR_KEY = { ...KEY, timeframe: Type.Enum([...TIMEFRAMES]), open_time: TIME, close_time: TIME };
const PRICES = { open: CELLS.double, high: CELLS.double, low: CELLS.double, close: CELLS.double };
const BAR_COLUMNS = { ...BARS_1M_TABLE.columns, ...BARS_ROLLUP_TABLE.columns };
const TICKER = { ...KEY, price: CELLS.double, timestamp: TIME };

/** Rows of snapshots; those of updates where they say more. */
const ROWS: Readonly<Record<ChannelName, { readonly snapshot: TObject; readonly update: TObject }>> = {
  bars: {
    snapshot: rowOf(BAR_COLUMNS, { ...BAR_KEY, ...PRICES }),
    update: rowOf(BAR_COLUMNS, {
      ...BAR_KEY,
      ...PRICES,
      closed: Type.Boolean({ description: 'false while the bar still forms' }),
      revision: Type.Optional(
        Type.Integer({ description: 'of a bar of 1m that was corrected: later words on it count from 1' }),
      ),
    }),
  },
  tickers: {
    snapshot: Type.Object({ ...TICKER, source: Type.String() }),
    update: Type.Object({
      ...TICKER,
      price_change_percent: CELLS.double,
      quote_volume: CELLS.double,
    }),
  },
  liquidations: same(
    rowOf(LIQUIDATION_TABLE.columns, { ...KEY, side: Type.Enum(['BUY', 'SELL']), trade_time: TIME }),
  ),
  indicators: same(rowOf(INDICATORS_TABLE.columns, BAR_KEY)),
  coverage: same(
    rowOf(COVERAGE_TABLE.columns, {
      source: Type.String(),
      state: Type.String(),
      started_at: TIME,
      ended_at: TIME,
    }),
  ),
  quality: same(
    rowOf(QUALITY_TABLE.columns, { check: Type.String(), severity: Type.String(), row_time: TIME }),
  ),
};

function same(row: TObject) {
  return { snapshot: row, update: row };
}

const exactly = (properties: TProperties) => Type.Object(properties, { additionalProperties: false });
const SEQ = Type.Integer({ description: 'counts by one in its channel' });

function factsOf(channel: ChannelName): TProperties {
  const symbol = Type.String();
  const timeframe = Type.Enum([...TIMEFRAMES]);
  return channel === 'bars' || channel === 'indicators'
    ? { channel: Type.Literal(channel), symbol, timeframe }
    : { channel: Type.Literal(channel), symbol: Type.Optional(symbol) };
}

function channelMessages(channel: ChannelName): [string, TSchema][] {
  const { snapshot, update } = ROWS[channel];
  const facts = factsOf(channel);
  const name = `${channel[0]?.toUpperCase()}${channel.slice(1)}`;
  const versions = Type.Record(Type.String(), Type.Integer(), { description: 'Delta version by table' });
  return [
    [
      `Live${name}Snapshot`,
      exactly({
        type: Type.Literal('snapshot'),
        ...facts,
        seq: SEQ,
        data_version: versions,
        data: Type.Array(snapshot),
      }),
    ],
    [`Live${name}Update`, exactly({ type: Type.Literal('update'), ...facts, seq: SEQ, data: update })],
  ];
}

const SUBSCRIPTION = {
  channel: Type.Enum([...CHANNELS]),
  symbol: Type.Optional(Type.String()),
  timeframe: Type.Optional(Type.Enum([...TIMEFRAMES])),
};

const TO_CLIENT: Readonly<Record<string, TSchema>> = {
  ...Object.fromEntries(CHANNELS.flatMap(channelMessages)),
  LiveError: exactly({
    type: Type.Literal('error'),
    code: Type.String({ description: 'as in problems over HTTP' }),
    detail: Type.String(),
    hint: Type.String(),
    channel: Type.Optional(
      Type.String({ description: 'with `symbol` and `timeframe`: as they were asked for' }),
    ),
    symbol: Type.Optional(Type.String()),
    timeframe: Type.Optional(Type.String()),
  }),
  LiveNotice: exactly({
    type: Type.Literal('notice'),
    code: Type.Literal('SLOW_READER'),
    hint: Type.String(),
  }),
  LiveAuthenticated: exactly({ type: Type.Literal('authenticated') }),
  LivePong: exactly({ type: Type.Literal('pong') }),
  LiveUnsubscribed: exactly({ type: Type.Literal('unsubscribed'), ...SUBSCRIPTION }),
};

const FROM_CLIENT: Readonly<Record<string, TSchema>> = {
  LiveAuth: Type.Object({ type: Type.Literal('auth'), token: Type.String() }),
  LiveSubscribe: Type.Object({
    type: Type.Literal('subscribe'),
    ...SUBSCRIPTION,
    since_seq: Type.Optional(SEQ),
  }),
  LiveUnsubscribe: Type.Object({ type: Type.Literal('unsubscribe'), ...SUBSCRIPTION }),
  LivePing: Type.Object({ type: Type.Literal('ping') }),
};

const anyOf = (schemas: Readonly<Record<string, TSchema>>) => ({
  anyOf: Object.keys(schemas).map((name) => ({ $ref: `#/components/schemas/${name}` })),
});

/** By the names that they have among the components of `/openapi.json`. */
export const LIVE_SCHEMAS: Readonly<Record<string, object>> = {
  LiveMessage: { description: 'what the server sends', ...anyOf(TO_CLIENT) },
  LiveRequest: { description: 'what a client sends over `/ws`', ...anyOf(FROM_CLIENT) },
  ...TO_CLIENT,
  ...FROM_CLIENT,
};
