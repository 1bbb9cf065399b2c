"""The extremes of every type, written by `read` in each format, as pyarrow, pandas and Polars see them."""

import base64
import decimal
import io
import json
import math
import subprocess
from pathlib import Path

import pandas
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet
import pytest
from conftest import PROGRAM

CASES = json.loads((Path(__file__).parents[1] / "output" / "types.json").read_text())
SQL = "SELECT " + ", ".join(f"CASE WHEN r = 0 THEN {case['sql']} END AS {case['name']}" for case in CASES)
SQL += " FROM range(2) t(r) ORDER BY r"


@pytest.fixture(scope="module")
def results(tmp_path_factory, original_lake):
    folder = tmp_path_factory.mktemp("types")
    for ending in ("parquet", "arrow", "arrows", "csv", "json", "ndjson"):
        command = [*PROGRAM, "read", "--lake", str(original_lake), "--sql", SQL, "-o", str(folder / f"x.{ending}")]
        subprocess.run(command, check=True, timeout=60)
    return folder


def as_expected(case, column):
    """The first cell of an Arrow column, as the list of cases writes it."""
    if "raw" in case:
        kind = column.type
        if pyarrow.types.is_date32(kind):
            column = column.cast(pyarrow.int32())
        elif pyarrow.types.is_timestamp(kind) or pyarrow.types.is_time64(kind):
            column = column.cast(pyarrow.int64())
        return str(int(column[0].as_py())), case["raw"]
    value, wanted = column[0].as_py(), case["json"]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode(), wanted
    if isinstance(value, decimal.Decimal):
        return value, decimal.Decimal(wanted)
    if isinstance(value, float) and isinstance(wanted, str):
        return str(value), str(float(wanted))
    return value, wanted


READERS = {
    "arrow-dataset": lambda folder: pyarrow.dataset.dataset(folder / "x.arrow", format="arrow").to_table(),
    "arrow-feather": lambda folder: pyarrow.feather.read_table(folder / "x.arrow"),
    "arrow-stream": lambda folder: pyarrow.ipc.open_stream(folder / "x.arrows").read_all(),
    "parquet": lambda folder: pyarrow.parquet.read_table(folder / "x.parquet"),
}


@pytest.mark.parametrize("reader", READERS)
def test_pyarrow(results, reader):
    table = READERS[reader](results)
    table.validate(full=True)
    for case in CASES:
        column = table[case["name"]].combine_chunks()
        # Parquet has no seconds.
        if reader != "parquet":
            assert str(column.type) == case["arrow"], case
        elif case["name"] == "timestamp_s":
            column = column.cast(pyarrow.timestamp("s"))
        found, wanted = as_expected(case, column)
        assert found == wanted or (found == "nan" and wanted == "nan"), case
        assert column[1].as_py() is None, case


# Where pandas' own types end: it makes Python's days of a column of days, which end with the year 9999.
PANDAS = [case for case in CASES if not case["name"].startswith(("date", "time_"))]


@pytest.mark.parametrize(
    "read", [lambda folder: pandas.read_feather(folder / "x.arrow"), lambda folder: pandas.read_parquet(folder / "x.parquet")],
    ids=["feather", "parquet"],
)
def test_pandas(tmp_path, original_lake, read):
    sql = "SELECT " + ", ".join(f"{case['sql']} AS {case['name']}" for case in PANDAS)
    for ending in ("arrow", "parquet"):
        command = [*PROGRAM, "read", "--lake", str(original_lake), "--sql", sql, "-o", str(tmp_path / f"x.{ending}")]
        subprocess.run(command, check=True, timeout=60)
    frame = read(tmp_path)
    assert list(frame.columns) == [case["name"] for case in PANDAS]
    for case in PANDAS:
        value = frame[case["name"]].iloc[0]
        if isinstance(value, pandas.Timestamp):
            continue
        if "raw" in case and not str(frame[case["name"]].dtype).startswith("datetime"):
            assert str(int(value)) == case["raw"], case
        elif case["name"] == "double_nan":
            assert math.isnan(value)
        elif isinstance(case["json"], float) or case["name"].startswith("double_"):
            assert float(value) == float(case["json"]), case
    times = [case for case in PANDAS if str(frame[case["name"]].dtype).startswith("datetime")]
    assert len(times) > 10
    for case in times:
        column = frame[case["name"]]
        unit = case["arrow"].removeprefix("timestamp[").split("]")[0].split(",")[0]
        raw = column.astype("int64").iloc[0]
        # Parquet has no seconds.
        scale = 1000 if f"[{unit}" == "[s" and "[s" not in str(column.dtype) else 1
        assert raw // scale in (int(case["raw"]), int(case["raw"]) * 1000), case


@pytest.mark.parametrize(
    "read",
    [
        lambda folder: polars.read_ipc(folder / "x.arrow"),
        lambda folder: polars.read_ipc_stream(folder / "x.arrows"),
        lambda folder: polars.read_parquet(folder / "x.parquet"),
    ],
    ids=["ipc", "stream", "parquet"],
)
def test_polars(results, read):
    frame = read(results)
    for case in CASES:
        column = frame[case["name"]]
        assert column.null_count() == 1, case
        if "raw" in case:
            kind = column.dtype
            if kind == polars.Time:
                # Nanoseconds in Polars.
                assert column.cast(polars.Int64)[0] // 1000 == int(case["raw"]), case
            elif kind.is_temporal():
                found = column.to_physical()[0]
                # Polars has no seconds.
                assert found in (int(case["raw"]), int(case["raw"]) * 1000, int(case["raw"]) * 1_000_000), case
            else:
                assert int(column[0]) == int(case["raw"]), case
        elif case["json"] in ("NaN", "Infinity", "-Infinity"):
            assert str(column[0]) == str(float(case["json"])), case
        elif column.dtype == polars.Binary:
            assert base64.b64encode(column[0]).decode() == case["json"]
        elif isinstance(column[0], decimal.Decimal):
            assert column[0] == decimal.Decimal(case["json"]), case
        elif isinstance(case["json"], (float, bool)) or column.dtype == polars.String:
            assert column[0] == case["json"], case


def test_text_formats(results):
    texts = {case["name"]: case["json"] for case in CASES}
    csv = pandas.read_csv(results / "x.csv", dtype=str, keep_default_na=False)
    assert len(csv) == 2
    for name, wanted in texts.items():
        shown = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
        found = csv[name][0]
        assert found == shown or float(found) == float(shown), name
        assert csv[name][1] == "", name
    for rows in (
        json.loads((results / "x.json").read_text()),
        [json.loads(line) for line in (results / "x.ndjson").read_text().split("\n") if line],
    ):
        assert rows[0] == texts
        assert set(rows[1].values()) == {None}
    read = polars.read_ndjson(results / "x.ndjson")
    assert read["bigint_most"][0] == texts["bigint_most"]


def test_a_csv_of_one_column_keeps_its_rows(original_lake):
    command = [*PROGRAM, "read", "--lake", str(original_lake), "--format", "csv", "--sql"]
    text = subprocess.run(
        [*command, "SELECT unnest([NULL, 1.5, NULL]) AS x"], capture_output=True, text=True, check=True
    ).stdout
    assert len(pandas.read_csv(io.StringIO(text))) == 3
    assert polars.read_csv(io.StringIO(text)).height == 3
