"""The broker as a server on 127.0.0.1."""

import asyncio
import errno
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from localcloud.service_bus.broker import Broker
from localcloud.service_bus.clock import Clock, SystemClock
from localcloud.service_bus.connection import Connection
from localcloud.service_bus.keys import connection_string, load_or_create_key
from localcloud.service_bus.queues import Queue
from localcloud.service_bus.store import Store
from localcloud.service_bus.turn import Turn

_HOST = "127.0.0.1"


class PortInUseError(Exception):
    """Someone else listens on the port."""


class StateInUseError(Exception):
    """Another broker has the state directory."""


class Server:
    """One broker with its state, for use with `async with`.

    Args:
        state: Directory of the database and of the key.
        queues: What there is.
        port: Where it listens; 0 for any free port.
        clock: Time.

    Attributes:
        port: Where it listens, once it does.
        key: Of the shared access policy.
    """

    def __init__(
        self,
        state: Path,
        queues: Sequence[Queue],
        port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.port = port
        self.key = load_or_create_key(state)
        self._failure: asyncio.Future[None] | None = None
        self._state = state
        self._queues = queues
        self._clock = clock or SystemClock()
        self._connections: set[Connection] = set()

    @property
    def connection_string(self) -> str:
        """What a client needs."""
        return connection_string(self.port, self.key)

    async def failed(self) -> None:
        """Wait for the failure of the store, which ends the broker.

        Raises:
            sqlite3.Error: What happened.
        """
        if self._failure:
            await self._failure

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            PortInUseError: The port is taken.
            StateInUseError: Another broker runs on the state.
        """
        loop = asyncio.get_running_loop()
        self._failure = loop.create_future()
        try:
            self._store = Store(self._state)
        except sqlite3.OperationalError as error:
            raise StateInUseError(f"service_bus: {self._state} cannot be used: {error}") from error
        broker = Broker(self._store, self._clock, self._queues)
        self._turn = Turn(broker, self._fail)
        broker.expect(self._clock.now())
        try:
            self._server = await loop.create_server(
                lambda: Connection(broker, self._turn, self.key, self._connections),
                _HOST,
                self.port,
            )
        except OSError as error:
            self._store.close()
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUseError(f"service_bus: port {self.port} of {_HOST} is in use") from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell the clients, and end."""
        self._server.close()
        for connection in list(self._connections):
            connection.shut()
        self._turn.close()
        for connection in list(self._connections):
            connection.abort()
        self._store.close()

    def _fail(self, error: BaseException) -> None:
        if self._failure and not self._failure.done():
            self._failure.set_exception(error)
