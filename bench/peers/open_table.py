"""Opens three tables with delta-rs and lists their files; medians of five warm runs."""

import json
import statistics
import sys
import time

from deltalake import DeltaTable


def opened(path):
    times = []
    for _ in range(6):
        started = time.perf_counter()
        assert len(DeltaTable(path).file_uris()) > 0
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[1:])


figures = ["checkpoint, ms", "one big commit, ms", "2,000 commits, ms"]
print(json.dumps({figure: opened(path) for figure, path in zip(figures, sys.argv[1:])}))
