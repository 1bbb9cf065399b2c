"""The indicators alone, on one core, of bars in memory: LAKE."""

import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"
import polars as pl  # noqa: E402
import polars_talib as ta  # noqa: E402

bars = pl.read_delta(f"{sys.argv[1]}/bars_1m").sort("symbol", "open_time")
close, high, low = pl.col("close"), pl.col("high"), pl.col("low")
hlc = [high, low, close]


def run() -> float:
    started = time.perf_counter()
    day = ["symbol", pl.col("open_time").dt.date()]
    bars.select(
        *[close.ta.sma(n).over("symbol").alias(f"sma{n}") for n in (20, 50, 200)],
        *[close.ta.ema(n).over("symbol").alias(f"ema{n}") for n in (12, 26)],
        close.ta.rsi(14).over("symbol").alias("rsi"),
        close.ta.macd(12, 26, 9).over("symbol").alias("macd"),
        close.ta.bbands(20, 2.0, 2.0).over("symbol").alias("bb"),
        ta.atr(*hlc, timeperiod=14).over("symbol").alias("atr"),
        ta.stoch(*hlc, 14, 3, 0, 3, 0).over("symbol").alias("stoch"),
        ta.adx(*hlc, timeperiod=14).over("symbol").alias("adx"),
        ta.plus_di(*hlc, timeperiod=14).over("symbol").alias("pdi"),
        ta.minus_di(*hlc, timeperiod=14).over("symbol").alias("mdi"),
        ta.cci(*hlc, timeperiod=20).over("symbol").alias("cci"),
        ta.willr(*hlc, timeperiod=14).over("symbol").alias("willr"),
        (close.diff().sign() * pl.col("volume")).over("symbol").alias("signed"),
        (pl.col("quote_volume").cum_sum().over(day) / pl.col("volume").cum_sum().over(day)).alias("vwap"),
        ta.mfi(*hlc, pl.col("volume"), timeperiod=14).over("symbol").alias("mfi"),
    )
    return len(bars) / (time.perf_counter() - started)


run()
print(run())
