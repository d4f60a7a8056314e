"""A client's connection: the handshake, then frames for its sessions, until one side ends it."""

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from localcloud.service_bus.amqp.composites import Composite
from localcloud.service_bus.amqp.decoding import DecodeError
from localcloud.service_bus.amqp.encoding import EncodeError
from localcloud.service_bus.amqp.frames import (
    AMQP,
    AMQP_HEADER,
    EMPTY,
    LARGEST,
    SASL,
    SASL_HEADER,
    Frame,
    FrameError,
    FrameReader,
    written,
)
from localcloud.service_bus.amqp.performatives import (
    Begin,
    Close,
    End,
    Open,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    performative,
)
from localcloud.service_bus.amqp.types import Array, Symbol, UByte, UInt, UShort
from localcloud.service_bus.broker import Broker
from localcloud.service_bus.channel import Channel
from localcloud.service_bus.errors import (
    DECODE,
    FORCED,
    FRAMING,
    INTERNAL,
    NOT_ALLOWED,
    ProtocolError,
    Refusal,
    error,
)
from localcloud.service_bus.tokens import Grant, TokenError, verify
from localcloud.service_bus.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger("localcloud")
CONTAINER = "localcloud.service-bus"
IDLE_TIME_OUT = 240_000  # milliseconds, as Azure advertises; silent clients are left alone
CHANNELS = 4999
_SMALLEST_FRAME = 512
_SYMBOLS = 0xA3
_MECHANISMS = ("MSSBCBS", "ANONYMOUS")  # both leave it to $cbs who the client is


