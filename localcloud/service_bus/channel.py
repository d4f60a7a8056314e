"""A session of AMQP: its windows, its links, and which delivery is whose."""

from collections import deque
from typing import Protocol

from localcloud.service_bus.amqp.composites import Composite
from localcloud.service_bus.amqp.frames import HEADER_SIZE
from localcloud.service_bus.amqp.performatives import (
    RECEIVER,
    SENDER,
    Attach,
    Begin,
    Detach,
    Disposition,
    End,
    Flow,
    Received,
    Transfer,
    delivery_state,
)
from localcloud.service_bus.amqp.types import UInt, UShort
from localcloud.service_bus.attaching import answered, queue_outlet, refuse_attach
from localcloud.service_bus.broker import Broker
from localcloud.service_bus.errors import (
    HANDLE_IN_USE,
    NOT_ALLOWED,
    UNATTACHED,
    UNAUTHORIZED,
    ProtocolError,
    Refusal,
)
from localcloud.service_bus.links import Inlet, Link, Outlet, ReplyOutlet
from localcloud.service_bus.nodes import Kind, Node, resolve
from localcloud.service_bus.outlet import Delivery, QueueOutlet, answer
from localcloud.service_bus.requests import take_message, take_request

WINDOW = 5000  # transfers, as in Azure
HANDLES = 1023
_MODULUS = 2**32


class Peer(Protocol):
    """The connection that a session belongs to."""

    @property
    def broker(self) -> Broker:
        """The namespace."""
        ...

    def write(self, performative: Composite, channel: int, payload: bytes = b"") -> None:
        """Write a frame when the round has ended."""
        ...

    def largest_frame(self) -> int:
        """What the client takes."""
        ...

    def is_choked(self) -> bool:
        """Whether the client does not read what was written."""
        ...

    def may(self, path: str) -> bool:
        """Whether the client has shown a token for the node."""
        ...

    def present(self, token: str, path: str) -> None:
        """The client shows a token.

        Raises:
            Refusal: It is not accepted.
        """
        ...


