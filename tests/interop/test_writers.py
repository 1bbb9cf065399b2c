"""Other engines write to our tables beside us, and nothing is lost, doubled or broken."""

import datetime as dt
import json
import subprocess
from decimal import Decimal

import polars
import pyarrow
import pytest
from conftest import PROGRAM, append_prices, collect, crypto_lake, rows_by_us
from deltalake import DeltaTable, write_deltalake

ROWS = 20
UTC = dt.timezone.utc


@pytest.fixture
def prices(tmp_path):
    """A lake whose `prices` has 6 batches of 20 rows, one symbol each, in two partitions."""
    append_prices(tmp_path / "lake", first=0, batches=6, rows=ROWS)
    return tmp_path / "lake"


def ids(lake):
    """What tells the rows apart, by our reader, in order."""
    rows = rows_by_us(lake, "SELECT last_trade_id AS id FROM prices ORDER BY 1")
    return [int(row["id"]) for row in rows]


def append_again(lake, spark, before):
    """We append to what the others left; then all see the rows of before and ours, and the table is sound."""
    append_prices(lake, first=90, batches=2, rows=ROWS)
    expected = sorted([*before, *range(90 * ROWS, 92 * ROWS)])
    path = str(lake / "prices")
    assert ids(lake) == expected
    assert polars.scan_delta(path).collect()["last_trade_id"].sort().to_list() == expected
    by_spark = spark.read.format("delta").load(path).select("last_trade_id").collect()
    assert sorted(row.last_trade_id for row in by_spark) == expected
    crypto_lake(lake, "tables", "--verify", "prices")


def test_we_read_what_delta_rs_and_polars_appended_and_append_again(prices, spark):
    path = str(prices / "prices")
    before = ids(prices)
    write_deltalake(path, DeltaTable(path).to_pyarrow_table().slice(0, 5), mode="append")
    frame = polars.scan_delta(path).filter(polars.col("symbol") == "S0003USDT").collect()
    frame.write_delta(path, mode="append")
    after = ids(prices)
    assert len(after) == len(before) + 5 + ROWS
    append_again(prices, spark, after)


def test_we_read_what_delta_rs_deleted_compacted_z_ordered_checkpointed_and_vacuumed(prices, spark):
    table = DeltaTable(str(prices / "prices"))
    table.delete("symbol = 'S0001USDT'")
    expected = [*range(ROWS), *range(2 * ROWS, 6 * ROWS)]
    assert ids(prices) == expected
    table.optimize.compact()
    table.optimize.z_order(["symbol"])
    table.create_checkpoint()
    assert ids(prices) == expected
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert ids(prices) == expected
    append_again(prices, spark, expected)


def test_we_read_what_spark_inserted_deleted_optimized_restored_and_vacuumed(prices, spark):
    path = f"delta.`{prices}/prices`"
    before = ids(prices)
    version = DeltaTable(str(prices / "prices")).version()
    spark.sql(f"INSERT INTO {path} SELECT * FROM {path} LIMIT 7")
    assert len(ids(prices)) == len(before) + 7
    spark.sql(f"DELETE FROM {path} WHERE symbol = 'S0002USDT' OR last_trade_id = 0")
    deleted = {0, *range(2 * ROWS, 3 * ROWS)}
    after_delete = ids(prices)
    assert set(after_delete) == set(before) - deleted
    spark.sql(f"OPTIMIZE {path} ZORDER BY (symbol)")
    assert ids(prices) == after_delete
    spark.sql(f"RESTORE TABLE {path} TO VERSION AS OF {version}")
    assert ids(prices) == before
    spark.sql(f"VACUUM {path} RETAIN 0 HOURS")
    assert ids(prices) == before
    append_again(prices, spark, before)


def test_spark_and_delta_rs_go_on_after_our_compaction_and_restore(prices, spark):
    path = str(prices / "prices")
    before = ids(prices)
    version = DeltaTable(path).version()
    crypto_lake(prices, "compact", "--all")
    write_deltalake(path, DeltaTable(path).to_pyarrow_table().slice(0, 5), mode="append")
    spark.sql(f"INSERT INTO delta.`{path}` SELECT * FROM delta.`{path}` LIMIT 3")
    assert len(ids(prices)) == len(before) + 8
    crypto_lake(prices, "tables", "--restore", "prices", "--to", str(version))
    assert ids(prices) == before
    append_again(prices, spark, before)


