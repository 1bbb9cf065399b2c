"""1,000 commits of 500 rows by delta-rs, the table reopened every 100 and checkpointed every 10: its best way."""

import json
import statistics
import sys
import time

from commit_frame import frame
from deltalake import DeltaTable, write_deltalake

path, commits = sys.argv[1], int(sys.argv[2])


write_deltalake(path, frame(0), partition_by=["date"])
table = DeltaTable(path)
times = []
for version in range(1, commits + 1):
    data = frame(version)
    if version % 100 == 0:
        table = DeltaTable(path)
    started = time.perf_counter()
    write_deltalake(table, data, mode="append")
    if version % 10 == 0:
        table.create_checkpoint()
    times.append((time.perf_counter() - started) * 1000)
part = min(100, commits // 2)
first, last = statistics.median(times[:part]), statistics.median(times[-part:])
print(
    json.dumps(
        {
            "first 100, ms": first,
            "last 100, ms": last,
            "last 100 / first 100": last / first,
            "p99, ms": sorted(times)[int(len(times) * 0.99)],
        }
    )
)
