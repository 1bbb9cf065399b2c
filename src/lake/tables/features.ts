import type { ColumnType, LakeTable } from '../table.ts';
import { BAR_ROW_GROUP_ROWS } from './bar-columns.ts';
import { DERIVED_KEY, longView } from './indicators.ts';

/** In the order of the columns. */
export const FEATURE_NAMES = [
  // Returns.
  'ret_1',
  'ret_2',
  'ret_3',
  'ret_5',
  'ret_10',
  'ret_20',
  'ret_60',
  'ret_accel',
  // Lags.
  'price_lag_1',
  'price_lag_2',
  'price_lag_3',
  'price_lag_4',
  'price_lag_5',
  'ma_10',
  // Momentum.
  'roc_12',
  'mom_10_atr',
  'r_streak',
  // Trend.
  'sma_10_dist',
  'sma_20_dist',
  'sma_50_dist',
  'sma_200_dist',
  'ema_12_dist',
  'ema_26_dist',
  'ema_spread',
  'sma20_slope_5',
  'macd_rel',
  'macd_signal_rel',
  'macd_histogram_rel',
  'adx_14',
  'di_spread',
  'psar_dist',
  // Oscillators.
  'rsi_14',
  'rsi_7',
  'rsi_14_delta_5',
  'stoch_k',
  'stoch_d',
  'williams_r_14',
  'cci_20',
  'mfi_14',
  // Volatility.
  'atr_14_rel',
  'bb_width',
  'bb_percent_b',
  'rv_10',
  'rv_30',
  'rv_60',
  'rv_ratio',
  'parkinson_20',
  'garman_klass_20',
  'range',
  'gap',
  'vol_of_vol',
  // Volume and flow.
  'volume_ratio_20',
  'volume_z_60',
  'obv_slope_20',
  'vwap20_dist',
  'vwap_day_dist',
  'taker_buy_ratio',
  'taker_imbalance_20',
  'trades_ratio_20',
  'avg_trade_ratio_20',
  'amihud_20',
  // Shape.
  'body',
  'upper_shadow',
  'lower_shadow',
  'close_location',
  // Position.
  'donchian_pos_20',
  'dist_high_60',
  'bars_since_high_60',
  // Statistics.
  'skew_60',
  'kurt_60',
  'autocorr_1_30',
  'zscore_60',
  // Time of the close.
  'hour_sin',
  'hour_cos',
  'weekday_sin',
  'weekday_cos',
  // Liquidations within the bar.
  'liq_long_at_least',
  'liq_short_at_least',
  'liq_imbalance',
  'liq_z_1d',
  'liq_listened_share',
] as const;

export type FeatureName = (typeof FEATURE_NAMES)[number];

const FEATURE_COLUMNS = Object.fromEntries(
  FEATURE_NAMES.map((name) => [name, 'double' satisfies ColumnType]),
) as Readonly<Record<FeatureName, 'double'>>;

export const FEATURES_TABLE = {
  name: 'features',
  description:
    "One bar's 81 features, from bars known by then; null while a hole is in the window of a feature.",
  columns: {
    ...DERIVED_KEY,
    ...FEATURE_COLUMNS,
    known_at: 'timestamp',
    inputs_version: 'long',
    definition: 'string',
    timeframe: 'string',
    period: 'date',
  },
  partitionBy: ['timeframe', 'period'],
  clusterBy: ['symbol', 'open_time'],
  rowGroupRows: BAR_ROW_GROUP_ROWS,
  timeColumn: 'open_time',
  views: [longView('features', FEATURE_COLUMNS)],
} as const satisfies LakeTable;