class Channel:
    """One session.

    Args:
        peer: Its connection.
        number: Of both sides.
        begin: What the client began it with.
    """

    def __init__(self, peer: Peer, number: int, begin: Begin) -> None:
        self.peer = peer
        self._number = number
        self._links: dict[int, Link] = {}
        self._ghosts: set[int] = set()
        self._unsettled: dict[int, Delivery] = {}
        self._held: deque[tuple[Transfer, bytes]] = deque()
        self._next_in = int(begin.next_outgoing_id)
        self._window_in = WINDOW
        self._next_out = 0
        self._next_delivery = 0
        self._window_out = int(begin.incoming_window)
        self.say(
            Begin(
                remote_channel=UShort(number),
                next_outgoing_id=UInt(0),
                incoming_window=UInt(WINDOW),
                outgoing_window=UInt(WINDOW),
                handle_max=UInt(HANDLES),
            )
        )

    def handle(self, performative: Composite, payload: bytes) -> None:
        """Take a frame of this session.

        Raises:
            ProtocolError: It breaks the protocol.
            DecodeError: It is malformed.
        """
        match performative:
            case Transfer():
                self._on_transfer(performative, payload)
            case Disposition():
                self._on_disposition(performative)
            case Flow():
                self._on_flow(performative)
            case Attach():
                self._on_attach(performative)
            case Detach():
                self._on_detach(performative)
            case _:
                raise ProtocolError(NOT_ALLOWED, f"{type(performative).__name__} within a session")

    def say(self, performative: Composite, payload: bytes = b"") -> None:
        """Write a frame on this session's channel."""
        self.peer.write(performative, self._number, payload)

    def end(self) -> None:
        """The session is gone, and its links."""
        links, self._links = self._links, {}
        for link in links.values():
            link.end()

    def close(self) -> None:
        """End the session as the client asks for."""
        self.end()
        self.say(End())

    def wake(self) -> None:
        """The client reads again, or has given a window."""
        for link in self._links.values():
            if isinstance(link, Outlet):
                link.wake()

    def can_write(self) -> bool:
        """Whether a message that is sent now goes out soon."""
        return not self._held and self._window_out > 0 and not self.peer.is_choked()

    def forget(self, handle: int) -> None:
        """A link has ended from our side; what is under way for it is ignored."""
        self._links.pop(handle, None)
        self._ghosts.add(handle)

    def outlets(self) -> list[Outlet]:
        """The links on which the client receives."""
        return [link for link in self._links.values() if isinstance(link, Outlet)]

    def flow(self, handle: UInt, count: int, credit: int, *, drain: bool = False) -> None:
        """Tell the session's windows and a link's credit."""
        self.say(self._windows(handle, count, credit, drain=drain))

    def _windows(
        self,
        handle: UInt | None = None,
        count: int | None = None,
        credit: int | None = None,
        *,
        drain: bool = False,
    ) -> Flow:
        return Flow(
            next_incoming_id=UInt(self._next_in),
            incoming_window=UInt(self._window_in),
            next_outgoing_id=UInt(self._next_out),
            outgoing_window=UInt(WINDOW),
            handle=handle,
            delivery_count=None if count is None else UInt(count),
            link_credit=None if credit is None else UInt(credit),
            drain=drain,
        )

    def transfer(self, handle: UInt, payload: bytes, tag: bytes, *, settled: bool) -> int:
        """Send a message in frames that the client takes, as its window allows."""
        number = self._next_delivery
        self._next_delivery = (number + 1) % _MODULUS
        first = Transfer(handle, UInt(number), tag, UInt(0), settled)
        most = self.peer.largest_frame() - HEADER_SIZE - len(first.encoded()) - 1
        pieces = [payload[at : at + most] for at in range(0, len(payload), most)] or [b""]
        last = len(pieces) - 1
        for place, piece in enumerate(pieces):
            frame = Transfer(handle, UInt(number), tag, UInt(0), settled, more=place < last)
            self._held.append((frame, piece))
        self._release()
        return number

    def _release(self) -> None:
        """Send what the client's window allows."""
        while self._held and self._window_out > 0:
            frame, piece = self._held.popleft()
            self._window_out -= 1
            self._next_out = (self._next_out + 1) % _MODULUS
            self.say(frame, piece)

    def _on_flow(self, flow: Flow) -> None:
        known = 0 if flow.next_incoming_id is None else int(flow.next_incoming_id)
        self._window_out = (known + flow.incoming_window - self._next_out) % _MODULUS
        if self._window_out > _MODULUS // 2:
            self._window_out = 0
        self._release()
        if flow.handle is not None:
            if link := self._link(flow.handle):
                link.on_flow(flow)
            return
        if flow.echo:
            self.say(self._windows())
        self.wake()

    def _on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        self._next_in = (self._next_in + 1) % _MODULUS
        self._window_in -= 1
        link = self._link(transfer.handle)
        if isinstance(link, Inlet):
            link.on_transfer(transfer, payload)
        elif link is not None:
            raise ProtocolError(NOT_ALLOWED, "a transfer on a link on which the client receives")
        if self._window_in <= WINDOW // 2:
            self._window_in = WINDOW
            self.say(self._windows())

    def _on_disposition(self, disposition: Disposition) -> None:
        state = delivery_state(disposition.state)
        if disposition.role is SENDER or (not disposition.settled and not _is_outcome(state)):
            return
        for number in self._range(disposition):
            told = answer(self.peer.broker, number, self._unsettled.pop(number, None), state)
            if not disposition.settled:
                self.say(told)

    def _range(self, disposition: Disposition) -> list[UInt]:
        """The deliveries that are meant; of a range only those that there are."""
        first, last = disposition.first, disposition.last
        if last is None or last == first:
            return [first]
        return [UInt(number) for number in self._unsettled if first <= number <= last]

    def _link(self, handle: int) -> Link | None:
        """The link of a handle, None for one that we have ended."""
        link = self._links.get(handle)
        if link is None and handle not in self._ghosts:
            raise ProtocolError(UNATTACHED, f"no link has the handle {handle}")
        return link

    def _on_detach(self, frame: Detach) -> None:
        link = self._link(frame.handle)
        self._ghosts.discard(frame.handle)
        if link is not None:
            del self._links[frame.handle]
            link.end()
            self.say(Detach(frame.handle, closed=frame.closed))

    def _on_attach(self, frame: Attach) -> None:
        if frame.handle in self._links or frame.handle > HANDLES:
            raise ProtocolError(HANDLE_IN_USE, f"the handle {frame.handle} cannot be had")
        self._ghosts.discard(frame.handle)
        try:
            end = frame.target if frame.role is SENDER else frame.source
            node = resolve(self.peer.broker, end and end.address)
            self._authorize(node)
            link = self._attach(frame, node)
        except Refusal as refusal:
            self._links.pop(frame.handle, None)
            refuse_attach(self, frame, refusal)
            self._ghosts.add(frame.handle)
            return
        self._links[frame.handle] = link
        if isinstance(link, Inlet):
            link.grant()

    def _authorize(self, node: Node) -> None:
        if node.kind is not Kind.CBS and not self.peer.may(node.path):
            raise Refusal(
                UNAUTHORIZED,
                f"Unauthorized access. A claim for the resource '{node.path}' is required to"
                " perform this operation.",
                401,
            )

    def _attach(self, frame: Attach, node: Node) -> Link:
        if frame.role is RECEIVER and node.kind is Kind.MESSAGES:
            return self._receiver(frame, node)
        self.say(answered(frame))
        if frame.role is RECEIVER:
            target = str(frame.target.address) if frame.target else ""
            return ReplyOutlet(self, frame.name, frame.handle, target)
        if node.kind is Kind.MESSAGES:
            return Inlet(self, frame.name, frame.handle, take_message(self.peer.broker, node))
        return Inlet(self, frame.name, frame.handle, take_request(self, node, frame))

    def _receiver(self, frame: Attach, node: Node) -> QueueOutlet:
        entity = node.entity
        if entity is None:
            raise Refusal(NOT_ALLOWED, "no queue")
        return queue_outlet(self.peer.broker, self, frame, entity, self._unsettled)


def _is_outcome(state: object) -> bool:
    return state is not None and not isinstance(state, Received)
