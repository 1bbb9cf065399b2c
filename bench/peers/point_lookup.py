"""
One hour of one symbol of a Delta table of bars, as Polars gives it: TABLE < QUESTIONS.

QUESTIONS is a JSON list of [symbol, from, to, day] with times in microseconds since the epoch and the day of the partition.
Prints the median time of a question in milliseconds, and the sum of all closes.
"""

import json
import statistics
import sys
import time
from datetime import date, datetime, timezone

import polars as pl

frame = pl.scan_delta(sys.argv[1])
questions = [
    (symbol, *(datetime.fromtimestamp(us / 1e6, timezone.utc) for us in (start, end)), date.fromisoformat(day))
    for symbol, start, end, day in json.load(sys.stdin)
]


def ask(symbol, start, end, day):
    wanted = (pl.col("date") == day) & (pl.col("symbol") == symbol)
    return frame.filter(wanted & (pl.col("open_time") >= start) & (pl.col("open_time") < end)).collect()


for question in questions[:20]:
    ask(*question)
times = []
total = 0.0
for question in questions:
    started = time.perf_counter()
    rows = ask(*question)
    times.append((time.perf_counter() - started) * 1000)
    total += rows["close"].sum()
print(json.dumps({"ms": statistics.median(times), "total": total}))
