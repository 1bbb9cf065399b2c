"""The API as one writes it with FastAPI, asyncpg and PostgreSQL. Argument: the address of the database; environment: DSN."""
import os
from contextlib import asynccontextmanager
from datetime import datetime, timezone

import asyncpg
import orjson
from fastapi import FastAPI, HTTPException, Response

SERIES = "SELECT * FROM (SELECT * FROM {table} WHERE symbol = $1 AND open_time < $2 ORDER BY open_time DESC LIMIT $3) newest ORDER BY open_time"


@asynccontextmanager
async def lifespan(app):
    async with asyncpg.create_pool(os.environ["DSN"], min_size=10, max_size=10) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


def json(answer):
    """FastAPI's own encoder takes ten times as long."""
    return Response(orjson.dumps(answer), media_type="application/json")


async def series(table: str, symbol: str, limit: int, to: int):
    end = datetime.fromtimestamp(to / 1000, timezone.utc)
    rows = await app.state.pool.fetch(SERIES.format(table=table), symbol, end, limit)
    return json({"data": [dict(row) for row in rows]})


@app.get("/bars/{symbol}")
async def bars(symbol: str, limit: int, to: int):
    return await series("bars_1m", symbol, limit, to)


@app.get("/indicators/{symbol}")
async def indicators(symbol: str, limit: int, to: int):
    return await series("indicators", symbol, limit, to)


@app.get("/price/latest")
async def latest(symbol: str):
    row = await app.state.pool.fetchrow(
        "SELECT symbol, last_price AS price, collected_at AS timestamp, venue AS source FROM prices WHERE symbol = $1 ORDER BY collected_at DESC LIMIT 1",
        symbol,
    )
    if row is None:
        raise HTTPException(404)
    return json(dict(row))
