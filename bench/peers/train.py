"""Linear regression on the features of a lake by Polars and scikit-learn, judged by walk-forward: LAKE FOLDS HORIZON."""

import json
import math
import sys

import numpy as np
import polars as pl
from sklearn.linear_model import LinearRegression

lake, folds, horizon = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
KEY = ["venue", "market", "symbol", "open_time"]
OTHER = {*KEY, "timeframe", "period", "close_time", "known_at", "inputs_version", "definition"}

ours = (pl.col("symbol") == "BTCUSDT") & (pl.col("market") == "spot")
bars = pl.scan_delta(f"{lake}/bars_1m").filter(ours).select(*KEY, "close_time", "close")
later = bars.select(pl.col("open_time") - pl.duration(minutes=horizon), pl.col("close").alias("label"))
features = pl.scan_delta(f"{lake}/features").filter(ours & (pl.col("timeframe") == "1m"))
names = [name for name in features.collect_schema().names() if name not in OTHER]
frame = (
    bars.join(features.select(*KEY, *names), on=KEY).join(later, on="open_time").drop_nulls().sort("open_time").collect()
)
times, price, target = (frame[name].to_numpy() for name in ("close_time", "close", "label"))
times = times.astype("datetime64[us]").astype(np.int64)
inputs = frame.select("close", *names).to_numpy()
del frame

label_us = horizon * 60_000_000
first, last = times[0], times[-1] + label_us
half = (first + last) / 2
starts = [math.ceil(half + fold * (last - half) / folds) for fold in range(folds)] + [2**62]
predicted = np.full(len(times), np.nan)
for start, end in zip(starts, starts[1:]):
    known = times + label_us < start
    fold = (times >= start) & (times < end)
    predicted[fold] = LinearRegression().fit(inputs[known], target[known]).predict(inputs[fold])
model = LinearRegression().fit(inputs, target)

judged = ~np.isnan(predicted)
errors = (target - predicted)[judged] ** 2
changes = (target - price)[judged] ** 2
rows = len(errors)
length = max(horizon, math.ceil(rows ** (1 / 3)))
sums = [np.concatenate([[0], np.cumsum(np.concatenate([values, values[:length]]))]) for values in (errors, changes)]
random = np.random.default_rng(1)
skills = []
for _ in range(1000):
    begin = random.integers(0, rows, math.ceil(rows / length))
    drawn = [np.sum(total[begin + length] - total[begin]) for total in sums]
    skills.append(1 - math.sqrt(drawn[0] / drawn[1]))
print(
    json.dumps(
        {
            "skill": 1 - math.sqrt(errors.mean() / changes.mean()),
            "interval": list(np.percentile(skills, [2.5, 97.5])),
            "mae": float(np.abs(target - predicted)[judged].mean()),
            "direction": float((np.sign(predicted - price) == np.sign(target - price))[judged & (target != price)].mean()),
            "coefficients": model.coef_.tolist(),
            "rows": len(times),
        }
    )
)