def test_a_column_that_spark_adds_does_not_stop_the_collector(lake, spark, exchange):
    spark.sql(f"ALTER TABLE delta.`{lake}/prices` ADD COLUMNS (note STRING)")
    count = "SELECT count(*) AS rows, count(note) AS notes FROM prices"
    [before] = rows_by_us(lake, count)
    collect(lake, exchange, 5)
    [after] = rows_by_us(lake, count)
    assert int(after["rows"]) > int(before["rows"])
    assert int(after["notes"]) == 0
    crypto_lake(lake, "tables", "--verify", "prices")


def test_arrow_from_a_pipe_is_read_by_pyarrow(prices):
    done = subprocess.run(
        [*PROGRAM, "read", "--lake", str(prices), "--format", "arrow", "--sql", "SELECT * FROM prices"],
        capture_output=True,
        check=True,
    )
    table = pyarrow.ipc.open_stream(done.stdout).read_all()
    assert table.num_rows == 6 * ROWS
    assert table.schema.field("collected_at").type == pyarrow.timestamp("us", tz="UTC")


@pytest.mark.parametrize(
    "properties",
    [
        {"delta.dataSkippingNumIndexedCols": "3"},
        {"delta.dataSkippingNumIndexedCols": "0"},
        {"delta.dataSkippingStatsColumns": "last_price,`symbol`", "delta.dataSkippingNumIndexedCols": "2"},
    ],
)
def test_we_keep_statistics_of_the_columns_that_spark_keeps_them_of(prices, spark, properties):
    path = f"delta.`{prices}/prices`"
    pairs = ", ".join(f"'{name}' = '{value}'" for name, value in properties.items())
    spark.sql(f"ALTER TABLE {path} SET TBLPROPERTIES ({pairs})")

    def columns_of(operation):
        """The columns with bounds of every file that the newest commit added."""
        commit = max((prices / "prices" / "_delta_log").glob("*.json"))
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        assert any(action.get("commitInfo", {}).get("operation") == operation for action in actions)
        stats = [json.loads(action["add"]["stats"]) for action in actions if "add" in action]
        assert stats and all(stat["numRecords"] > 0 for stat in stats)
        return {tuple(sorted(stat.get(part, {}))) for stat in stats for part in ("minValues", "maxValues", "nullCount")}

    spark.sql(f"INSERT INTO {path} SELECT * FROM {path} LIMIT 3")
    by_spark = columns_of("WRITE")
    append_prices(prices, first=90, batches=1, rows=ROWS)
    assert columns_of("WRITE") == by_spark
    crypto_lake(prices, "compact", "--all", "--partition", "2026-11-01")
    assert columns_of("OPTIMIZE") == by_spark


def text_of(value):
    """As DuckDB writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") + (f".{value.microsecond:06}" if value.microsecond else "") + "+00"
    return None if value is None else str(value)


PARTITION_VALUES = {
    "string": (["币 %/+'😀", "x" * 40, None], pyarrow.string()),
    "int32": ([-1, 2**31 - 1, None], pyarrow.int32()),
    "int64": ([-(2**63), 2**53 + 1, None], pyarrow.int64()),
    "bool": ([True, False, None], pyarrow.bool_()),
    "date": ([dt.date(1969, 12, 31), dt.date(2026, 11, 21), None], pyarrow.date32()),
    "decimal": ([Decimal("-0.05"), Decimal("12345678.90"), None], pyarrow.decimal128(10, 2)),
    "timestamp": (
        [dt.datetime(2026, 11, 21, 12, 30, 0, 123456, UTC), dt.datetime(1969, 12, 31, tzinfo=UTC), None],
        pyarrow.timestamp("us", tz="UTC"),
    ),
}


@pytest.mark.parametrize("engine", ["delta-rs", "spark"])
def test_we_read_partition_values_of_every_type_as_they_were_written(tmp_path, spark, engine):
    mounts, queries, expected = [], [], {}
    for name, (values, kind) in PARTITION_VALUES.items():
        if (engine, name) == ("delta-rs", "decimal"):
            values = values[1:]  # It would write the negative one as 0.-5.
        table = pyarrow.table({"id": list(range(len(values))), "p": pyarrow.array(values, kind)})
        path = str(tmp_path / name)
        if engine == "spark":
            spark.createDataFrame(table).write.format("delta").partitionBy("p").save(path)
        else:
            write_deltalake(path, table, partition_by=["p"])
        mounts += ["--table", f"{name}={path}"]
        queries.append(f"SELECT '{name}' AS kind, id::INT AS id, p::VARCHAR AS p FROM \"{name}\"")
        expected[name] = [text_of(value) for value in values]
    rows = rows_by_us(tmp_path, " UNION ALL ".join(queries) + " ORDER BY kind, id", *mounts)
    found = {name: [row["p"] for row in rows if row["kind"] == name] for name in PARTITION_VALUES}
    assert found == expected
