"""delta-rs, Polars, DuckDB and Spark see the rows that we see, at every stage of a table's life."""

import datetime as dt
import os
import re
import time
from pathlib import Path

import duckdb
import polars
import pytest
from conftest import append_prices, crypto_lake, rows_by_us
from deltalake import DeltaTable
from pyarrow import compute as arrow

ROWS = 40
NEW_COLUMNS = ["volume", "trade_count"]
IN_ORDER = ["last_trade_id", "symbol", "collected_at", "last_price", "volume", "trade_count", "date"]
SPLIT = dt.datetime(2026, 11, 1, 0, 0, 5, tzinfo=dt.timezone.utc)
# The same condition for Spark and for Arrow, and how many of the 12 files of single batches can hold such rows.
FILTERS = [
    ("symbol = 'S0003USDT'", arrow.field("symbol") == "S0003USDT", 1),
    ("symbol > 'S0008USDT'", arrow.field("symbol") > "S0008USDT", 3),
    ("collected_at < timestamp'2026-11-01 00:00:05'", arrow.field("collected_at") < arrow.scalar(SPLIT), 3),
    ("last_price >= 9.01", arrow.field("last_price") >= 9.01, 3),
    ("date = date'2026-11-02'", arrow.field("date") == arrow.scalar(dt.date(2026, 11, 2)), 6),
]


def data_files(lake, **options):
    """The files of the newest version as a relation of DuckDB, whose own extension for Delta is not used."""
    duckdb.sql("SET TimeZone = 'UTC'")
    files = DeltaTable(str(lake / "prices")).file_uris()
    return duckdb.read_parquet(files, union_by_name=True, hive_partitioning=True, **options)


def rows_by_all(lake, spark):
    path = str(lake / "prices")
    by_us = rows_by_us(lake, f"SELECT {', '.join(IN_ORDER)} FROM prices ORDER BY 1")
    types = {name: polars.Int64 for name in ("last_trade_id", "trade_count")}
    frame = polars.DataFrame(by_us, infer_schema_length=None).cast(types)
    times = [polars.col("collected_at").str.to_datetime(time_unit="us", time_zone="UTC"), polars.col("date").str.to_date()]
    yield "crypto-lake", frame.with_columns(times).cast({"volume": polars.Float64})
    yield "polars", polars.scan_delta(path).select(IN_ORDER).sort("last_trade_id").collect()
    table = DeltaTable(path)
    yield "delta-rs", polars.from_arrow(table.to_pyarrow_table(columns=IN_ORDER)).sort("last_trade_id")
    yield "duckdb", data_files(lake).select(*IN_ORDER).order("last_trade_id").pl()
    view = spark.read.format("delta").load(path).select(IN_ORDER).orderBy("last_trade_id")
    yield "spark", polars.from_arrow(view.toArrow())


def pruned_by_all(lake, spark, sql, expression):
    """Names of the files that are left for a filter, by each engine that tells; we tell how many."""
    dataset = DeltaTable(str(lake / "prices")).to_pyarrow_dataset()
    yield "delta-rs", {Path(fragment.path).name for fragment in dataset.get_fragments(filter=expression)}
    view = spark.read.format("delta").load(str(lake / "prices")).where(sql)
    yield "spark", {Path(path).name for path in view.inputFiles()}


