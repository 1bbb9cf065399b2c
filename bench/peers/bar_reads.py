"""Bars of one symbol from a Delta table with Polars, its snapshot kept and partitions pruned by hand: LAKE FILE."""

import json
import statistics
import sys
import time
from datetime import date, datetime, timezone

import polars as pl

lake, file = sys.argv[1:]
with open(file) as text:
    questions = json.load(text)
is_minutes = questions[0]["timeframe"] == "1m"
frame = pl.scan_delta(f"{lake}/{'bars_1m' if is_minutes else 'bars_rollup'}")


def ask(question: dict) -> pl.DataFrame:
    start, end = (datetime.fromtimestamp(question[name] / 1e6, timezone.utc) for name in ("fromUs", "toUs"))
    periods = [date.fromisoformat(day) for day in question["periods"]]
    time_in = (pl.col("open_time") >= start) & (pl.col("open_time") < end)
    here = (pl.col("symbol") == question["symbol"]) & time_in
    if is_minutes:
        here = pl.col("date").is_in(periods) & here
    else:
        here = (pl.col("timeframe") == question["timeframe"]) & pl.col("period").is_in(periods) & here
    return frame.filter(here).sort("open_time").collect()


for question in questions:
    ask(question)
times, rows, closes = [], 0, 0.0
for question in questions:
    started = time.perf_counter()
    answer = ask(question)
    times.append((time.perf_counter() - started) * 1000)
    rows += len(answer)
    closes += answer["close"].sum()
print(json.dumps({"median": statistics.median(times), "slowest": max(times), "rows": rows, "closes": closes}))
