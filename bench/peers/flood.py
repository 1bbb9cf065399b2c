"""
Collects a flood of frames until SIGTERM: URL TABLE. A batch a second is parsed by Polars' native NDJSON reader and
appended by delta-rs, in a thread beside the socket; the table is reopened every 100 commits and checkpointed every 10.
"""

import asyncio
import signal
import sys
import time

import polars as pl
from deltalake import DeltaTable, write_deltalake
from polars_frames import parsed, table_columns
from websockets.asyncio.client import connect

url, path = sys.argv[1:]
# The default of 16 frames pauses the socket at each read of it.
QUEUE = 4096


class Table:
    def __init__(self):
        self.table, self.commits = None, 0

    def append(self, frames, received_at_us):
        data = table_columns(parsed(b"\n".join(frames), pl.Series(received_at_us, dtype=pl.Int64)))
        if data.height == 0:
            return
        if self.table is None:
            write_deltalake(path, data, partition_by=["date"])
            self.table = DeltaTable(path)
        else:
            write_deltalake(self.table, data, mode="append")
        self.commits += 1
        if self.commits % 10 == 0:
            self.table.create_checkpoint()
        if self.commits % 100 == 0:
            self.table = DeltaTable(path)


async def main():
    table, frames, times = Table(), [], []
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)

    async def receive(socket):
        recv, now = socket.recv, time.time_ns
        while True:
            message = await recv(decode=False)
            # The canary is no order.
            if b"forceOrder" in message:
                frames.append(message)
                times.append(now() // 1000)

    async with connect(url, compression=None, max_queue=QUEUE) as socket:
        receiving = asyncio.create_task(receive(socket))
        while not stopped.is_set():
            started = time.monotonic()
            batch, received = frames.copy(), times.copy()
            frames.clear()
            times.clear()
            if batch:
                await asyncio.to_thread(table.append, batch, received)
            left = max(0, 1 - (time.monotonic() - started))
            await asyncio.wait({asyncio.create_task(stopped.wait())}, timeout=left)
        receiving.cancel()
    if frames:
        table.append(frames, times)


asyncio.run(main())
