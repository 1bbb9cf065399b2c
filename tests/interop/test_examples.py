"""The examples run as their users run them, on a lake with hours in which nobody listened, and agree with our reader."""

import datetime as dt
import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import polars as pl
import pytest
from conftest import REPOSITORY, crypto_lake, rows_by_us
from nbclient import NotebookClient

EXAMPLES = REPOSITORY / "examples"
AGED_HOURS = 3
EVENT_TIME = {"liquidation": "trade_time", "prices": "collected_at", "coverage": "started_at"}
UNHEARD_HOURS = """
  WITH hours AS (
    SELECT unnest(generate_series(date_trunc('hour', min(started_at)), max(ended_at), INTERVAL 1 HOUR)) AS hour
    FROM coverage_spans
  )
  SELECT count(*) AS all_hours, count(*) FILTER (NOT EXISTS (
    SELECT 1 FROM coverage_spans WHERE started_at < hour + INTERVAL 1 HOUR AND ended_at > hour
  )) AS unheard
  FROM hours"""


@pytest.fixture(scope="module")
def lake_with_hole(tmp_path_factory, original_lake):
    """What was collected, and the same again some hours earlier: nobody listened between the two."""
    lake = tmp_path_factory.mktemp("examples") / "lake"
    shutil.copytree(original_lake, lake)
    for table, event_time in EVENT_TIME.items():
        rows = pl.read_delta(str(lake / table))
        earlier = rows.with_columns(pl.col(pl.Datetime("us", "UTC")) - dt.timedelta(hours=AGED_HOURS))
        earlier.with_columns(date=pl.col(event_time).dt.date()).write_delta(str(lake / table), mode="append")
    take_back_a_second(lake)
    return lake


def take_back_a_second(lake):
    """As the collector does when liquidations alone stay silent for long."""
    coverage = pl.read_delta(str(lake / "coverage"))
    listening = coverage.filter(pl.col("source") == "liquidation", pl.col("frames") > 0).sort("started_at")[:1]
    started_at = pl.col("started_at") + dt.timedelta(seconds=0.5)
    unproven = listening.with_columns(
        started_at, ended_at=started_at + dt.timedelta(seconds=1), state=pl.lit("unproven"), connection=pl.lit("")
    )
    unproven.write_delta(str(lake / "coverage"), mode="append")


@pytest.fixture(scope="module")
def truth(lake_with_hole):
    """What our own reader says."""
    [hours] = rows_by_us(lake_with_hole, UNHEARD_HOURS)
    [share] = json.loads(crypto_lake(lake_with_hole, "read", "coverage", "--json").stdout)
    top = json.loads(crypto_lake(lake_with_hole, "read", "top-liquidations", "--json").stdout)
    assert int(hours["unheard"]) >= AGED_HOURS - 1
    return {
        "hours": int(hours["all_hours"]),
        "unheard": int(hours["unheard"]),
        "percent_listened": share["percent_listened"],
        "top": [(row["symbol"], row["longs_at_least"] or 0, row["shorts_at_least"] or 0) for row in top[:10]],
    }


def assert_is_true(truth, top, hours, share):
    """@param top, hours, share rows of the three questions that duckdb.sql and spark.py ask."""
    assert [(row["symbol"], row["longs_at_least"], row["shorts_at_least"]) for row in top] == truth["top"]
    assert len(hours) == truth["hours"]
    assert sum(row["percent_listened"] == 0 and row["orders"] is None for row in hours) == truth["unheard"]
    assert sum(row["orders"] or 0 for row in hours) > 0
    assert share["hours_nobody_listened"] == truth["unheard"]
    assert share["percent_listened"] == pytest.approx(truth["percent_listened"], abs=0.001)


def test_the_notebook_draws_three_plots_and_counts_the_hours_in_which_nobody_listened(
    lake_with_hole, truth, monkeypatch
):
    monkeypatch.setenv("CRYPTO_LAKE_DIR", str(lake_with_hole))
    notebook = nbformat.read(EXAMPLES / "explore.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("print(100 * share)"))
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    # Not what matplotlib says of its font cache on a machine that has none yet.
    streams = [output for output in outputs if output.output_type == "stream"]
    printed = "".join(stream["text"] for stream in streams if stream["name"] == "stdout")
    words, share = printed.splitlines()
    assert words.startswith(f"nobody listened in {truth['unheard']} of {truth['hours']} hours; ")
    assert float(share) == pytest.approx(truth["percent_listened"], abs=0.001)


def test_the_notebook_is_kept_without_outputs():
    notebook = nbformat.read(EXAMPLES / "explore.ipynb", as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None


def test_duckdb_answers_from_an_export_with_no_network_and_no_extension(lake_with_hole, truth, tmp_path):
    for table in ("liquidation", "coverage"):
        crypto_lake(lake_with_hole, "read", "--sql", f"FROM {table}", "-o", str(tmp_path / f"{table}.parquet"))
    duckdb = Path(sys.executable).parent / "duckdb"
    with open(EXAMPLES / "duckdb.sql") as script:
        done = subprocess.run(
            [duckdb, "-bail", "-json"], stdin=script, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    top, hours, [share] = json_values(done.stdout)
    assert_is_true(truth, top, hours, share)


def json_values(text):
    """JSON values that follow each other."""
    decoder, values = json.JSONDecoder(), []
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:]
    return values


def test_spark_answers_from_the_lake(lake_with_hole, truth, spark, monkeypatch):
    shown = []
    monkeypatch.setenv("CRYPTO_LAKE_DIR", os.path.relpath(lake_with_hole))
    monkeypatch.setattr(
        type(spark.range(0)), "show", lambda self, *_, **__: shown.append([row.asDict() for row in self.collect()])
    )
    runpy.run_path(str(EXAMPLES / "spark.py"))
    top, hours, [share] = shown
    assert_is_true(truth, top, hours, share)


def test_the_notebook_asks_for_the_versions_that_it_is_tested_with():
    tested = (Path(__file__).parent / "requirements.txt").read_text().split()
    assert set((EXAMPLES / "requirements.txt").read_text().split()) <= set(tested)
