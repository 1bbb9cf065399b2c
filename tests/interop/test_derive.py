"""Bars, indicators and features are what Polars, NumPy and TA-Lib make of the same bars."""

import datetime as dt
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from conftest import crypto_lake, rows_by_us
from deltalake import DeltaTable
from derived import KEY, MINUTES, anchor, features, indicators, rollup

TOLERANCE = 1e-9
SUMS = ["volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume", "trade_count"]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = tmp_path_factory.mktemp("derived")
    made = subprocess.run(
        ["node", str(Path(__file__).parent / "append-bars.js"), str(lake), "2", "35", "9000", "9007"], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    crypto_lake(lake, "derive")
    return lake


def table(lake, name):
    return pl.read_delta(str(lake / name)).sort(*KEY, "open_time")


def end_of(timeframe, period):
    if timeframe == "1m":
        return period + dt.timedelta(days=1)
    if timeframe in ("4h", "1d"):
        return dt.date(period.year + 1, 1, 1)
    return (period.replace(day=28) + dt.timedelta(days=5)).replace(day=1)


def midnight(day):
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.timezone.utc)


def check(name, expected, stored):
    want = np.array([np.nan if x is None else x for x in expected], float)
    have = np.array([np.nan if x is None else x for x in stored], float)
    assert (np.isnan(want) == np.isnan(have)).all(), f"{name}: nulls"
    both = ~np.isnan(want)
    error = np.abs(want - have)[both] / np.maximum(np.abs(want[both]), 1e-2)
    assert not both.any() or error.max() < TOLERANCE, f"{name}: {error.max()}"


@pytest.mark.parametrize("timeframe", ["5m", "15m", "1h", "4h", "1d"])
def test_longer_bars_are_exact(lake, timeframe):
    expected = rollup(table(lake, "bars_1m"), timeframe)
    stored = table(lake, "bars_rollup").filter(
        (pl.col("timeframe") == timeframe) & (pl.col("minutes") == MINUTES[timeframe])
    )
    joined = expected.join(stored, on=[*KEY, "open_time"], suffix="_stored")
    assert len(expected) == len(stored) == len(joined)
    for name in ["open", "high", "low", "close", *SUMS, "known_at"]:
        assert (joined[name] == joined[f"{name}_stored"]).all(), name


@pytest.mark.parametrize("timeframe", list(MINUTES))
def test_indicators_and_features(lake, timeframe):
    one_minute = timeframe == "1m"
    bars = table(lake, "bars_1m" if one_minute else "bars_rollup").filter(pl.col("timeframe") == timeframe)
    stored = table(lake, "indicators").filter(pl.col("timeframe") == timeframe)
    made = table(lake, "features").filter(pl.col("timeframe") == timeframe)
    for symbol in bars["symbol"].unique():
        for period in stored["period"].unique().sort()[-3:]:
            since, until = anchor(timeframe, period), midnight(end_of(timeframe, period))
            series = bars.filter((pl.col("symbol") == symbol) & (pl.col("open_time") >= since) & (pl.col("open_time") < until))
            inside = (series["open_time"] >= midnight(period)).to_numpy()
            of = lambda rows: rows.filter((pl.col("symbol") == symbol) & (pl.col("period") == period))
            for name, values in indicators(series).items():
                check(f"{timeframe} {symbol} {period} {name}", values[inside], of(stored)[name])
            if timeframe not in ("5m", "1h", "1d"):
                continue
            expected = features(series, timeframe).filter(inside)
            for name in expected.columns[1:]:
                check(f"{timeframe} {symbol} {period} {name}", expected[name], of(made)[name])


@pytest.mark.parametrize("name", ["bars_1m", "bars_rollup", "indicators", "features"])
def test_every_engine_reads_the_same_rows(lake, spark, name):
    by_polars = table(lake, name)
    by_us = rows_by_us(lake, f"SELECT count(*)::INT AS rows, count(DISTINCT open_time)::INT AS times FROM {name}")
    assert by_us == [{"rows": len(by_polars), "times": by_polars["open_time"].n_unique()}]
    columns = [c for c in by_polars.columns if c not in KEY]
    order = [*KEY, "timeframe", "open_time"]
    expected = by_polars.select([*KEY, *columns]).sort(order)
    by_delta_rs = pl.from_arrow(DeltaTable(str(lake / name)).to_pyarrow_table(columns=[*KEY, *columns])).sort(order)
    by_spark = pl.from_arrow(spark.read.format("delta").load(str(lake / name)).select([*KEY, *columns]).toArrow()).sort(order)
    for rows in (by_delta_rs, by_spark):
        assert rows.cast(dict(expected.schema)).equals(expected)
