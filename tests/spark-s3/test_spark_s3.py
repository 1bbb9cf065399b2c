"""Spark reads, appends and optimizes a table on S3 while our appender and delta-rs write to it: every row is there once."""

import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

REPOSITORY = Path(__file__).resolve().parents[2]
INTEROP = REPOSITORY / "tests" / "interop"
CACHE = INTEROP / ".cache"
sys.path.insert(0, str(INTEROP))
from s3_server import KEY, SECRET, environment, s3_server, storage_options  # noqa: E402
from spark_session import spark_session  # noqa: E402

LAKE = "s3://lake/spark"
TABLE = f"{LAKE}/prices"
ROWS = 50
OPTIMIZES = 4
FIRST_OF_DELTA_RS, FIRST_OF_SPARK = 1_000_000_000, 2_000_000_000


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with s3_server() as [url]:
        yield url, environment(url, tmp_path_factory.mktemp("local"))


def append_by_program(store, first, batches):
    script = INTEROP / "append-prices.js"
    done = subprocess.run(
        ["node", str(script), LAKE, str(first), str(batches), str(ROWS)],
        env=store[1], capture_output=True, text=True, timeout=120,
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(batches * ROWS)), done.stderr


@pytest.fixture(scope="module")
def spark(store):
    jars = [
        *(jar for jar in (CACHE / "jars").glob("*.jar") if jar.name.startswith(("delta-", "antlr"))),
        *(CACHE / "jars-s3").glob("*.jar"),
        CACHE / "conditional-commit-log-store.jar",
    ]
    s3a = "spark.hadoop.fs.s3a"
    session = spark_session(**{
        "spark.jars": ",".join(map(str, jars)),
        "spark.delta.logStore.s3a.impl": "ConditionalCommitLogStore",
        f"{s3a}.endpoint": store[0],
        f"{s3a}.endpoint.region": "us-east-1",
        f"{s3a}.path.style.access": "true",
        f"{s3a}.connection.ssl.enabled": "false",
        f"{s3a}.access.key": KEY,
        f"{s3a}.secret.key": SECRET,
        f"{s3a}.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
    })
    yield session
    session.stop()


def test_every_row_is_there_once_whoever_writes_beside_spark(store, spark):
    options = storage_options(store[0])
    table = TABLE.replace("s3:", "s3a:")
    append_by_program(store, 0, 4)
    assert spark.read.format("delta").load(table).count() == 4 * ROWS
    template = DeltaTable(TABLE, storage_options=options).to_pyarrow_table().slice(0, ROWS)
    index = template.schema.get_field_index("last_trade_id")
    stopped, errors, appended = threading.Event(), [], Counter()

    def repeat(work):
        def run():
            try:
                while not stopped.is_set():
                    work()
            except BaseException as error:
                errors.append(error)
                stopped.set()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def by_program():
        append_by_program(store, 4 + appended["program"], 2)
        appended["program"] += 2
        # A tight loop would let Spark win nothing.
        stopped.wait(1.5)

    def by_delta_rs():
        ids = [FIRST_OF_DELTA_RS + appended["delta-rs"] * ROWS + row for row in range(ROWS)]
        write_deltalake(TABLE, template.set_column(index, "last_trade_id", [ids]), mode="append", storage_options=options)
        appended["delta-rs"] += 1
        stopped.wait(1.5)

    threads = [repeat(by_program), repeat(by_delta_rs)]
    optimized = 0
    rows = spark.read.format("delta").load(table).limit(ROWS).drop("last_trade_id").cache()
    try:
        for count in range(OPTIMIZES):
            from pyspark.sql.functions import lit, monotonically_increasing_id

            first = FIRST_OF_SPARK + count * ROWS
            numbered = rows.coalesce(1).withColumn("last_trade_id", lit(first) + monotonically_increasing_id())
            columns = spark.read.format("delta").load(table).columns
            numbered.select(columns).write.format("delta").mode("append").save(table)
            appended["spark"] += 1
            [row] = spark.sql(f"OPTIMIZE delta.`{table}` ZORDER BY (symbol)").collect()
            optimized += row.metrics.numFilesRemoved > 0
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert optimized > 0 and min(appended.values()) > 2, appended
    done = subprocess.run(
        ["node", str(REPOSITORY / "bin" / "crypto-lake.js"), "read", "--lake", LAKE, "--format", "ndjson", "--sql",
         "SELECT last_trade_id::VARCHAR AS id, count(*)::INT AS n FROM prices GROUP BY 1"],
        env=store[1], capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    counted = {int(row["id"]): row["n"] for row in map(json.loads, done.stdout.splitlines())}
    expected = {
        *range((4 + appended["program"]) * ROWS),
        *range(FIRST_OF_DELTA_RS, FIRST_OF_DELTA_RS + appended["delta-rs"] * ROWS),
        *range(FIRST_OF_SPARK, FIRST_OF_SPARK + appended["spark"] * ROWS),
    }
    assert set(counted) == expected and set(counted.values()) == {1}
    assert spark.read.format("delta").load(table).count() == len(expected)
    assert DeltaTable(TABLE, storage_options=options).to_pyarrow_table().num_rows == len(expected)
    append_by_program(store, 4 + appended["program"], 1)
    print(f"\n{dict(appended)} appends, {optimized} of {OPTIMIZES} OPTIMIZE rewrote files")
