import type { LakeTable } from '../table.ts';

/** The key of a row that is derived from a bar; `timeframe` is a partition column and stands last. */
export const DERIVED_KEY = {
  venue: 'string',
  market: 'string',
  symbol: 'string',
  open_time: 'timestamp',
  close_time: 'timestamp',
} as const;

/** `period` is the first day of the day (1m), month (5m, 15m, 1h) or year (4h, 1d). */
export const INDICATORS_TABLE = {
  name: 'indicators',
  description:
    "One bar's indicators, as TA-Lib computes them from a fixed beginning; null until the first value.",
  columns: {
    ...DERIVED_KEY,
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
    holes_in_window: 'long',
    known_at: 'timestamp',
    inputs_version: 'long',
    timeframe: 'string',
    period: 'date',
  },
  partitionBy: ['timeframe', 'period'],
  clusterBy: ['symbol', 'open_time'],
  timeColumn: 'open_time',
} as const satisfies LakeTable;
