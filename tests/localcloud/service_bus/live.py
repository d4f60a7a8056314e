"""A broker in a thread of its own, which serves the genuine SDK and peers that break the rules."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from azure.servicebus import ServiceBusClient
from azure.servicebus.aio import ServiceBusClient as AsyncClient

from localcloud.service_bus.queues import Queue, parse_queues
from localcloud.service_bus.server import Server
from tests.localcloud.service_bus.clocks import ManualClock

QUEUES = parse_queues("""
queues:
  - name: Orders
    maxDeliveryCount: 2
    requiresDuplicateDetection: true
    deadLetteringOnMessageExpiration: true
  - {name: chats, requiresSession: true}
  - {name: raw}
  - {name: noise}
  - {name: other, requiresSession: true}
""")
PATIENCE = 20.0
# How often the SDK looks for what has come, in seconds; its default costs a test much time.
GLANCE = 0.02


class Bus:
    """A live broker.

    Attributes:
        server: It.
        clock: Its time.
    """

    def __init__(self, server: Server, clock: ManualClock, loop: asyncio.AbstractEventLoop) -> None:
        self.server = server
        self.clock = clock
        self._loop = loop

    def advance(self, seconds: float) -> None:
        """Let time pass for the broker."""

        async def move() -> None:
            self.clock.advance(seconds)
            for _ in range(3):
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(move(), self._loop).result(PATIENCE)

    def client(self, **options: Any) -> ServiceBusClient:
        """The genuine client; it does not try again."""
        return ServiceBusClient.from_connection_string(
            self.server.connection_string, retry_total=0, socket_timeout=GLANCE, **options
        )

    def async_client(self, **options: Any) -> AsyncClient:
        """The genuine asynchronous client."""
        return AsyncClient.from_connection_string(
            self.server.connection_string, retry_total=0, socket_timeout=GLANCE, **options
        )


@contextmanager
def live(state: Path, queues: tuple[Queue, ...] = QUEUES) -> Iterator[Bus]:
    """Run a broker for as long as the block lasts."""
    clock = ManualClock()
    server = Server(state, queues, clock=clock)
    ready, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with server:
            loops.append(asyncio.get_running_loop())
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield Bus(server, clock, loops[0])
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
