"""Bars, indicators and features computed a second time, with Polars, NumPy and TA-Lib: nothing here is shared with the program."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import polars as pl
import talib

KEY = ["venue", "market", "symbol"]
MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1440}


def rollup(minutes: pl.DataFrame, timeframe: str) -> pl.DataFrame:
    """Whole buckets; sums of decimals."""
    length = MINUTES[timeframe]

    def exact(name):
        return pl.col(name).map_batches(
            lambda part: float(sum(Decimal(repr(x)) for x in part)), return_dtype=pl.Float64, returns_scalar=True
        )

    return (
        minutes.sort("open_time")
        .with_columns(bucket=pl.col("open_time").dt.truncate(f"{length}m"))
        .group_by(*KEY, "bucket", maintain_order=True)
        .agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            *[exact(n) for n in ("volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume")],
            pl.col("trade_count").sum(),
            pl.col("known_at").max(),
            minutes=pl.len(),
        )
        .filter(pl.col("minutes") == length)
        .rename({"bucket": "open_time"})
    )


def anchor(timeframe: str, period: dt.date) -> dt.datetime:
    if timeframe == "1m":
        day = period - dt.timedelta(days=1)
    elif timeframe in ("4h", "1d"):
        day = dt.date(period.year - 1, 1, 1)
    else:
        day = (period.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.timezone.utc)


def indicators(bars: pl.DataFrame) -> dict[str, np.ndarray]:
    o, h, l, c, v = (bars[n].to_numpy().astype(float) for n in ("open", "high", "low", "close", "volume"))
    out = {f"sma_{n}": talib.SMA(c, n) for n in (20, 50, 200)} | {f"ema_{n}": talib.EMA(c, n) for n in (12, 26)}
    out["rsi_14"] = talib.RSI(c, 14)
    out["macd"], out["macd_signal"], out["macd_histogram"] = talib.MACD(c, 12, 26, 9)
    out["bb_upper"], out["bb_middle"], out["bb_lower"] = talib.BBANDS(c, 20, 2, 2)
    out["atr_14"] = talib.ATR(h, l, c, 14)
    out["stoch_k"], out["stoch_d"] = talib.STOCH(h, l, c, 14, 3, 0, 3, 0)
    out["adx_14"], out["plus_di_14"], out["minus_di_14"] = (
        f(h, l, c, 14) for f in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI)
    )
    out["cci_20"] = talib.CCI(h, l, c, 20)
    out["williams_r_14"] = talib.WILLR(h, l, c, 14)
    out["mfi_14"] = talib.MFI(h, l, c, v, 14)
    out["signed_volume"] = np.concatenate([[np.nan], np.sign(np.diff(c)) * v[1:]])
    day = bars["open_time"].dt.date()
    q = bars["quote_volume"].to_numpy()
    sums = pl.DataFrame({"d": day, "q": q, "v": v}).with_columns(
        pl.col("q").cum_sum().over("d"), pl.col("v").cum_sum().over("d")
    )
    out["vwap_day"] = np.where(sums["v"].to_numpy() > 0, sums["q"].to_numpy() / sums["v"].to_numpy(), np.nan)
    return out


def features(bars: pl.DataFrame, timeframe: str) -> pl.DataFrame:
    """Of one series since its anchor, without liquidations."""
    o, h, l, c, v = (bars[n].to_numpy().astype(float) for n in ("open", "high", "low", "close", "volume"))
    ind = indicators(bars)
    length = dt.timedelta(minutes=MINUTES[timeframe])
    df = bars.select(
        "open_time", "open", "high", "low", "close", "volume", "quote_volume", "trade_count",
        V="taker_buy_volume", partial=pl.col("completeness") == "partial",
    ).with_columns(
        r=(pl.col("close") / pl.col("close").shift(1)).log(), c1=pl.col("close").shift(1),
        rsi7=pl.Series(talib.RSI(c, 7)), sar=pl.Series(talib.SAR(h, l, 0.02, 0.2)),
        **{k: pl.Series(x) for k, x in ind.items()},
    )
    C, r, hi, lo, vol = pl.col("close"), pl.col("r"), pl.col("high"), pl.col("low"), pl.col("volume")
    span = hi - lo
    close_time = pl.col("open_time") + length
    turn = 2 * math.pi
    hour = (close_time.dt.hour() + close_time.dt.minute() / 60) / 24 * turn
    weekday = (close_time.dt.weekday().cast(pl.Float64) - 1) / 7 * turn
    sigma = pl.col("close").rolling_map(lambda s: float(np.std(s.to_numpy())), 20)
    gk = 0.5 * (hi / lo).log() ** 2 - (2 * math.log(2) - 1) * (C / pl.col("open")).log() ** 2
    rv = {n: r.rolling_map(lambda s: float(np.std(s.to_numpy(), ddof=1)), n) for n in (10, 30, 60)}

    def over(x, n, f):
        return x.rolling_map(lambda s: f(s.to_numpy()), n)

    def skew(x):
        d = x - x.mean()
        return float((d**3).mean() / (d**2).mean() ** 1.5)

    def kurt(x):
        d = x - x.mean()
        return float((d**4).mean() / (d**2).mean() ** 2 - 3)

    def streak(x):
        s = np.sign(x[-1])
        if s == 0:
            return 0.0
        n = 0
        for y in x[::-1]:
            if np.sign(y) != s:
                break
            n += 1
        return float(s * n)

    def z(x):
        return float((x[-1] - x.mean()) / x.std(ddof=1))

    w = {f"ret_{k}": ((C / C.shift(k)).log(), k + 1) for k in (1, 2, 3, 5, 10, 20, 60)}
    w["ret_accel"] = (r - r.shift(1), 3)
    w |= {f"price_lag_{k}": (C.shift(k), k + 1) for k in range(1, 6)}
    w["ma_10"] = (C.rolling_mean(10), 10)
    w["roc_12"] = (C / C.shift(12) - 1, 13)
    w["mom_10_atr"] = ((C - C.shift(10)) / pl.col("atr_14"), 140)
    w["r_streak"] = (over(r, 20, streak), 21)
    w["sma_10_dist"] = (C / C.rolling_mean(10) - 1, 10)
    w |= {f"sma_{n}_dist": (C / pl.col(f"sma_{n}") - 1, n) for n in (20, 50, 200)}
    w |= {f"ema_{n}_dist": (C / pl.col(f"ema_{n}") - 1, 10 * n) for n in (12, 26)}
    w["ema_spread"] = (pl.col("ema_12") / pl.col("ema_26") - 1, 260)
    w["sma20_slope_5"] = (pl.col("sma_20") / pl.col("sma_20").shift(5) - 1, 25)
    w |= {f"{n}_rel": (pl.col(n) / C, 260) for n in ("macd", "macd_signal", "macd_histogram")}
    w["adx_14"] = (pl.col("adx_14"), 140)
    w["di_spread"] = (pl.col("plus_di_14") - pl.col("minus_di_14"), 140)
    w["psar_dist"] = (C / pl.col("sar") - 1, 2)
    w["rsi_14"] = (pl.col("rsi_14"), 140)
    w["rsi_7"] = (pl.col("rsi7"), 70)
    w["rsi_14_delta_5"] = (pl.col("rsi_14") - pl.col("rsi_14").shift(5), 145)
    w |= {n: (pl.col(n), k) for n, k in (("stoch_k", 18), ("stoch_d", 18), ("williams_r_14", 14), ("cci_20", 20), ("mfi_14", 15))}
    w["atr_14_rel"] = (pl.col("atr_14") / C, 140)
    w["bb_width"] = (4 * sigma / C.rolling_mean(20), 20)
    w["bb_percent_b"] = ((C - C.rolling_mean(20) + 2 * sigma) / (4 * sigma), 20)
    w |= {f"rv_{n}": (rv[n], n + 1) for n in (10, 30, 60)}
    w["rv_ratio"] = (rv[10] / rv[60], 61)
    w["parkinson_20"] = (((hi / lo).log() ** 2).rolling_mean(20).truediv(4 * math.log(2)).sqrt(), 20)
    w["garman_klass_20"] = (gk.rolling_mean(20).sqrt(), 20)
    w["range"] = ((hi / lo).log(), 1)
    w["gap"] = ((pl.col("open") / pl.col("c1")).log(), 2)
    w["vol_of_vol"] = (over(rv[10], 30, lambda x: float(x.std(ddof=1))), 40)
    w["volume_ratio_20"] = (vol / vol.rolling_mean(20), 20)
    w["volume_z_60"] = (over(vol, 60, z), 60)
    w["obv_slope_20"] = (pl.col("signed_volume").rolling_sum(20) / vol.rolling_sum(20), 21)
    w["vwap20_dist"] = (C / (pl.col("quote_volume").rolling_sum(20) / vol.rolling_sum(20)) - 1, 20)
    w["vwap_day_dist"] = (C / pl.col("vwap_day") - 1, 1)
    w["taker_buy_ratio"] = (pl.col("V") / vol, 1)
    w["taker_imbalance_20"] = ((2 * pl.col("V") - vol).rolling_sum(20) / vol.rolling_sum(20), 20)
    w["trades_ratio_20"] = (pl.col("trade_count") / pl.col("trade_count").cast(pl.Float64).rolling_mean(20), 20)
    w["avg_trade_ratio_20"] = (
        (vol / pl.col("trade_count")) / (vol.rolling_sum(20) / pl.col("trade_count").cast(pl.Float64).rolling_sum(20)), 20,
    )
    w["amihud_20"] = (over(r.abs() / pl.col("quote_volume"), 20, lambda x: float(x.mean())), 21)
    w["body"] = ((C - pl.col("open")) / span, 1)
    w["upper_shadow"] = ((hi - pl.max_horizontal("open", "close")) / span, 1)
    w["lower_shadow"] = ((pl.min_horizontal("open", "close") - lo) / span, 1)
    w["close_location"] = ((C - lo) / span, 1)
    w["donchian_pos_20"] = ((C - lo.rolling_min(20)) / (hi.rolling_max(20) - lo.rolling_min(20)), 20)
    w["dist_high_60"] = (C / hi.rolling_max(60) - 1, 60)
    w["bars_since_high_60"] = (over(hi, 60, lambda x: float(59 - (len(x) - 1 - np.argmax(x[::-1])))), 60)
    w["skew_60"] = (over(r, 60, skew), 61)
    w["kurt_60"] = (over(r, 60, kurt), 61)
    w["autocorr_1_30"] = (over(r, 31, lambda x: float(np.corrcoef(x[1:], x[:-1])[0, 1])), 32)
    w["zscore_60"] = (over(C, 60, z), 60)
    w |= {"hour_sin": (hour.sin(), 1), "hour_cos": (hour.cos(), 1), "weekday_sin": (weekday.sin(), 1), "weekday_cos": (weekday.cos(), 1)}

    gap = (pl.col("open_time").diff() > length).fill_null(False)
    hole = pl.col("partial") | gap
    index = pl.int_range(pl.len())
    # The newest bar that is a hole or comes right after one; a partial bar is one itself.
    since = (
        index - pl.when(hole).then(index - pl.when(pl.col("partial")).then(0).otherwise(1)).forward_fill()
    )
    df = df.with_columns(since=since)
    out = {
        name: pl.when(pl.col("since").is_null() | (pl.col("since") >= window)).then(pl.when(x.is_finite()).then(x))
        for name, (x, window) in w.items()
    }
    return df.select("open_time", **out)
