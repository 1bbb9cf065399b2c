"""delta-rs, Polars, DuckDB and Spark see the rows that we see, at every stage of a table's life."""

import datetime as dt

import duckdb
import polars
import pytest
from conftest import crypto_lake, rows_by_us
from deltalake import DeltaTable

TABLES = ["liquidation", "prices", "coverage"]
CHECKSUM = """SELECT count(*) AS rows, count(DISTINCT {key}) AS keys FROM {table}"""
KEYS = {"liquidation": "symbol", "prices": "symbol", "coverage": "connection"}


def counts_by_us(lake, table):
    [row] = rows_by_us(lake, CHECKSUM.format(table=table, key=KEYS[table]))
    return int(row["rows"]), int(row["keys"])


def counts_by_others(lake, table, spark):
    path = str(lake / table)
    frame = polars.scan_delta(path).collect()
    yield "polars", (frame.height, frame[KEYS[table]].n_unique())
    arrow = DeltaTable(path).to_pyarrow_table()
    yield "delta-rs", (arrow.num_rows, len(arrow[KEYS[table]].unique()))
    found = duckdb.sql(f"SELECT count(*), count(DISTINCT {KEYS[table]}) FROM arrow").fetchall()[0]
    yield "duckdb", found
    view = spark.read.format("delta").load(path)
    yield "spark", (view.count(), view.select(KEYS[table]).distinct().count())


@pytest.mark.parametrize("table", TABLES)
def test_every_engine_sees_the_same_rows_before_and_after_upkeep(lake, spark, table):
    before = counts_by_us(lake, table)
    assert before[0] > 0
    for engine, counts in counts_by_others(lake, table, spark):
        assert counts == before, engine
    crypto_lake(lake, "compact", "--all")
    assert counts_by_us(lake, table) == before
    for engine, counts in counts_by_others(lake, table, spark):
        assert counts == before, f"{engine}, after compaction"


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


def test_statistics_let_the_others_skip_files_without_losing_rows(lake):
    table = DeltaTable(str(lake / "liquidation"))
    rows = table.to_pyarrow_table()
    for symbol in rows["symbol"].unique().to_pylist():
        expected = sum(1 for value in rows["symbol"].to_pylist() if value == symbol)
        found = polars.scan_delta(str(lake / "liquidation")).filter(polars.col("symbol") == symbol).collect()
        assert found.height == expected, symbol


def test_delta_rs_sees_the_protocol_and_properties_we_promise(lake):
    table = DeltaTable(str(lake / "prices"))
    assert (table.protocol().min_reader_version, table.protocol().min_writer_version) == (1, 2)
    configuration = table.metadata().configuration
    assert configuration["delta.logRetentionDuration"] == "interval 7 days"
    assert configuration["delta.checkpointInterval"] == "100"
