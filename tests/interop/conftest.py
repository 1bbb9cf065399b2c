"""A lake made by the real program against its simulator, and one Spark session for the whole suite."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from spark_session import spark_session

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = ["node", str(REPOSITORY / "bin" / "crypto-lake.js")]


def crypto_lake(lake, *arguments, check=True):
    """Runs the program to its end and returns what it printed."""
    done = subprocess.run(
        [*PROGRAM, *arguments, "--lake", str(lake)], capture_output=True, text=True, timeout=120
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    return done


def rows_by_us(lake, sql, *arguments):
    """The rows of a query by our own reader."""
    done = crypto_lake(lake, "read", "--format", "ndjson", "--sql", sql, *arguments)
    return [json.loads(line) for line in done.stdout.splitlines()]


def append_prices(lake, first, batches, rows, without=()):
    """Appends numbered rows to `prices` through the program's own writers; see append-prices.js."""
    arguments = [str(lake), str(first), str(batches), str(rows), *(["--without", ",".join(without)] if without else [])]
    done = subprocess.run(
        ["node", str(Path(__file__).parent / "append-prices.js"), *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == batches * rows


@pytest.fixture(scope="session")
def exchange():
    simulator = subprocess.Popen(
        [*PROGRAM, "simulate", "--rate", "100", "--seed", "7"], stdout=subprocess.PIPE, text=True
    )
    environment = dict(os.environ, CRYPTO_LAKE_UPKEEP="off", CRYPTO_LAKE_FLUSH="2s")
    for _ in range(12):
        name, value = simulator.stdout.readline().removeprefix("export ").strip().split("=", 1)
        environment[name] = value
    yield environment
    simulator.terminate()
    simulator.wait(10)


def collect(lake, environment, seconds):
    """Lets the real collector write to the lake for some seconds."""
    collector = subprocess.Popen(
        [*PROGRAM, "both", "--interval", "2", "--lake", str(lake)], env=environment, stderr=subprocess.PIPE, text=True
    )
    time.sleep(seconds)
    collector.send_signal(signal.SIGTERM)
    _, errors = collector.communicate(timeout=30)
    assert collector.returncode == 0, errors


@pytest.fixture(scope="session")
def original_lake(tmp_path_factory, exchange):
    lake = tmp_path_factory.mktemp("original") / "lake"
    collect(lake, exchange, 12)
    return lake


@pytest.fixture
def lake(tmp_path, original_lake):
    """A copy that the test may change."""
    copy = tmp_path / "lake"
    shutil.copytree(original_lake, copy)
    return copy


@pytest.fixture(scope="session")
def spark():
    session = spark_session()
    yield session
    session.stop()
