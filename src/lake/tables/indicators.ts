import type { LakeTable, LakeView, NamedQuery } from '../table.ts';
import { BAR_ROW_GROUP_ROWS } from './bar-columns.ts';

/** The key of a row that is derived from a bar; `timeframe` is a partition column and stands last. */
export const DERIVED_KEY = {
  venue: 'string',
  market: 'string',
  symbol: 'string',
  open_time: 'timestamp',
  close_time: 'timestamp',
} as const;

const INDICATOR_COLUMNS = {
  sma_20: 'double',
  sma_50: 'double',
  sma_200: 'double',
  ema_12: 'double',
  ema_26: 'double',
  rsi_14: 'double',
  macd: 'double',
  macd_signal: 'double',
  macd_histogram: 'double',
  bb_upper: 'double',
  bb_middle: 'double',
  bb_lower: 'double',
  atr_14: 'double',
  stoch_k: 'double',
  stoch_d: 'double',
  adx_14: 'double',
  plus_di_14: 'double',
  minus_di_14: 'double',
  cci_20: 'double',
  williams_r_14: 'double',
  signed_volume: 'double',
  vwap_day: 'double',
  mfi_14: 'double',
} as const;

/** A row a value, under its name; nulls have none. @param columns the values. */
export function longView(table: string, columns: Readonly<Record<string, 'double'>>): LakeView {
  return {
    name: `${table}_long`,
    reads: [table],
    sql: `CREATE VIEW ${table}_long AS
   SELECT venue, market, symbol, timeframe, open_time, close_time, name, value, known_at
   FROM ${table} UNPIVOT (value FOR name IN (${Object.keys(columns)
     .map((name) => `"${name}"`)
     .join(', ')}))`,
  };
}

const NEWEST = `FROM indicators WHERE open_time >= $since
QUALIFY row_number() OVER (PARTITION BY venue, market, symbol, timeframe ORDER BY open_time DESC) = 1`;

const QUERIES: readonly NamedQuery[] = [
  {
    name: 'latest-indicators',
    title: 'Indicators of the newest bar of each symbol and length',
    sql: `SELECT market, symbol, timeframe, close_time, rsi_14, macd_histogram, adx_14, atr_14, bb_lower, bb_upper, vwap_day, holes_in_window
${NEWEST} ORDER BY market, symbol, close_time - open_time LIMIT 60`,
  },
  {
    name: 'rsi-extremes',
    title: 'Symbols that are overbought (RSI above 70) or oversold (below 30)',
    sql: `SELECT * FROM (SELECT market, symbol, timeframe, close_time, round(rsi_14, 1) AS rsi_14, round(stoch_k, 1) AS stoch_k, holes_in_window
${NEWEST}) WHERE rsi_14 > 70 OR rsi_14 < 30 ORDER BY abs(rsi_14 - 50) DESC, market, symbol LIMIT 30`,
  },
];

/** `period` is the first day of the day (1m), month (5m, 15m, 1h) or year (4h, 1d). */
export const INDICATORS_TABLE = {
  name: 'indicators',
  description:
    "One bar's indicators, as TA-Lib computes them from a fixed beginning; null until the first value.",
  columns: {
    ...DERIVED_KEY,
    ...INDICATOR_COLUMNS,
    holes_in_window: 'long',
    known_at: 'timestamp',
    inputs_version: 'long',
    timeframe: 'string',
    period: 'date',
  },
  partitionBy: ['timeframe', 'period'],
  clusterBy: ['symbol', 'open_time'],
  rowGroupRows: BAR_ROW_GROUP_ROWS,
  timeColumn: 'open_time',
  views: [longView('indicators', INDICATOR_COLUMNS)],
  queries: QUERIES,
} as const satisfies LakeTable;
