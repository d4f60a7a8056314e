"""Frames between the host and its worker: a length, then one msgpack document.

The host and the worker are one program in two processes: they share this module, so the frame
needs no version. What is sent within one turn of the event loop travels in one write.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

import msgpack

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_LENGTH = struct.Struct("<I")


class Channel(asyncio.Protocol):
    """One end of the connection.

    Attributes:
        closed: done when the other side is gone.
    """

    def __init__(self, receive: Callable[[dict[str, Any]], None]) -> None:
        self._receive = receive
        self._transport: asyncio.Transport | None = None
        self._input = bytearray()
        self._output: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()

    @classmethod
    async def open(
        cls, connection: socket.socket, receive: Callable[[dict[str, Any]], None]
    ) -> Channel:
        """Take over a connected socket; ``receive`` is called with each message."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_connection(lambda: cls(receive), sock=connection)
        return channel

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's own contract
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand on every message that is complete."""
        self._input += data
        position = 0
        while len(self._input) - position >= _LENGTH.size:
            begin = position + _LENGTH.size
            end = begin + _LENGTH.unpack_from(self._input, position)[0]
            if len(self._input) < end:
                break
            body = memoryview(self._input)[begin:end]
            message = msgpack.unpackb(body, raw=False)
            body.release()
            position = end
            self._receive(message)
        del self._input[:position]

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell that the other side is gone."""
        self._transport = None
        if not self.closed.done():
            self.closed.set_result(None)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; call it on the event loop's thread only."""
        body = msgpack.packb(message, use_bin_type=True)
        if not self._output:
            self._loop.call_soon(self.flush)
        self._output += (_LENGTH.pack(len(body)), body)

    def flush(self) -> None:
        """Write what was sent since the last time."""
        if self._output and self._transport is not None:
            self._transport.write(b"".join(self._output))
        self._output.clear()

    def close(self) -> None:
        """Close this end once everything is written."""
        self.flush()
        if self._transport is not None:
            self._transport.close()
