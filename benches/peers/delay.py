"""A TCP proxy on loopback that holds each write of the server back: `delay.py PORT TARGET MILLISECONDS`.

One delay a write, whatever is in it: that is what a round trip costs, and what PIPELINING saves.
"""

import asyncio
import sys


class Upstream(asyncio.Protocol):
    def __init__(self, client, delay):
        self.client, self.delay = client, delay

    def data_received(self, data):
        asyncio.get_running_loop().call_later(self.delay, self.client.write, data)

    def connection_lost(self, _):
        asyncio.get_running_loop().call_later(self.delay, self.client.close)


class Client(asyncio.Protocol):
    def __init__(self, target, delay):
        self.target, self.delay = target, delay
        self.upstream, self.early = None, b""

    def connection_made(self, transport):
        self.transport = transport
        asyncio.get_running_loop().create_task(self.connect())

    async def connect(self):
        loop = asyncio.get_running_loop()
        make = lambda: Upstream(self.transport, self.delay)
        self.upstream, _ = await loop.create_connection(make, "127.0.0.1", self.target)
        if self.early:
            self.upstream.write(self.early)

    def data_received(self, data):
        if self.upstream:
            self.upstream.write(data)
        else:
            self.early += data

    def connection_lost(self, _):
        if self.upstream:
            self.upstream.close()


async def main():
    port, target, delay = (int(word) for word in sys.argv[1:4])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Client(target, delay / 1000), "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main())
