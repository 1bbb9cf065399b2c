"""Other engines write to our tables beside us, and nothing is lost, doubled or broken."""

import pyarrow
import pytest
from conftest import collect, crypto_lake, rows_by_us
from deltalake import DeltaTable, write_deltalake


def row_count(lake, table="prices"):
    return int(rows_by_us(lake, f"SELECT count(*) AS n FROM {table}")[0]["n"])


def sample(lake, table="prices", rows=5):
    return DeltaTable(str(lake / table)).to_pyarrow_table().slice(0, rows)


def test_we_read_what_delta_rs_appended_and_append_again(lake, exchange):
    before = row_count(lake)
    write_deltalake(str(lake / "prices"), sample(lake), mode="append")
    assert row_count(lake) == before + 5
    collect(lake, exchange, 5)
    assert row_count(lake) > before + 5
    crypto_lake(lake, "tables", "--verify", "prices")


def test_we_read_what_delta_rs_compacted_z_ordered_checkpointed_and_vacuumed(lake, exchange):
    before = row_count(lake)
    table = DeltaTable(str(lake / "prices"))
    table.optimize.compact()
    table.optimize.z_order(["symbol"])
    table.create_checkpoint()
    assert row_count(lake) == before
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert row_count(lake) == before
    collect(lake, exchange, 5)
    assert row_count(lake) > before


def test_we_read_what_spark_inserted_deleted_optimized_restored_and_vacuumed(lake, spark, exchange):
    before = row_count(lake)
    path = f"delta.`{lake}/prices`"
    version = DeltaTable(str(lake / "prices")).version()
    spark.sql(f"INSERT INTO {path} SELECT * FROM {path} LIMIT 7")
    assert row_count(lake) == before + 7
    spark.sql(f"DELETE FROM {path} WHERE symbol = 'BTCUSDT'")
    assert rows_by_us(lake, "SELECT count(*) AS n FROM prices WHERE symbol = 'BTCUSDT'")[0]["n"] in (0, "0")
    after_delete = row_count(lake)
    spark.sql(f"OPTIMIZE {path} ZORDER BY (symbol)")
    assert row_count(lake) == after_delete
    spark.sql(f"RESTORE TABLE {path} TO VERSION AS OF {version}")
    assert row_count(lake) == before
    spark.sql(f"VACUUM {path} RETAIN 0 HOURS")
    assert row_count(lake) == before
    collect(lake, exchange, 5)
    assert row_count(lake) > before
    crypto_lake(lake, "tables", "--verify", "prices")
    assert spark.sql(f"SELECT count(*) FROM {path}").collect()[0][0] == row_count(lake)


def test_spark_and_delta_rs_go_on_after_our_compaction_checkpoint_and_restore(lake, spark):
    before = row_count(lake)
    version = DeltaTable(str(lake / "prices")).version()
    crypto_lake(lake, "compact", "--all")
    write_deltalake(str(lake / "prices"), sample(lake), mode="append")
    spark.sql(f"INSERT INTO delta.`{lake}/prices` SELECT * FROM delta.`{lake}/prices` LIMIT 3")
    assert row_count(lake) == before + 8
    crypto_lake(lake, "tables", "--restore", "prices", "--to", str(version))
    assert row_count(lake) == before
    assert DeltaTable(str(lake / "prices")).to_pyarrow_table().num_rows == before
    assert spark.read.format("delta").load(str(lake / "prices")).count() == before


def test_a_column_that_spark_adds_does_not_stop_the_collector(lake, spark, exchange):
    spark.sql(f"ALTER TABLE delta.`{lake}/prices` ADD COLUMNS (note STRING)")
    before = row_count(lake)
    collect(lake, exchange, 5)
    assert row_count(lake) > before
    assert rows_by_us(lake, "SELECT count(note) AS n FROM prices")[0]["n"] in (0, "0")


@pytest.mark.parametrize("format_name", ["arrow"])
def test_arrow_from_a_pipe_is_read_by_pyarrow(lake, format_name):
    import subprocess

    from conftest import PROGRAM

    done = subprocess.run(
        [*PROGRAM, "read", "--lake", str(lake), "--format", format_name, "--sql", "SELECT * FROM prices"],
        capture_output=True,
        check=True,
    )
    table = pyarrow.ipc.open_stream(done.stdout).read_all()
    assert table.num_rows == row_count(lake)
    assert table.schema.field("collected_at").type == pyarrow.timestamp("us", tz="UTC")
