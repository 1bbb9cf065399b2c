"""500 rows of a minute, as a collector would commit them."""

from datetime import datetime, timezone

import polars as pl


def frame(version):
    moment = datetime.fromtimestamp(1_780_000_000 + version, timezone.utc)
    rows = range(500)
    return pl.DataFrame(
        {
            "venue": ["binance"] * 500,
            "market": ["usdm"] * 500,
            "symbol": [f"SYM{row % 300}USDT" for row in rows],
            "side": ["BUY" if row % 2 else "SELL" for row in rows],
            "order_type": ["LIMIT"] * 500,
            "time_in_force": ["IOC"] * 500,
            "status": ["FILLED"] * 500,
            "price": [row + 0.5 for row in rows],
            "average_price": [row + 0.25 for row in rows],
            "quantity": [float(row) for row in rows],
            "last_filled_quantity": [float(row) for row in rows],
            "filled_quantity": [float(row) for row in rows],
            "contract_size": pl.Series([None] * 500, dtype=pl.Float64),
            "notional": [float(row * row) for row in rows],
            "trade_time": [moment] * 500,
            "event_time": [moment] * 500,
            "received_at": [moment] * 500,
            "connection": ["ws-1"] * 500,
            "date": [moment.date()] * 500,
        }
    ).to_arrow()
