"""
Appends 500 rows again and again between two times by delta-rs: TABLE WRITER FROM_MS UNTIL_MS. Prints how many commits it
made. The table is reopened every 100.
"""

import json
import sys
import time

from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

path, writer, start_ms, end_ms = sys.argv[1:]
table = DeltaTable(path)
data = table.to_pyarrow_table().slice(0, 500)
time.sleep(max(0, int(start_ms) / 1000 - time.time()))
commits = lost = 0
while time.time() * 1000 < int(end_ms):
    try:
        write_deltalake(table, data, mode="append")
        commits += 1
    except CommitFailedError:
        lost += 1
    if commits % 100 == 0:
        table = DeltaTable(path)
print(json.dumps({"commits": commits, "lost": lost}))
