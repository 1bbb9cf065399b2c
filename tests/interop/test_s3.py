"""delta-rs and Polars on a lake on S3, beside our own writers: every row is there once."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars
from conftest import PROGRAM
from deltalake import DeltaTable, write_deltalake
from s3_server import environment, s3_server, storage_options

TABLE = "s3://lake/race/prices"
ROWS, BATCHES, APPENDS = 50, 40, 25
FIRST_OF_DELTA_RS = 1_000_000_000


def append_by_delta_rs(url, writer):
    """Runs in a process of its own."""
    options = storage_options(url)
    template = DeltaTable(TABLE, storage_options=options).to_pyarrow_table().slice(0, ROWS)
    index = template.schema.get_field_index("last_trade_id")
    for count in range(APPENDS):
        first = FIRST_OF_DELTA_RS + (int(writer) * APPENDS + count) * ROWS
        data = template.set_column(index, "last_trade_id", [list(range(first, first + ROWS))])
        write_deltalake(TABLE, data, mode="append", storage_options=options)


def test_our_appender_and_two_of_delta_rs_through_two_gateways_lose_and_double_nothing(tmp_path):
    with s3_server(gateways=2) as urls:
        env = environment(urls[0], tmp_path)
        ours = str(Path(__file__).parent / "append-prices.js")

        def begin(first, batches, url):
            arguments = ["node", ours, "s3://lake/race", str(first), str(batches), str(ROWS)]
            return subprocess.Popen(arguments, env={**env, "AWS_ENDPOINT_URL": url}, stdout=subprocess.DEVNULL)

        assert begin(0, 1, urls[0]).wait(60) == 0
        racers = [
            begin(1, BATCHES, urls[0]),
            *(subprocess.Popen([sys.executable, __file__, urls[writer], str(writer)]) for writer in range(2)),
        ]
        assert [racer.wait(300) for racer in racers] == [0] * len(racers)
        expected = set(range((1 + BATCHES) * ROWS)) | set(
            range(FIRST_OF_DELTA_RS, FIRST_OF_DELTA_RS + 2 * APPENDS * ROWS)
        )
        by_polars = polars.scan_delta(TABLE, storage_options=storage_options(urls[1])).select("last_trade_id").collect()
        counted = Counter(by_polars["last_trade_id"].to_list())
        assert set(counted) == expected and set(counted.values()) == {1}
        sql = "SELECT count(*)::INT AS n, count(DISTINCT last_trade_id)::INT AS ids FROM prices"
        read = subprocess.run(
            [*PROGRAM, "read", "--lake", "s3://lake/race", "--format", "ndjson", "--sql", sql],
            env=env, capture_output=True, text=True, timeout=60,
        )
        assert json.loads(read.stdout) == {"n": len(expected), "ids": len(expected)}, read.stderr
        # Each commit is one of somebody's: none was overwritten.
        version = DeltaTable(TABLE, storage_options=storage_options(urls[0])).version()
        assert version >= 1 + BATCHES + 2 * APPENDS


if __name__ == "__main__":
    append_by_delta_rs(*sys.argv[1:])
