"""Runs OPTIMIZE in a Spark of its own until stdin ends: TABLE PARTITION… in turn. Prints how each ended."""

import itertools
import sys
import threading

from delta.exceptions import ConcurrentDeleteDeleteException, ConcurrentDeleteReadException
from spark_session import spark_session

table, *partitions = sys.argv[1:]
spark = spark_session(**{"spark.delta.logStore.file.impl": "LinkLogStore"})
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()
for partition in itertools.cycle(partitions):
    if stopped.is_set():
        break
    try:
        [row] = spark.sql(f"OPTIMIZE delta.`{table}` WHERE {partition}").collect()
        print("optimized" if row.metrics.numFilesRemoved > 0 else "idle", flush=True)
    except (ConcurrentDeleteReadException, ConcurrentDeleteDeleteException):
        print("lost", flush=True)  # Another one rewrote the same files first: nothing was changed.
spark.stop()
