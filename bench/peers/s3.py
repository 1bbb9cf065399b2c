"""delta-rs on an object store: commits TABLE COUNT | open TABLE. Prints the times in milliseconds."""

import json
import os
import sys
import time
from urllib.request import urlopen

from commit_frame import frame
from deltalake import DeltaTable, write_deltalake

what, path, *rest = sys.argv[1:]
times = []
if what == "commits":
    write_deltalake(path, frame(0), partition_by=["date"])
    table = DeltaTable(path)
    for version in range(1, int(rest[0]) + 2):
        data = frame(version)
        if version == 2:  # The proxy counts anew.
            urlopen(os.environ["AWS_ENDPOINT_URL"] + "/-/counts").read()
        started = time.perf_counter()
        write_deltalake(table, data, mode="append")
        times.append((time.perf_counter() - started) * 1000)
    times = times[1:]
else:
    for _ in range(6):
        started = time.perf_counter()
        assert len(DeltaTable(path).file_uris()) > 0
        times.append((time.perf_counter() - started) * 1000)
print(json.dumps(times))
