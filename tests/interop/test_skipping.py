"""Rows are never skipped by statistics of other writers: each query is answered as by the values that were written."""

import decimal
import math
import random

import polars as pl
import pyarrow as pa
import pytest
from conftest import crypto_lake, rows_by_us
from deltalake import write_deltalake

NAN, INF = math.nan, math.inf
LONG = "x" * 40
VALUES = {
    "d": [NAN, -INF, INF, -0.0, 0.0, 0.5, 1.5, -2.5, None],
    "f": [NAN, -INF, INF, -0.0, 0.0, 0.5, 1.5, -2.5, None],
    "t": ["", "a", "z", "\u007f", "\ufffd", "\U0010ffff", "牛", LONG, LONG + "y", LONG + "\U0001f600", None],
    "m": [decimal.Decimal(text) for text in ("-12.34", "0.00", "99999999.99", "-0.01")] + [None],
    "n": [-(2**63), -1, 0, 2**53 + 1, 2**63 - 1, None],
    "b": [True, False, None],
}
TYPES = {"d": pa.float64(), "f": pa.float32(), "t": pa.string(), "m": pa.decimal128(10, 2), "n": pa.int64(), "b": pa.bool_()}
CASTS = {"d": "DOUBLE", "f": "FLOAT", "t": "VARCHAR", "m": "DECIMAL(10,2)", "n": "BIGINT", "b": "BOOLEAN"}
FILES, ROWS = 8, 3


def some_rows(chance):
    """A few values a file, so that its bounds leave much out."""
    columns = {name: [chance.choice(values) for _ in range(ROWS)] for name, values in VALUES.items()}
    columns["s"] = [None if chance.random() < 0.2 else {"d": d, "t": t} for d, t in zip(columns["d"], columns["t"])]
    return columns


def arrow(columns, part):
    struct = pa.struct([("d", pa.float64()), ("t", pa.string())])
    return pa.table(
        {
            **{name: pa.array(columns[name], TYPES[name]) for name in TYPES},
            "s": pa.array(columns["s"], struct),
            "p": pa.array([part] * ROWS, pa.string()),
        }
    )


def by_delta_rs(path, tables, _spark):
    for table in tables:
        write_deltalake(path, table, mode="append", partition_by=["p"])


def by_polars(path, tables, _spark):
    for table in tables:
        pl.from_arrow(table).write_delta(path, mode="append", delta_write_options={"partition_by": ["p"]})


def by_spark(path, tables, spark):
    for table in tables:
        # The Parquet file carries what Python's rows cannot: the float type, and NaN beside null.
        file = f"{path}.parquet"
        pl.from_arrow(table).write_parquet(file, use_pyarrow=True)
        spark.read.parquet(file).coalesce(1).write.format("delta").mode("append").partitionBy("p").save(path)


def literal(name, value):
    if value is None:
        return f"NULL::{CASTS[name]}"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"'{value}'::{CASTS[name]}"


def condition(chance):
    name = chance.choice([*TYPES, "s.d", "s.t", "p"])
    kind = name.removeprefix("s.")
    values = ["one", "two's", "", None] if name == "p" else VALUES[kind]
    kind = "t" if name == "p" else kind
    one, other = (literal(kind, chance.choice(values)) for _ in range(2))
    return chance.choice(
        [
            f"{name} {chance.choice(['=', '<', '<=', '>', '>=', '<>'])} {one}",
            f"NOT ({name} {chance.choice(['<', '<=', '>', '>='])} {one})",
            f"{name} BETWEEN {one} AND {other}",
            f"{name} IN ({one}, {other})",
            f"{name} IS {chance.choice(['', 'NOT '])}NULL",
            f"{name} IS DISTINCT FROM {one}",
            f"{name} IN (SELECT v FROM (VALUES ({one}), ({other})) AS w(v))",
        ]
    )


@pytest.mark.parametrize("write", [by_delta_rs, by_polars, by_spark])
def test_no_statistics_hide_a_row(tmp_path, request, write):
    chance = random.Random(20261128)
    parts = ["one", "two's", None]
    tables = [arrow(some_rows(chance), parts[file % 3]) for file in range(FILES)]
    path = str(tmp_path / "table")
    write(path, tables, request.getfixturevalue("spark") if write is by_spark else None)
    # The same rows in files without any statistics, of a table whose log says nothing of them.
    plain = tmp_path / "plain"
    plain.mkdir()
    rows = pa.concat_tables(tables)
    write_deltalake(str(plain), rows, configuration={"delta.dataSkippingNumIndexedCols": "0"})
    mounts = ("--table", f"t={path}", "--table", f"u={plain}")
    # An expression that nothing is known of keeps DuckDB from skipping in the table to compare with.
    hidden = ", ".join(f"list_transform([{name}], lambda x: x)[1] AS {name}" for name in [*TYPES, "s", "p"])
    conditions = [condition(chance) for _ in range(120)]
    counts = ", ".join(f"count(*) FILTER ({where}) AS c{index}" for index, where in enumerate(conditions))
    expected = list(rows_by_us(tmp_path, f"SELECT {counts} FROM (SELECT {hidden} FROM u)", *mounts)[0].values())
    for batch in range(0, len(conditions), 20):
        some = conditions[batch : batch + 20]
        # Each in a query of its own part, so that each is skipped by.
        sql = ", ".join(f"(SELECT count(*) FROM t WHERE {where}) AS c{index}" for index, where in enumerate(some))
        found = list(rows_by_us(tmp_path, f"SELECT {sql}", *mounts)[0].values())
        assert dict(zip(some, found)) == dict(zip(some, expected[batch : batch + 20]))
    for where, count in zip(conditions[:25], expected):
        assert (where, rows_by_us(tmp_path, f"SELECT count(*) AS n FROM t WHERE {where}", *mounts)[0]["n"]) == (where, count)
    for column in ("d", "f", "n", "t"):
        greatest = f"SELECT max({column})::VARCHAR AS most, min({column})::VARCHAR AS least FROM"
        assert rows_by_us(tmp_path, f"{greatest} t", *mounts) == rows_by_us(tmp_path, f"{greatest} (SELECT {hidden} FROM u)", *mounts)
    crypto_lake(tmp_path, "tables", "--verify", path)
