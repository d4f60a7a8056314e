"""A client of the bare protocol, as well-behaved as its test lets it be."""

import socket
from typing import Any, Self

from azure.servicebus._pyamqp.utils import generate_sas_token

from localcloud.service_bus.amqp.composites import Composite
from localcloud.service_bus.amqp.encoding import described, encode
from localcloud.service_bus.amqp.frames import (
    AMQP_HEADER,
    SASL,
    SASL_HEADER,
    FrameReader,
    written,
)
from localcloud.service_bus.amqp.message import application_section, parse
from localcloud.service_bus.amqp.performatives import (
    RECEIVER,
    SENDER,
    SETTLED,
    UNSETTLED,
    Attach,
    Begin,
    Disposition,
    Flow,
    Open,
    SaslInit,
    Source,
    Target,
    Transfer,
    performative,
)
from localcloud.service_bus.amqp.types import Symbol, UInt
from localcloud.service_bus.keys import POLICY
from tests.localcloud.service_bus.live import PATIENCE, Bus


class Peer:
    """A client of the bare protocol, as well-behaved as its test lets it be."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._reader = FrameReader()

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.socket.close()

    def send(self, frame: Composite, payload: bytes = b"", channel: int = 0) -> None:
        """Write a frame."""
        self.socket.sendall(written(frame, channel, payload))

    def header(self) -> bytes:
        """Read a protocol header."""
        while (found := self._reader.header()) is None:
            self._fill()
        return found

    def _fill(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise EOFError
        self._reader.feed(data)

    def read(self) -> tuple[Any, bytes]:
        """Read a frame that is not empty; raises EOFError when the broker has hung up."""
        while True:
            frame = self._reader.frame()
            if frame is None:
                self._fill()
            elif frame.body:
                return performative(frame.body)

    def expect[T: Composite](self, kind: type[T]) -> T:
        """Read frames up to one of a kind."""
        while not isinstance(found := self.read()[0], kind):
            pass
        return found

    def ended(self) -> bool:
        """Whether the broker hangs up, whatever it says before."""
        try:
            while True:
                self.read()
        except (EOFError, ConnectionResetError):
            return True

    def hangs_up(self) -> bool:
        """Whether the broker ends the connection, when this side says no more."""
        self.socket.shutdown(socket.SHUT_WR)
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionResetError:
            return True
        return True

    def shake_hands(self) -> None:
        """SASL and the header."""
        self.socket.sendall(SASL_HEADER)
        assert self.header() == SASL_HEADER
        self.read()
        self.socket.sendall(written(SaslInit(Symbol("ANONYMOUS")), kind=SASL))
        self.read()
        self.socket.sendall(AMQP_HEADER)
        assert self.header() == AMQP_HEADER

    def open(self, **fields: Any) -> Open:
        """Shake hands, open, and begin a session; returns the broker's open."""
        self.shake_hands()
        window = fields.pop("window", 1000)
        self.send(Open("peer", **fields))
        answer = self.expect(Open)
        self.send(
            Begin(
                next_outgoing_id=UInt(0), incoming_window=UInt(window), outgoing_window=UInt(1000)
            )
        )
        self.expect(Begin)
        return answer

    def attach_sender(self, address: str, handle: int = 0, name: str = "sender") -> Attach:
        """Attach a link on which this side sends."""
        self.send(
            Attach(
                name,
                UInt(handle),
                SENDER,
                UNSETTLED,
                source=Source(name),
                target=Target(address),
                initial_delivery_count=UInt(0),
            )
        )
        return self.expect(Attach)

    def attach_receiver(
        self, address: str, handle: int = 1, name: str = "receiver", *, deletes: bool = True
    ) -> Attach:
        """Attach a link on which this side receives."""
        mode = SETTLED if deletes else UNSETTLED
        self.send(
            Attach(name, UInt(handle), RECEIVER, mode, source=Source(address), target=Target(name))
        )
        return self.expect(Attach)

    def credit(self, handle: int, credit: int, *, window: int = 1000, **fields: Any) -> None:
        """Let the broker send."""
        self.send(
            Flow(
                incoming_window=UInt(window),
                next_outgoing_id=UInt(0),
                outgoing_window=UInt(1000),
                handle=UInt(handle),
                delivery_count=UInt(fields.pop("count", 0)),
                link_credit=UInt(credit),
                **fields,
            )
        )

    def transfer(self, payload: bytes, delivery: int, handle: int = 0, **fields: Any) -> None:
        """Send a message or a part of one."""
        number = UInt(delivery)
        tag = delivery.to_bytes(4)
        self.send(Transfer(UInt(handle), number, tag, UInt(0), **fields), payload)


def authorize(peer: Peer, bus: Bus, *, path: str = "", **token: object) -> int:
    """Show a token; returns the status."""
    address = f"sb://127.0.0.1:{bus.server.port}/{path}"
    until = token.get("until", bus.clock.now() // 1000 + 900)
    signed = generate_sas_token(  # type: ignore[no-untyped-call]
        address, token.get("policy", POLICY), bus.server.key, until
    )
    peer.attach_receiver("$cbs", 101, "$cbs")
    peer.credit(101, 10)
    peer.attach_sender("$cbs", 100, "cbs")
    asked = {"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": address}
    peer.transfer(application_section(asked) + described(0x77, encode(signed)), 0, 100)
    while not isinstance((found := peer.read())[0], Transfer):
        pass
    peer.expect(Disposition)
    return int(parse(found[1]).application_properties()["status-code"])


def received_frames(peer: Peer, count: int) -> list[tuple[Transfer, bytes]]:
    """So many transfers; what else comes is skipped."""
    found: list[tuple[Transfer, bytes]] = []
    while len(found) < count:
        frame, data = peer.read()
        if isinstance(frame, Transfer):
            found.append((frame, data))
    return found


def received(peer: Peer, count: int) -> list[tuple[Transfer, bytes]]:
    """So many whole messages; what else comes is skipped."""
    found: list[tuple[Transfer, bytes]] = []
    payload = b""
    while len(found) < count:
        ((frame, data),) = received_frames(peer, 1)
        payload += data
        if not frame.more:
            found.append((frame, payload))
            payload = b""
    return found
