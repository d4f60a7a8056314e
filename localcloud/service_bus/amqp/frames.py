"""Frames out of a stream of bytes, and into one."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from localcloud.service_bus.amqp.composites import Composite

AMQP, SASL = 0, 1
AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
HEADER_SIZE = 8
LARGEST = 65_536
_HEAD = struct.Struct(">IBBH")
_WORDS = 4  # the data offset counts in words of four bytes
EMPTY = _HEAD.pack(HEADER_SIZE, 2, AMQP, 0)


class FrameError(ValueError):
    """The stream holds no frame where one should begin."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Attributes:
        kind: `AMQP` or `SASL`.
        channel: Which session it is for.
        body: The performative with its payload; empty only to show a sign of life.
    """

    kind: int
    channel: int
    body: bytes


def written(
    performative: Composite, channel: int = 0, payload: bytes = b"", kind: int = AMQP
) -> bytes:
    """A performative with its payload as a frame."""
    body = performative.encoded()
    return _HEAD.pack(HEADER_SIZE + len(body) + len(payload), 2, kind, channel) + body + payload


class FrameReader:
    """Cuts a stream of bytes, which comes in pieces of any size."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes from the network."""
        self._buffer += data

    def header(self) -> bytes | None:
        """The protocol header, or None as long as it is not complete."""
        if len(self._buffer) < HEADER_SIZE:
            return None
        header = bytes(self._buffer[:HEADER_SIZE])
        del self._buffer[:HEADER_SIZE]
        return header

    def frame(self) -> Frame | None:
        """The next frame, or None as long as it is not complete.

        Raises:
            FrameError: What comes is no frame, or one of more than `LARGEST` bytes.
        """
        if len(self._buffer) < HEADER_SIZE:
            return None
        size, offset, kind, channel = _HEAD.unpack_from(self._buffer)
        start = offset * _WORDS
        if not HEADER_SIZE <= start <= size <= LARGEST or kind > SASL:
            raise FrameError(f"a frame of {size} bytes, offset {offset}, type {kind}")
        if len(self._buffer) < size:
            return None
        body = bytes(self._buffer[start:size])
        del self._buffer[:size]
        return Frame(kind, channel, body)

    def frames(self) -> Iterator[Frame]:
        """All frames that are complete.

        Raises:
            FrameError: As `frame`.
        """
        while (frame := self.frame()) is not None:
            yield frame
