"""forceOrder frames as Polars frames: the native NDJSON reader, checks as expressions over whole columns."""

import io

import polars as pl

TIME = pl.Datetime("us", "UTC")
TEXTS = ["symbol", "side", "order_type", "time_in_force", "status"]
NUMBERS = ["price", "average_price", "quantity", "last_filled_quantity", "filled_quantity"]
COLUMNS = {name: pl.String for name in TEXTS} | {name: pl.Float64 for name in NUMBERS}
COLUMNS |= {"st": pl.Int64, "trade_time": pl.Int64, "event_time": pl.Int64}
MAX_DISTANCE_US = 26 * 3_600_000_000

ORDER_TEXTS = ["s", "S", "o", "f", "q", "p", "ap", "X", "l", "z"]
ORDER = pl.Struct({name: pl.String for name in ORDER_TEXTS} | {"T": pl.Int64, "st": pl.Int64})
SCHEMA = {"data": pl.Struct({"e": pl.String, "E": pl.Int64, "o": ORDER})}
NAMES = dict(zip(["s", "S", "o", "f", "X", "p", "ap", "q", "l", "z"], TEXTS + NUMBERS))


def parsed(text, received_at_us):
    """Valid orders of the frames in `text`, one a line; `received_at_us` is an expression or a Series."""
    order = pl.col("o").struct
    frame = (
        pl.read_ndjson(io.BytesIO(text), schema=SCHEMA, ignore_errors=True)
        .select(received_at_us.alias("received_at"), pl.col("data").struct.unnest())
        .select(
            "received_at",
            "e",
            pl.col("E").alias("event_time"),
            *(order.field(key).cast(COLUMNS[name], strict=False).alias(name) for key, name in NAMES.items()),
            order.field("T").alias("trade_time"),
            order.field("st"),
        )
    )
    amounts = pl.col("price", "average_price", "last_filled_quantity", "filled_quantity")
    return frame.filter(
        pl.col("e") == "forceOrder",
        pl.col("symbol").str.len_bytes().is_between(1, 64),
        pl.col("side").is_in(["BUY", "SELL"]),
        amounts.is_finite(),
        amounts >= 0,
        pl.col("quantity").is_finite() & (pl.col("quantity") > 0),
        pl.col("trade_time", "event_time").is_between(10**12, 10**13),
        (pl.col("trade_time") * 1000 - pl.col("received_at")).abs() <= MAX_DISTANCE_US,
    )


def table_columns(frame):
    """The columns that crypto-lake stores, in its order."""
    is_coinm = pl.coalesce(pl.col("st") == 2, pl.col("symbol").str.contains("^[^_]*USD_"))
    times = [(pl.col(name) * 1000).cast(TIME).alias(name) for name in ["trade_time", "event_time"]]
    return frame.select(
        pl.lit("binance").alias("venue"),
        pl.when(is_coinm).then(pl.lit("coinm")).otherwise(pl.lit("usdm")).alias("market"),
        *TEXTS,
        *NUMBERS,
        pl.lit(None, pl.Float64).alias("contract_size"),
        pl.when(~is_coinm).then(pl.col("filled_quantity") * pl.col("average_price")).alias("notional"),
        *times,
        pl.col("received_at").cast(TIME),
        pl.lit("ws-1").alias("connection"),
        (pl.col("trade_time") * 1000).cast(TIME).dt.date().alias("date"),
    )
