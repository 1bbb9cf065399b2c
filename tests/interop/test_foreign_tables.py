"""Tables that Spark made with features of its own are read as Spark reads them, and are never written."""

import datetime as dt
import os

import pytest
from conftest import crypto_lake, rows_by_us
from deltalake import DeltaTable


def test_columns_mapped_by_id_are_read_down_to_structs_in_lists_and_maps(tmp_path, spark):
    path = str(tmp_path / "mapped")
    table = f"delta.`{path}`"
    spark.sql(
        f"""CREATE TABLE {table} (id INT, info STRUCT<a: INT, b: STRING, deep: STRUCT<x: INT, y: STRING>>,
          items ARRAY<STRUCT<p: INT, q: STRING>>, lookup MAP<STRING, STRUCT<u: INT, v: STRING>>, part STRING)
        USING delta PARTITIONED BY (part) TBLPROPERTIES (
          'delta.columnMapping.mode' = 'id', 'delta.enableDeletionVectors' = 'true')"""
    )
    spark.sql(
        f"""INSERT INTO {table} VALUES
          (1, struct(10, 'one', struct(1, 'old')), array(struct(5, 'five'), NULL), map('k', struct(7, 'seven')), 'A'),
          (2, NULL, NULL, NULL, 'B')"""
    )
    for change in (
        "RENAME COLUMN info.a TO renamed",
        "DROP COLUMN info.b",
        "DROP COLUMN info.deep.y",
        "ADD COLUMNS (info.b INT, info.deep.y INT, items.element.r INT, lookup.value.w INT)",
        "DROP COLUMN info.deep.x",
        "RENAME COLUMN items.element.p TO q2",
        "RENAME COLUMN lookup.value.u TO w2",
    ):
        spark.sql(f"ALTER TABLE {table} {change}")
    names = [field.name for field in spark.table(table).schema]
    spark.sql(
        f"""INSERT INTO {table} ({", ".join(names)}) SELECT /*+ COALESCE(1) */ CAST(id AS INT), struct(30, struct(33), 300),
          array(struct(6, 'six', 66)), map('k', struct(8, 'eight', 88)), 'A' FROM range(3, 6)"""
    )
    spark.sql(f"DELETE FROM {table} WHERE id = 5")
    assert '"deletionVector"' in max((tmp_path / "mapped" / "_delta_log").glob("*.json")).read_text()
    by_spark = [row.asDict(recursive=True) for row in spark.table(table).orderBy("id").collect()]
    mount = ("--table", f"mapped={path}")
    by_us = rows_by_us(tmp_path, "SELECT * FROM mapped ORDER BY id", *mount)
    for row in by_us:
        row["lookup"] = row["lookup"] and {entry["key"]: entry["value"] for entry in row["lookup"]}
    assert by_us == by_spark
    assert [row["info"] and row["info"]["deep"] for row in by_us] == [{"y": None}, None, {"y": 33}, {"y": 33}]
    assert rows_by_us(tmp_path, "SELECT id FROM mapped WHERE part = 'A' AND info.b = 300 ORDER BY id", *mount) == [{"id": 3}, {"id": 4}]
    crypto_lake(tmp_path, "tables", "--verify", path)


def test_rows_deleted_by_vectors_of_every_kind_are_left_out_and_nothing_is_written_there(tmp_path, spark):
    path = str(tmp_path / "deleted")
    table = f"delta.`{path}`"
    spark.range(0, 300_000, numPartitions=1).write.format("delta").option("delta.enableDeletionVectors", "true").save(path)
    mount = ("--table", f"t={path}")
    kept = "SELECT count(*)::INT AS n, sum(id)::VARCHAR AS total, sum(hash(id))::VARCHAR AS rows FROM"
    ours = "range(300000) AS r(id) WHERE NOT ("
    deleted = []
    # Few rows in many places, every third row, and a long run: each is kept in a form of its own.
    for condition in ("id % 10007 = 0", "id % 3 = 0 AND id < 60000", "id BETWEEN 70000 AND 250000"):
        spark.sql(f"DELETE FROM {table} WHERE {condition}")
        deleted.append(condition)
        read, expected = (
            rows_by_us(tmp_path, sql, *mount) for sql in (f"{kept} t", f"{kept} {ours}{' OR '.join(deleted)})")
        )
        assert read == expected
    assert DeltaTable(path).version() == 3
    crypto_lake(tmp_path, "tables", "--verify", path)
    refused = crypto_lake(tmp_path, "tables", "--restore", path, "--to", "0", check=False)
    assert refused.returncode == 6 and "deletionVectors" in refused.stderr


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_checkpoints_of_version_2_are_enough_without_the_commits_below_them(tmp_path, spark, form):
    path = tmp_path / "table"
    spark.conf.set("spark.databricks.delta.checkpointV2.topLevelFileFormat", form)
    spark.sql(
        f"""CREATE TABLE delta.`{path}` (id BIGINT) USING delta
        TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '3')"""
    )
    for id in range(4):
        spark.sql(f"INSERT INTO delta.`{path}` VALUES ({id})")
    log = path / "_delta_log"
    assert [file.name.split(".")[0] for file in log.glob(f"*.checkpoint.*.{form}")] == [f"{3:020}"]
    assert list((log / "_sidecars").iterdir())
    for version in range(3):
        (log / f"{version:020}.json").unlink()
    mount = ("--table", f"t={path}")
    assert [int(row["id"]) for row in rows_by_us(tmp_path, "SELECT id FROM t ORDER BY id", *mount)] == [0, 1, 2, 3]
    crypto_lake(tmp_path, "tables", "--verify", str(path))


def test_files_by_absolute_paths_are_read_where_the_user_mounts_the_table_and_nowhere_else(tmp_path, spark):
    source, lake = tmp_path / "a source", tmp_path / "lake"
    spark.range(0, 5, numPartitions=1).write.format("delta").save(str(source))
    spark.sql(f"CREATE TABLE delta.`{lake / 'prices'}` SHALLOW CLONE delta.`{source}`")
    count = "SELECT count(*)::INT AS n, sum(id)::INT AS total FROM"
    assert rows_by_us(tmp_path, f"{count} t", "--table", f"t={lake / 'prices'}") == [{"n": 5, "total": 10}]
    refused = crypto_lake(lake, "read", "--sql", f"{count} prices", check=False)
    assert (refused.returncode, refused.stdout) == (6, "")
    assert f"outside of itself: `{source}/part-" in refused.stderr


def test_a_table_that_keeps_times_in_its_commits_is_travelled_by_them_as_spark_does(tmp_path, spark):
    path = tmp_path / "table"
    spark.sql(
        f"""CREATE TABLE delta.`{path}` (id BIGINT) USING delta
        TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')"""
    )
    for id in range(3):
        spark.sql(f"INSERT INTO delta.`{path}` VALUES ({id})")
    times = {row.version: row.timestamp for row in spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()}
    for commit in (path / "_delta_log").glob("*.json"):
        os.utime(commit, (0, 0))
    for version, count in ((1, 1), (2, 2), (3, 3)):
        at = times[version].replace(tzinfo=dt.timezone.utc).isoformat(timespec="milliseconds")
        by_spark = spark.sql(f"SELECT count(*) AS n FROM delta.`{path}` TIMESTAMP AS OF '{at}'").collect()[0].n
        mount = ("--table", f"t={path}", "--as-of", at.replace("+00:00", "Z"))
        assert rows_by_us(tmp_path, "SELECT count(*)::INT AS n FROM t", *mount) == [{"n": count}]
        assert by_spark == count
