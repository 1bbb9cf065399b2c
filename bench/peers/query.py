"""
Two queries over a Delta table, the ways a Python user has: ENGINE TABLE QUERY SYMBOL FROM TO [warm].

Prints the answer as JSON; with `warm`, also the median of later runs in milliseconds, with the snapshot kept where the
engine can keep it. FROM and TO are microseconds since the epoch. The data set that delta-rs makes for pyarrow is left
out: with text in the statistics it fails on a filter of text ("no kernel matching input types (string, string_view)").
"""

import json
import statistics
import sys
import time
from datetime import datetime, timezone

engine, path, query, symbol, start, end, *options = sys.argv[1:]
start, end = (datetime.fromtimestamp(int(us) / 1e6, timezone.utc) for us in (start, end))


def duckdb_over(files):
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    source = f"read_parquet({files!r}, hive_partitioning = true)"
    if query == "aggregate":
        sql = f"SELECT symbol, count(*), sum(notional) FROM {source} GROUP BY symbol ORDER BY symbol"
        return lambda: connection.execute(sql).fetchall()
    sql = f"SELECT symbol, count(*), sum(notional) FROM {source} WHERE symbol = ? AND trade_time >= ? AND trade_time < ? GROUP BY symbol"
    return lambda: connection.execute(sql, [symbol, start, end]).fetchall()


def pruned_files(table):
    """Files that may hold the symbol in that hour, by the statistics of the log."""
    import pyarrow as pa
    import pyarrow.compute as pc

    adds = pa.table(table.get_add_actions(flatten=True))
    may_hold = pc.and_(
        pc.and_(pc.less_equal(adds["min.symbol"], symbol), pc.greater_equal(adds["max.symbol"], symbol)),
        pc.and_(pc.less(adds["min.trade_time"], end), pc.greater_equal(adds["max.trade_time"], start)),
    )
    return [f"{path}/{name}" for name in adds.filter(may_hold)["path"].to_pylist()]


def by_duckdb():
    from deltalake import DeltaTable

    return duckdb_over(DeltaTable(path).file_uris())


def by_duckdb_pruned():
    from deltalake import DeltaTable

    table = DeltaTable(path)
    return duckdb_over(table.file_uris() if query == "aggregate" else pruned_files(table))


def by_polars():
    import polars as pl

    frame = pl.scan_delta(path)
    if query != "aggregate":
        frame = frame.filter((pl.col("symbol") == symbol) & (pl.col("trade_time") >= start) & (pl.col("trade_time") < end))
    grouped = frame.group_by("symbol").agg(pl.len(), pl.col("notional").sum()).sort("symbol")
    return lambda: grouped.collect().rows()


run = {"duckdb": by_duckdb, "duckdb, pruned": by_duckdb_pruned, "polars": by_polars}[engine]()
rows = run()
times = []
if "warm" in options:
    for _ in range(15):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000)
print(json.dumps({"rows": rows, "ms": statistics.median(times) if times else None}))