def test_every_engine_sees_the_same_rows_and_skips_the_same_files_at_every_stage_of_a_table(tmp_path, spark):
    lake = tmp_path / "lake"
    table = lake / "prices"
    compact_nothing = ("compact", "--partition", "date=1970-01-01")

    def check(stage, files_of_batches=False):
        (_, expected), *others = rows_by_all(lake, spark)
        assert expected.height == batches * ROWS, stage
        assert expected["last_trade_id"].to_list() == list(range(batches * ROWS)), stage
        assert expected["trade_count"].null_count() == 4 * ROWS, stage
        for engine, frame in others:
            # The same moments: engines name the time zone in their own way.
            frame = frame.with_columns(polars.col("collected_at").dt.convert_time_zone("UTC"))
            assert frame.equals(expected), f"{engine}, {stage}"
        for sql, expression, files in FILTERS:
            (_, first), *rest = pruned_by_all(lake, spark, sql, expression)
            reported = crypto_lake(lake, "read", "-v", "--sql", f"SELECT count(*) FROM prices WHERE {sql}").stderr
            files_by_us = int(re.search(r"(\d+) to read", reported)[1])
            # We do not skip by floating point numbers, whose bounds others may have rounded.
            assert files_by_us == len(first) or "last_price" in sql, f"{sql}, {stage}: {reported}"
            if files_of_batches:
                assert len(first) == files, f"{sql}, {stage}"
            needed = {Path(name).name for (name,) in data_files(lake, filename=True).filter(sql).select("filename").fetchall()}
            assert needed <= first, f"{sql}, {stage}"
            for engine, found in rest:
                assert found == first, f"{engine}, {sql}, {stage}"

    batches = 12
    append_prices(lake, first=0, batches=4, rows=ROWS, without=NEW_COLUMNS)
    assert "volume" not in DeltaTable(str(table)).schema().to_arrow().names
    append_prices(lake, first=4, batches=8, rows=ROWS)
    check("after columns were added", files_of_batches=True)

    DeltaTable(str(table)).alter.set_table_properties(
        {
            "delta.checkpointInterval": "1",
            "delta.logRetentionDuration": "interval 1 day",
            "delta.deletedFileRetentionDuration": "interval 0 seconds",
        }
    )
    crypto_lake(lake, *compact_nothing)
    newest = DeltaTable(str(table)).version()
    assert (table / "_delta_log" / f"{newest:020}.checkpoint.parquet").exists()
    check("after a checkpoint", files_of_batches=True)

    for commit in (table / "_delta_log").glob("*.json"):
        os.utime(commit, (time.time() - 5 * 86400,) * 2)
    crypto_lake(lake, *compact_nothing)
    assert [int(commit.stem) for commit in (table / "_delta_log").glob("*.json")] == [newest]
    check("after the log was cleaned up", files_of_batches=True)

    crypto_lake(lake, "compact", "--all")
    assert len(DeltaTable(str(table)).file_uris()) == 2
    check("after compaction")

    before = len(list(table.rglob("*.parquet")))
    crypto_lake(lake, "compact", "--vacuum")
    assert len(list(table.rglob("date=*/*.parquet"))) == 2, before
    check("after vacuum")

    append_prices(lake, first=12, batches=1, rows=ROWS)
    batches = 13
    check("after another append")
    crypto_lake(lake, "tables", "--verify", "prices")


@pytest.mark.parametrize("table", ["liquidation", "prices", "coverage"])
def test_every_engine_opens_what_the_collector_wrote(original_lake, spark, table):
    path = str(original_lake / table)
    [row] = rows_by_us(original_lake, f"SELECT count(*) AS rows FROM {table}")
    assert int(row["rows"]) > 0
    counts = [polars.scan_delta(path).collect().height, DeltaTable(path).to_pyarrow_table().num_rows]
    assert [*counts, spark.read.format("delta").load(path).count()] == [int(row["rows"])] * 3


def test_values_are_the_same_to_the_last_digit_and_microsecond(lake, spark):
    columns = "symbol, side, price, average_price, filled_quantity, notional, trade_time, received_at"
    order = "ORDER BY symbol, trade_time, price, filled_quantity"
    ours = rows_by_us(lake, f"SELECT {columns} FROM liquidation {order}")
    theirs = (
        polars.scan_delta(str(lake / "liquidation"))
        .select(columns.split(", "))
        .sort("symbol", "trade_time", "price", "filled_quantity")
        .collect()
        .to_dicts()
    )
    spark_rows = [
        row.asDict()
        for row in spark.read.format("delta")
        .load(str(lake / "liquidation"))
        .select(*columns.split(", "))
        .orderBy("symbol", "trade_time", "price", "filled_quantity")
        .collect()
    ]
    assert len(ours) == len(theirs) == len(spark_rows)
    for mine, polars_row, spark_row in zip(ours, theirs, spark_rows):
        for name in ("symbol", "side", "price", "average_price", "filled_quantity", "notional"):
            assert mine[name] == polars_row[name] == spark_row[name]
        for name in ("trade_time", "received_at"):
            moment = dt.datetime.fromisoformat(mine[name].replace("Z", "+00:00"))
            assert moment == polars_row[name]
            assert moment.replace(tzinfo=None) == spark_row[name]


def test_delta_rs_sees_the_protocol_and_properties_we_promise(lake):
    table = DeltaTable(str(lake / "prices"))
    assert (table.protocol().min_reader_version, table.protocol().min_writer_version) == (1, 2)
    configuration = table.metadata().configuration
    assert configuration["delta.logRetentionDuration"] == "interval 7 days"
    assert configuration["delta.checkpointInterval"] == "100"
