"""Four programs write to one table at once, and at the end the rows are exactly those that were appended."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import polars
from conftest import append_prices, crypto_lake, rows_by_us
from deltalake import DeltaTable, write_deltalake

ROWS = 50
FIRST_OF_DELTA_RS = 1_000_000_000
PARTITIONS = ["date = '2026-11-01'", "date = '2026-11-02'"]
LEAST = {
    ("crypto-lake", "WRITE"): 30,
    ("crypto-lake", "OPTIMIZE"): 4,
    ("delta-rs", "WRITE"): 30,
    ("apache-spark", "OPTIMIZE"): 3,
}


def commits(table):
    """The actions of each commit, oldest first; the log must begin at 0 and have no gap."""
    files = sorted((table / "_delta_log").glob("[0-9]*[0-9].json"))
    assert [int(file.stem) for file in files] == list(range(len(files)))
    return [[json.loads(line) for line in file.read_text().splitlines()] for file in files]


def engine_and_operation(commit):
    info = next((action["commitInfo"] for action in commit if "commitInfo" in action), {})
    engine = info.get("engineInfo", info.get("clientVersion", "")).split("/")[0].split(":")[0]
    return engine.lower(), info.get("operation")


def repeat(work, stopped, errors):
    """Calls `work` with 0, 1, 2, … in a thread of its own until stopped; an error stops everyone."""

    def run():
        count = 0
        try:
            while not stopped.is_set():
                work(count)
                count += 1
        except BaseException as error:
            errors.append(error)
            stopped.set()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_our_appender_our_compaction_a_delta_rs_appender_and_spark_optimize_at_once(tmp_path):
    lake = tmp_path / "lake"
    table = lake / "prices"
    append_prices(lake, first=0, batches=4, rows=ROWS)
    template = DeltaTable(str(table)).to_pyarrow_table().slice(0, ROWS)
    stopped, errors, by_spark = threading.Event(), [], []

    def await_spark(is_ahead):
        """Holds back whoever is far ahead of Spark, which needs seconds for what the others do in milliseconds."""
        while is_ahead() and not stopped.wait(0.1):
            pass

    def append_by_us(count):
        await_spark(lambda: count > 2 * len(by_spark))
        append_prices(lake, first=4 + count * 4, batches=4, rows=ROWS)

    def append_by_delta_rs(count):
        await_spark(lambda: count > 8 * len(by_spark))
        ids = [FIRST_OF_DELTA_RS + count * ROWS + row for row in range(ROWS)]
        index = template.schema.get_field_index("last_trade_id")
        write_deltalake(str(table), template.set_column(index, "last_trade_id", [ids]), mode="append")

    def compact_by_us(count):
        # It would win every race for the same files.
        await_spark(lambda: count > by_spark.count("optimized"))
        crypto_lake(lake, "compact", "--all", "--table", "prices")

    def listen_to_spark(_):
        line = spark.stdout.readline()
        assert line != "" or stopped.is_set(), "Spark ended"
        by_spark.append(line.strip())

    spark = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "optimize_by_spark.py"), str(table), *PARTITIONS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert spark.stdout.readline() == "optimized\n"
    work = (append_by_us, append_by_delta_rs, compact_by_us, listen_to_spark)
    threads = [repeat(each, stopped, errors) for each in work]
    deadline = time.monotonic() + 150
    while not stopped.wait(0.5) and time.monotonic() < deadline:
        done = Counter(engine_and_operation(commit) for commit in commits(table))
        if all(done[kind] >= count for kind, count in LEAST.items()):
            break
    stopped.set()
    for thread in threads:
        thread.join()
    spark.communicate(timeout=60)
    assert (errors, spark.returncode) == ([], 0)

    log = commits(table)
    done = Counter(engine_and_operation(commit) for commit in log)
    assert all(done[kind] >= count for kind, count in LEAST.items()), (done, by_spark)
    ours, theirs = done[("crypto-lake", "WRITE")] * ROWS, done[("delta-rs", "WRITE")] * ROWS
    expected = [*range(ours), *range(FIRST_OF_DELTA_RS, FIRST_OF_DELTA_RS + theirs)]
    frame = polars.scan_delta(str(table)).collect().sort("last_trade_id")
    assert frame["last_trade_id"].to_list() == expected
    # Every row is as it was appended, in all columns.
    appended = [
        str(table / action["add"]["path"])
        for commit in log
        for action in commit
        if "add" in action and action["add"]["dataChange"]
    ]
    rows = polars.read_parquet(appended, hive_partitioning=False).sort("last_trade_id")
    assert rows.equals(frame.select(rows.columns))
    [by_us] = rows_by_us(lake, "SELECT count(*) AS rows, sum(last_trade_id)::VARCHAR AS ids FROM prices")
    assert (int(by_us["rows"]), int(by_us["ids"])) == (len(expected), sum(expected))
    crypto_lake(lake, "tables", "--verify", "prices")
