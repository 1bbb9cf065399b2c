"""
Collects a flood of frames until SIGTERM: URL TABLE. A batch a second is parsed by Polars' native NDJSON reader and
appended by delta-rs, in a thread beside the socket; the table is reopened every 100 commits and checkpointed every 10.

The socket is read through the Sans-I/O layer of `websockets`: a coroutine for each frame would take half as long again.
"""

import asyncio
import signal
import sys
import time

import polars as pl
from deltalake import DeltaTable, write_deltalake
from polars_frames import parsed, table_columns
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

url, path = sys.argv[1:]


class Table:
    def __init__(self):
        self.table, self.commits = None, 0

    def append(self, frames, received_at_us):
        data = table_columns(parsed(b"\n".join(frames), pl.Series(received_at_us, dtype=pl.Int64)))
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


class Feed(asyncio.Protocol):
    def __init__(self, uri):
        self.websocket = ClientProtocol(uri)
        self.frames, self.received_at_us = [], []

    def connection_made(self, transport):
        self.transport = transport
        self.websocket.send_request(self.websocket.connect())
        self.send()

    def data_received(self, data):
        self.websocket.receive_data(data)
        # The canary is no order, and the answer to the handshake is no frame.
        payloads = [getattr(event, "data", b"") for event in self.websocket.events_received()]
        orders = [payload for payload in payloads if b"forceOrder" in payload]
        self.frames += orders
        self.received_at_us += [time.time_ns() // 1000] * len(orders)
        self.send()

    def send(self):
        for data in self.websocket.data_to_send():
            if data:
                self.transport.write(data)

    def take(self):
        taken = self.frames, self.received_at_us
        self.frames, self.received_at_us = [], []
        return taken


async def main():
    table, stopped, loop = Table(), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    uri = parse_uri(url)
    transport, feed = await loop.create_connection(lambda: Feed(uri), uri.host, uri.port)
    stopping = asyncio.create_task(stopped.wait())
    while not stopped.is_set():
        started = time.monotonic()
        if feed.frames:
            await asyncio.to_thread(table.append, *feed.take())
        await asyncio.wait({stopping}, timeout=max(0, 1 - (time.monotonic() - started)))
    transport.close()
    if feed.frames:
        table.append(*feed.take())


asyncio.run(main())
