"""`websockets`: what is told to its standard input, a line a message, goes to all clients by `broadcast`. Argument: the port."""
import asyncio
import sys

from websockets.asyncio.server import broadcast, serve

clients = set()


async def keep(client):
    clients.add(client)
    try:
        await client.wait_closed()
    finally:
        clients.discard(client)


async def main():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with serve(keep, "127.0.0.1", int(sys.argv[1]), compression=None):
        while line := await reader.readline():
            broadcast(clients, line.decode().rstrip())


asyncio.run(main())
