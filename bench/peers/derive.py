"""What a user writes instead: longer bars and indicators of one-minute bars with Polars and TA-Lib, written by delta-rs. LAKE."""

import sys

import polars as pl
import polars_talib as ta
from deltalake import WriterProperties, write_deltalake

LENGTHS = ["5m", "15m", "1h", "4h", "1d"]
KEY = ["venue", "market", "symbol"]
SUMS = ["volume", "quote_volume", "trade_count", "taker_buy_volume", "taker_buy_quote_volume"]
lake = sys.argv[1]


def with_period(frame: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("open_time").dt.date()
    month = day.dt.month_start()
    year = day.dt.replace(month=1, day=1)
    length = pl.col("timeframe")
    return frame.with_columns(
        period=pl.when(length == "1m").then(day).when(length.is_in(["4h", "1d"])).then(year).otherwise(month)
    )


def write(name: str, frame: pl.DataFrame) -> None:
    rows = with_period(frame).sort("timeframe", "period", "symbol", "open_time")
    write_deltalake(
        f"{lake}/{name}",
        rows.to_arrow(),
        partition_by=["timeframe", "period"],
        writer_properties=WriterProperties(compression="ZSTD"),
    )


def rolled_up(minutes: pl.DataFrame, length: str) -> pl.DataFrame:
    return (
        minutes.group_by_dynamic("open_time", every=length, group_by=KEY)
        .agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col(SUMS).sum(),
            minutes=pl.len(),
        )
        .with_columns(timeframe=pl.lit(length))
    )


def indicators(bars: pl.DataFrame) -> pl.DataFrame:
    close, high, low = pl.col("close"), pl.col("high"), pl.col("low")
    typical = [high, low, close]
    each = lambda x: x.over(KEY)
    day = [*KEY, pl.col("open_time").dt.date()]
    return (
        bars.select(*KEY, "timeframe", "open_time", "high", "low", "close", "volume", "quote_volume")
        .with_columns(
            *[each(close.ta.sma(n)).alias(f"sma_{n}") for n in (20, 50, 200)],
            *[each(close.ta.ema(n)).alias(f"ema_{n}") for n in (12, 26)],
            each(close.ta.rsi(14)).alias("rsi_14"),
            each(close.ta.macd(12, 26, 9)).alias("m"),
            each(close.ta.bbands(20, 2.0, 2.0)).alias("b"),
            each(ta.atr(*typical, timeperiod=14)).alias("atr_14"),
            each(ta.stoch(*typical, 14, 3, 0, 3, 0)).alias("s"),
            each(ta.adx(*typical, timeperiod=14)).alias("adx_14"),
            each(ta.plus_di(*typical, timeperiod=14)).alias("plus_di_14"),
            each(ta.minus_di(*typical, timeperiod=14)).alias("minus_di_14"),
            each(ta.cci(*typical, timeperiod=20)).alias("cci_20"),
            each(ta.willr(*typical, timeperiod=14)).alias("williams_r_14"),
            each(close.diff().sign() * pl.col("volume")).alias("signed_volume"),
            (pl.col("quote_volume").cum_sum().over(day) / pl.col("volume").cum_sum().over(day)).alias("vwap_day"),
            each(ta.mfi(*typical, pl.col("volume"), timeperiod=14)).alias("mfi_14"),
        )
        .unnest("m", "b", "s")
        .drop("high", "low", "close", "volume", "quote_volume")
    )


minutes = pl.read_delta(f"{lake}/bars_1m").sort(*KEY, "open_time")
longer = [rolled_up(minutes, length) for length in LENGTHS]
write("bars_rollup", pl.concat(longer))
made = [indicators(bars) for bars in [minutes, *longer]]
write("indicators", pl.concat(made))