class Connection(asyncio.Protocol):
    """One connection.

    Args:
        broker: The namespace.
        turn: Its rounds.
        key: Of the namespace's shared access policy.
        known: Where open connections are listed.
    """

    def __init__(self, broker: Broker, turn: Turn, key: str, known: set["Connection"]) -> None:
        self._broker = broker
        self._turn = turn
        self._key = key
        self._known = known
        self._reader = FrameReader()
        self._stage: Callable[[], bool] = self._sasl_header
        self._outgoing = bytearray()
        self._channels: dict[int, Channel] = {}
        self._ended: set[int] = set()
        self._grants: list[Grant] = []
        self._largest = _SMALLEST_FRAME
        self._ending = False
        self._choked = False
        self._heartbeat: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    @property
    def broker(self) -> Broker:
        """The namespace."""
        return self._broker

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client has connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._known.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """The client has gone, or we have ended it."""
        self._ending = True
        self._known.discard(self)
        if self._heartbeat:
            self._heartbeat.cancel()
        self._drop()
        self._turn.begin()

    def pause_writing(self) -> None:
        """The client does not read what was written."""
        self._choked = True

    def resume_writing(self) -> None:
        """It reads again."""
        self._choked = False
        for channel in self._channels.values():
            channel.wake()
        self._turn.begin()

    def data_received(self, data: bytes) -> None:
        """Take what came; whatever it is, at most this connection ends by it."""
        if self._ending:
            return
        self._reader.feed(data)
        try:
            while self._stage():
                if self._ending:
                    break
        except (DecodeError, EncodeError) as failure:
            self._fail(DECODE, str(failure))
        except FrameError as failure:
            self._fail(FRAMING, str(failure))
        except ProtocolError as failure:
            self._fail(failure.condition, str(failure))
        except Exception:  # noqa: BLE001 - a fault of ours must not end the others' connections
            _LOG.exception("a frame could not be handled")
            self._fail(INTERNAL, "The service was unable to process the request.")
        self._turn.begin()

    def write(self, performative: Composite, channel: int, payload: bytes = b"") -> None:
        """Write a frame when the round has ended."""
        if not self._ending:
            self._put(written(performative, channel, payload))

    def flush(self) -> None:
        """Write what was said in the round."""
        if not self._transport.is_closing():
            self._transport.write(bytes(self._outgoing))
            if self._ending:
                self._transport.close()
        self._outgoing.clear()

    def abort(self) -> None:
        """End without a word."""
        self._ending = True
        self._outgoing.clear()
        self._transport.abort()

    def shut(self) -> None:
        """The broker ends."""
        self._fail(FORCED, "The service is shutting down.")
        self._drop()

    def largest_frame(self) -> int:
        """What the client takes."""
        return self._largest

    def is_choked(self) -> bool:
        """Whether the client does not read what was written."""
        return self._choked or self._ending

    def may(self, path: str) -> bool:
        """Whether the client has shown a token for the node that has not expired."""
        now = self._broker.clock.now()
        return any(grant.until > now and grant.covers(path) for grant in self._grants)

    def present(self, token: str, path: str) -> None:
        """The client shows a token.

        Raises:
            Refusal: It is not accepted.
        """
        now = self._broker.clock.now()
        try:
            grant = verify(token, self._key, now)
        except TokenError as failure:
            raise Refusal("", str(failure), 401) from None
        if not grant.covers(path):
            raise Refusal("", "InvalidAudience: The token is for another resource.", 401)
        kept = [one for one in self._grants if one.until > now and one.path != grant.path]
        self._grants = [*kept, grant]

    def _drop(self) -> None:
        """End all sessions: their links hold nothing any more."""
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            channel.end()

    def _put(self, data: bytes) -> None:
        self._outgoing += data
        self._turn.speaks(self)

    def _fail(self, condition: str, description: str) -> None:
        """End the connection with a reason, once it can be told."""
        if self._ending:
            return
        _LOG.info("service_bus ends a connection: %s: %s", condition, description)
        if self._stage == self._frames:
            self._put(written(Close(error(condition, description))))
        self._finish()

    def _finish(self) -> None:
        """Nothing is read any more; what was said is written, and then it ends."""
        self._ending = True
        self._turn.speaks(self)

    def _sasl_header(self) -> bool:
        header = self._reader.header()
        if header is None:
            return False
        self._put(SASL_HEADER)
        if header != SASL_HEADER:
            self._finish()  # the answer to a wrong header is the right one
            return False
        mechanisms = Array(tuple(map(Symbol, _MECHANISMS)), _SYMBOLS)
        self._put(written(SaslMechanisms(mechanisms), kind=SASL))
        self._stage = self._sasl_init
        return True

    def _sasl_init(self) -> bool:
        frame = self._reader.frame()
        if frame is None:
            return False
        init, _ = performative(frame.body)
        if frame.kind != SASL or not isinstance(init, SaslInit):
            raise ProtocolError(NOT_ALLOWED, "no SASL init")
        if init.mechanism not in _MECHANISMS:
            self._put(written(SaslOutcome(UByte(1)), kind=SASL))
            self._finish()
            return False
        self._put(written(SaslOutcome(UByte(0)), kind=SASL))
        self._stage = self._amqp_header
        return True

    def _amqp_header(self) -> bool:
        header = self._reader.header()
        if header is None:
            return False
        self._put(AMQP_HEADER)
        if header != AMQP_HEADER:
            self._finish()
            return False
        self._stage = self._opening
        return True

    def _opening(self) -> bool:
        frame = self._reader.frame()
        if frame is None:
            return False
        first, _ = performative(frame.body)
        if frame.kind != AMQP or frame.channel != 0 or not isinstance(first, Open):
            raise ProtocolError(NOT_ALLOWED, "no open")
        if first.max_frame_size < _SMALLEST_FRAME:
            raise ProtocolError(NOT_ALLOWED, "frames of fewer than 512 bytes")
        self._largest = min(int(first.max_frame_size), LARGEST)
        self._stage = self._frames
        self._put(
            written(
                Open(
                    CONTAINER,
                    max_frame_size=UInt(LARGEST),
                    channel_max=UShort(CHANNELS),
                    idle_time_out=UInt(IDLE_TIME_OUT),
                )
            )
        )
        if first.idle_time_out:
            self._beat(first.idle_time_out / 2000)
        return True

    def _beat(self, seconds: float) -> None:
        """Show a sign of life at half of what the client waits for one."""
        if self._ending:
            return
        self._transport.write(EMPTY)
        loop = asyncio.get_running_loop()
        self._heartbeat = loop.call_later(seconds, self._beat, seconds)

    def _frames(self) -> bool:
        frame = self._reader.frame()
        if frame is None:
            return False
        self._on_frame(frame)
        return True

    def _on_frame(self, frame: Frame) -> None:
        if frame.kind != AMQP:
            raise ProtocolError(NOT_ALLOWED, "a SASL frame after the handshake")
        if not frame.body:
            return
        what, payload = performative(frame.body)
        match what:
            case Close():
                self._put(written(Close()))
                self._finish()
            case Begin():
                if frame.channel in self._channels or frame.channel > CHANNELS:
                    raise ProtocolError(NOT_ALLOWED, f"the channel {frame.channel} cannot be had")
                self._channels[frame.channel] = Channel(self, frame.channel, what)
                self._ended.discard(frame.channel)
            case _ if frame.channel in self._ended:
                pass  # the SDK detaches links after it has ended their session
            case End():
                self._channel(frame.channel).close()
                del self._channels[frame.channel]
                self._ended.add(frame.channel)
            case _:
                self._channel(frame.channel).handle(what, payload)

    def _channel(self, number: int) -> Channel:
        channel = self._channels.get(number)
        if channel is None:
            raise ProtocolError(NOT_ALLOWED, f"no session has begun on channel {number}")
        return channel
