"""The same API with FastAPI and DuckDB on the Parquet files of the lake. Environment: LAKE."""
import os
from datetime import datetime, timezone

import duckdb
import orjson
from fastapi import FastAPI, Response

LAKE = os.environ["LAKE"]
database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
app = FastAPI()


def json(answer):
    """FastAPI's own encoder takes ten times as long."""
    return Response(orjson.dumps(answer), media_type="application/json")


def rows(sql: str, values: list):
    result = database.cursor().execute(sql, values)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row)) for row in result.fetchall()]


def series(table: str, symbol: str, limit: int, to: int):
    end = datetime.fromtimestamp(to / 1000, timezone.utc)
    files = f"read_parquet('{LAKE}/{table}/**/*.parquet', hive_partitioning = true)"
    sql = f"SELECT * FROM (SELECT * FROM {files} WHERE symbol = ? AND open_time < ? ORDER BY open_time DESC LIMIT ?) ORDER BY open_time"
    return json({"data": rows(sql, [symbol, end, limit])})


@app.get("/bars/{symbol}")
def bars(symbol: str, limit: int, to: int):
    return series("bars_1m", symbol, limit, to)


@app.get("/indicators/{symbol}")
def indicators(symbol: str, limit: int, to: int):
    return series("indicators", symbol, limit, to)


@app.get("/price/latest")
def latest(symbol: str):
    files = f"read_parquet('{LAKE}/prices/**/*.parquet', hive_partitioning = true)"
    sql = f"SELECT symbol, last_price AS price, collected_at AS timestamp, venue AS source FROM {files} WHERE symbol = ? ORDER BY collected_at DESC LIMIT 1"
    return json(rows(sql, [symbol])[0])
