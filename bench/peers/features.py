"""What a user writes instead: features of longer bars with Polars and TA-Lib, written by delta-rs. LAKE."""

import math
import sys

import polars as pl
import polars_talib as ta
from deltalake import WriterProperties, write_deltalake

KEY = ["venue", "market", "symbol"]
lake = sys.argv[1]
o, h, l, c, v = (pl.col(name) for name in ("open", "high", "low", "close", "volume"))
r, q, n, t = pl.col("r"), pl.col("quote_volume"), pl.col("trade_count"), pl.col("taker_buy_volume")
hlc = [h, l, c]


def base(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.with_columns(
        r=(c / c.shift(1)).log().over(KEY),
        **{f"sma{k}": c.rolling_mean(k).over(KEY) for k in (10, 20, 50, 200)},
        **{f"ema{k}": c.ta.ema(k).over(KEY) for k in (12, 26)},
        m=c.ta.macd(12, 26, 9).over(KEY),
        b=c.ta.bbands(20, 2.0, 2.0).over(KEY),
        s=ta.stoch(*hlc, 14, 3, 0, 3, 0).over(KEY),
        atr=ta.atr(*hlc, timeperiod=14).over(KEY),
        rsi=c.ta.rsi(14).over(KEY),
        sar=ta.sar(h, l, 0.02, 0.2).over(KEY),
        signed=(c.diff().sign() * v).over(KEY),
        gk=0.5 * (h / l).log() ** 2 - (2 * math.log(2) - 1) * (c / o).log() ** 2,
    ).unnest("m", "b", "s").with_columns(
        rv10=r.rolling_std(10).over(KEY),
        vwap=q.cum_sum().over([*KEY, pl.col("open_time").dt.date()]) / v.cum_sum().over([*KEY, pl.col("open_time").dt.date()]),
        run=(r.sign() != r.sign().shift(1)).cum_sum().over(KEY),
    )


def features(bars: pl.DataFrame) -> pl.DataFrame:
    w = lambda x: x.over(KEY)
    z = lambda x, k: (x - x.rolling_mean(k)) / x.rolling_std(k)
    upper, middle, lower = pl.col("upperband"), pl.col("middleband"), pl.col("lowerband")
    hour = (pl.col("close_time").dt.hour() + pl.col("close_time").dt.minute() / 60) / 24 * 2 * math.pi
    weekday = (pl.col("close_time").dt.weekday() - 1) / 7 * 2 * math.pi
    rv10, signed = pl.col("rv10"), pl.col("signed")
    return base(bars).select(
        *KEY, "timeframe", "open_time", "close_time",
        *[w((c / c.shift(k)).log()).alias(f"ret_{k}") for k in (1, 2, 3, 5, 10, 20, 60)],
        w(r - r.shift(1)).alias("ret_accel"),
        *[w(c.shift(k)).alias(f"price_lag_{k}") for k in (1, 2, 3, 4, 5)],
        pl.col("sma10").alias("ma_10"),
        w(c / c.shift(12) - 1).alias("roc_12"),
        w((c - c.shift(10)) / pl.col("atr")).alias("mom_10_atr"),
        (r.sign() * (pl.int_range(pl.len()).over([*KEY, "run"]) + 1).clip(upper_bound=20)).alias("r_streak"),
        *[(c / pl.col(f"sma{k}") - 1).alias(f"sma_{k}_dist") for k in (10, 20, 50, 200)],
        *[(c / pl.col(f"ema{k}") - 1).alias(f"ema_{k}_dist") for k in (12, 26)],
        (pl.col("ema12") / pl.col("ema26") - 1).alias("ema_spread"),
        w(pl.col("sma20") / pl.col("sma20").shift(5) - 1).alias("sma20_slope_5"),
        (pl.col("macd") / c).alias("macd_rel"),
        (pl.col("macdsignal") / c).alias("macd_signal_rel"),
        (pl.col("macdhist") / c).alias("macd_histogram_rel"),
        w(ta.adx(*hlc, timeperiod=14)).alias("adx_14"),
        w(ta.plus_di(*hlc, timeperiod=14) - ta.minus_di(*hlc, timeperiod=14)).alias("di_spread"),
        (c / pl.col("sar") - 1).alias("psar_dist"),
        pl.col("rsi").alias("rsi_14"),
        w(c.ta.rsi(7)).alias("rsi_7"),
        w(pl.col("rsi") - pl.col("rsi").shift(5)).alias("rsi_14_delta_5"),
        pl.col("slowk").alias("stoch_k"),
        pl.col("slowd").alias("stoch_d"),
        w(ta.willr(*hlc, timeperiod=14)).alias("williams_r_14"),
        w(ta.cci(*hlc, timeperiod=20)).alias("cci_20"),
        w(ta.mfi(*hlc, v, timeperiod=14)).alias("mfi_14"),
        (pl.col("atr") / c).alias("atr_14_rel"),
        ((upper - lower) / middle).alias("bb_width"),
        ((c - lower) / (upper - lower)).alias("bb_percent_b"),
        rv10.alias("rv_10"),
        w(r.rolling_std(30)).alias("rv_30"),
        w(r.rolling_std(60)).alias("rv_60"),
        w(rv10 / r.rolling_std(60)).alias("rv_ratio"),
        w((((h / l).log() ** 2).rolling_mean(20) / (4 * math.log(2))).sqrt()).alias("parkinson_20"),
        w(pl.col("gk").rolling_mean(20).sqrt()).alias("garman_klass_20"),
        (h / l).log().alias("range"),
        w((o / c.shift(1)).log()).alias("gap"),
        w(rv10.rolling_std(30)).alias("vol_of_vol"),
        w(v / v.rolling_mean(20)).alias("volume_ratio_20"),
        w(z(v, 60)).alias("volume_z_60"),
        w(signed.rolling_sum(20) / v.rolling_sum(20)).alias("obv_slope_20"),
        w(c / (q.rolling_sum(20) / v.rolling_sum(20)) - 1).alias("vwap20_dist"),
        (c / pl.col("vwap") - 1).alias("vwap_day_dist"),
        (t / v).alias("taker_buy_ratio"),
        w((2 * t - v).rolling_sum(20) / v.rolling_sum(20)).alias("taker_imbalance_20"),
        w(n / n.rolling_mean(20)).alias("trades_ratio_20"),
        w((v / n) / (v.rolling_sum(20) / n.rolling_sum(20))).alias("avg_trade_ratio_20"),
        w((r.abs() / q).rolling_mean(20)).alias("amihud_20"),
        ((c - o) / (h - l)).alias("body"),
        ((h - pl.max_horizontal(o, c)) / (h - l)).alias("upper_shadow"),
        ((pl.min_horizontal(o, c) - l) / (h - l)).alias("lower_shadow"),
        ((c - l) / (h - l)).alias("close_location"),
        w((c - l.rolling_min(20)) / (h.rolling_max(20) - l.rolling_min(20))).alias("donchian_pos_20"),
        w(c / h.rolling_max(60) - 1).alias("dist_high_60"),
        w(59 - ta.maxindex(h, timeperiod=60)).alias("bars_since_high_60"),
        w(r.rolling_skew(60)).alias("skew_60"),
        w(r.rolling_kurtosis(60)).alias("kurt_60"),
        w(pl.rolling_corr(r, r.shift(1), window_size=30)).alias("autocorr_1_30"),
        w(z(c, 60)).alias("zscore_60"),
        hour.sin().alias("hour_sin"), hour.cos().alias("hour_cos"),
        weekday.sin().alias("weekday_sin"), weekday.cos().alias("weekday_cos"),
        "known_at", "period",
    )


bars = pl.read_delta(f"{lake}/bars_rollup")
made = [
    features(bars.filter(pl.col("timeframe") == length).sort(*KEY, "open_time")) for length in ("5m", "1h", "1d")
]
rows = pl.concat(made).sort("timeframe", "period", "symbol", "open_time")
write_deltalake(
    f"{lake}/features",
    rows.to_arrow(),
    partition_by=["timeframe", "period"],
    writer_properties=WriterProperties(compression="ZSTD"),
)
