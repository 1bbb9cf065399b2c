"""Python reads our Arrow stream from the pipe while we write it, and our Parquet, to the last digit and microsecond."""

import datetime as dt
import decimal
import io
import subprocess

import polars
import pyarrow
import pyarrow.parquet
import pytest
from conftest import PROGRAM, rows_by_us

SQL = """SELECT 9007199254740993 + range AS n, TIMESTAMPTZ '2026-11-21 12:00:00.123457Z' AS at, DATE '2026-11-21' AS day,
  0.1::DOUBLE AS x, -1.25::DECIMAL(9, 2) AS d, range::HUGEINT * 10000000000000000000 AS huge, range % 2 = 0 AS even,
  CASE WHEN range % 3 = 0 THEN NULL ELSE '🚀' || range END AS t FROM range(100000)"""
UTC = dt.timezone.utc
THIRD = {
    "n": 9007199254740995,
    "at": dt.datetime(2026, 11, 21, 12, 0, 0, 123457, UTC),
    "day": dt.date(2026, 11, 21),
    "x": 0.1,
    "d": decimal.Decimal("-1.25"),
    "huge": decimal.Decimal("20000000000000000000"),
    "even": True,
    "t": "🚀2",
}


def by_pyarrow(pipe):
    with pyarrow.ipc.open_stream(pipe) as stream:
        table = stream.read_all()
    table.validate(full=True)
    return polars.from_arrow(table)


def by_parquet(pipe):
    return polars.from_arrow(pyarrow.parquet.read_table(io.BytesIO(pipe.read())))


@pytest.mark.parametrize(
    "form, read",
    [("arrow", by_pyarrow), ("arrow", polars.read_ipc_stream), ("parquet", by_parquet)],
    ids=["arrow-pyarrow", "arrow-polars", "parquet"],
)
def test_a_result_comes_through_the_pipe(lake, form, read):
    command = [*PROGRAM, "read", "--lake", str(lake), "--format", form, "--sql", SQL]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        frame = read(program.stdout)
    assert program.returncode == 0
    assert frame.height == 100_000
    assert frame["t"].null_count() == 33_334
    third = dict(zip(frame.columns, frame.row(2)))
    if form == "parquet":
        third["huge"] = decimal.Decimal(int(third["huge"]))
    assert third == THIRD


def test_a_table_comes_through_the_pipe(lake):
    sql = "SELECT * FROM prices ORDER BY symbol, collected_at"
    command = [*PROGRAM, "read", "--lake", str(lake), "--format", "arrow", "--sql", sql]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        frame = polars.read_ipc_stream(program.stdout)
    ours = rows_by_us(lake, sql)
    assert frame.columns == list(ours[0])
    assert frame["last_price"].to_list() == [row["last_price"] for row in ours]
    assert frame["trade_count"].dtype == polars.Int64
    assert frame["collected_at"].dtype == polars.Datetime("us", "UTC")
