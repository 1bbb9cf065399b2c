/**
 * How many bars, the newest included, a feature is made of: its warm-up and one. A recursive one forgets slowly: ten times
 * its period. While a hole is among them the feature is null.
 */
import { FEATURE_NAMES, type FeatureName } from '../../lake/tables/features.ts';

const RECURSIVE = {
  ema_12_dist: 120,
  ema_26_dist: 260,
  ema_spread: 260,
  macd_rel: 260,
  macd_signal_rel: 260,
  macd_histogram_rel: 260,
  adx_14: 140,
  di_spread: 140,
  rsi_14: 140,
  rsi_7: 70,
  rsi_14_delta_5: 145,
  atr_14_rel: 140,
  mom_10_atr: 140,
} as const satisfies Partial<Record<FeatureName, number>>;

/** Without those whose warm-up is 0. */
const WARM_UP: Readonly<Partial<Record<FeatureName, number>>> = {
  ret_1: 1,
  ret_2: 2,
  ret_3: 3,
  ret_5: 5,
  ret_10: 10,
  ret_20: 20,
  ret_60: 60,
  ret_accel: 2,
  price_lag_1: 1,
  price_lag_2: 2,
  price_lag_3: 3,
  price_lag_4: 4,
  price_lag_5: 5,
  ma_10: 9,
  roc_12: 12,
  r_streak: 20,
  sma_10_dist: 9,
  sma_20_dist: 19,
  sma_50_dist: 49,
  sma_200_dist: 199,
  sma20_slope_5: 24,
  psar_dist: 1,
  stoch_k: 17,
  stoch_d: 17,
  williams_r_14: 13,
  cci_20: 19,
  mfi_14: 14,
  bb_width: 19,
  bb_percent_b: 19,
  rv_10: 10,
  rv_30: 30,
  rv_60: 60,
  rv_ratio: 60,
  parkinson_20: 19,
  garman_klass_20: 19,
  gap: 1,
  vol_of_vol: 39,
  volume_ratio_20: 19,
  volume_z_60: 59,
  obv_slope_20: 20,
  vwap20_dist: 19,
  taker_imbalance_20: 19,
  trades_ratio_20: 19,
  avg_trade_ratio_20: 19,
  amihud_20: 20,
  donchian_pos_20: 19,
  dist_high_60: 59,
  bars_since_high_60: 59,
  skew_60: 60,
  kurt_60: 60,
  autocorr_1_30: 31,
  zscore_60: 59,
};

/** By place in {@link FEATURE_NAMES}. @param barsADay how many bars `liq_z_1d` looks back on. */
export function featureWindows(barsADay: number): number[] {
  const recursive: Readonly<Partial<Record<FeatureName, number>>> = RECURSIVE;
  return FEATURE_NAMES.map((name) =>
    name === 'liq_z_1d' ? barsADay : (recursive[name] ?? (WARM_UP[name] ?? 0) + 1),
  );
}
