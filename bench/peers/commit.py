"""1,000 commits of 500 rows by delta-rs, the table reopened every 100 and checkpointed every 10: its best way."""

import json
import statistics
import sys
import time
from datetime import datetime, timezone

import polars as pl
from deltalake import DeltaTable, write_deltalake

path, commits = sys.argv[1], int(sys.argv[2])


def frame(version):
    moment = datetime.fromtimestamp(1_780_000_000 + version, timezone.utc)
    rows = range(500)
    return pl.DataFrame(
        {
            "venue": ["binance"] * 500,
            "market": ["usdm"] * 500,
            "symbol": [f"SYM{row % 300}USDT" for row in rows],
            "side": ["BUY" if row % 2 else "SELL" for row in rows],
            "order_type": ["LIMIT"] * 500,
            "time_in_force": ["IOC"] * 500,
            "status": ["FILLED"] * 500,
            "price": [row + 0.5 for row in rows],
            "average_price": [row + 0.25 for row in rows],
            "quantity": [float(row) for row in rows],
            "last_filled_quantity": [float(row) for row in rows],
            "filled_quantity": [float(row) for row in rows],
            "contract_size": pl.Series([None] * 500, dtype=pl.Float64),
            "notional": [float(row * row) for row in rows],
            "trade_time": [moment] * 500,
            "event_time": [moment] * 500,
            "received_at": [moment] * 500,
            "connection": ["ws-1"] * 500,
            "date": [moment.date()] * 500,
        }
    ).to_arrow()


write_deltalake(path, frame(0), partition_by=["date"])
table = DeltaTable(path)
times = []
for version in range(1, commits + 1):
    data = frame(version)
    if version % 100 == 0:
        table = DeltaTable(path)
    started = time.perf_counter()
    write_deltalake(table, data, mode="append")
    if version % 10 == 0:
        table.create_checkpoint()
    times.append((time.perf_counter() - started) * 1000)
part = min(100, commits // 2)
first, last = statistics.median(times[:part]), statistics.median(times[-part:])
print(
    json.dumps(
        {
            "first 100, ms": first,
            "last 100, ms": last,
            "last 100 / first 100": last / first,
            "p99, ms": sorted(times)[int(len(times) * 0.99)],
        }
    )
)
