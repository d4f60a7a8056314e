"""The two directions of a link: messages that a client sends, and those that it receives."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from localcloud.service_bus.amqp.composites import Composite
from localcloud.service_bus.amqp.decoding import DecodeError
from localcloud.service_bus.amqp.performatives import (
    RECEIVER,
    Accepted,
    Detach,
    Disposition,
    Flow,
    Rejected,
    Transfer,
)
from localcloud.service_bus.amqp.types import UInt
from localcloud.service_bus.errors import Refusal
from localcloud.service_bus.sending import LARGEST_MESSAGE, check_size

CREDIT = 1000
_MODULUS = 2**32
_HALF = 2**31


class Carrier(Protocol):
    """The session that a link belongs to."""

    def say(self, performative: Composite, payload: bytes = b"") -> None:
        """Write a frame on the session's channel."""
        ...

    def flow(self, handle: UInt, count: int, credit: int, *, drain: bool = False) -> None:
        """Tell the session's windows and a link's credit."""
        ...

    def transfer(self, handle: UInt, payload: bytes, tag: bytes, *, settled: bool) -> int:
        """Send a message, in as many frames as it takes; returns its delivery's id."""
        ...

    def forget(self, handle: int) -> None:
        """A link has ended from the broker's side."""
        ...

    def can_write(self) -> bool:
        """Whether what is sent now goes out soon."""
        ...


class Link:
    """What both directions share.

    Attributes:
        name: As the client calls it.
        handle: Of both sides.
    """

    def __init__(self, carrier: Carrier, name: str, handle: int) -> None:
        self.name = name
        self.handle = UInt(handle)
        self.carrier = carrier

    def on_flow(self, flow: Flow) -> None:
        """The client tells its state."""

    def end(self) -> None:
        """The link is gone, whoever ended it."""

    def refuse(self, refusal: Refusal) -> None:
        """End the link with an error."""
        self.end()
        self.carrier.forget(self.handle)
        self.carrier.say(Detach(self.handle, closed=True, error=refusal.error()))


class Inlet(Link):
    """A link on which the client sends.

    Args:
        carrier: Its session.
        name: As the client calls it.
        handle: Of both sides.
        take: Gets each message with its format; raises `Refusal`.
    """

    def __init__(
        self,
        carrier: Carrier,
        name: str,
        handle: int,
        take: Callable[[bytes, int | None], None],
    ) -> None:
        super().__init__(carrier, name, handle)
        self._take = take
        self._count = 0
        self._credit = 0
        self._first: Transfer | None = None
        self._parts: list[bytes] = []
        self._size = 0

    def grant(self) -> None:
        """Let the client send."""
        self._credit = CREDIT
        self.carrier.flow(self.handle, self._count, self._credit)

    def on_flow(self, flow: Flow) -> None:
        """Answer a client that asks how much it may send."""
        if flow.echo:
            self.carrier.flow(self.handle, self._count, self._credit)

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        """Take a part of a message, and the message when it is complete."""
        if transfer.aborted:
            self._first = None
            return
        if self._first is None:
            if transfer.delivery_id is None:
                raise DecodeError("a transfer without a delivery id")
            self._first, self._parts, self._size = transfer, [], 0
        self._size += len(payload)
        if self._size <= LARGEST_MESSAGE:
            self._parts.append(payload)
        if not transfer.more:
            first, self._first = self._first, None
            self._complete(first, settled=bool(first.settled or transfer.settled))

    def _complete(self, first: Transfer, *, settled: bool) -> None:
        self._count = (self._count + 1) % _MODULUS
        self._credit -= 1
        if self._credit <= CREDIT // 2:
            self.grant()
        payload, self._parts = b"".join(self._parts), []
        try:
            check_size(self._size)
            self._take(payload, first.message_format)
        except Refusal as refusal:
            if settled:
                self.refuse(refusal)
                return
            state: Accepted | Rejected = Rejected(refusal.error())
        else:
            state = Accepted()
        if not settled and first.delivery_id is not None:
            self.carrier.say(
                Disposition(RECEIVER, first.delivery_id, None, settled=True, state=state)
            )


class Outlet(Link):
    """A link on which the client receives."""

    def __init__(self, carrier: Carrier, name: str, handle: int) -> None:
        super().__init__(carrier, name, handle)
        self._count = 0
        self._credit = 0
        self._drains = False
        self._echoes = False

    def on_flow(self, flow: Flow) -> None:
        """Credit = its delivery count + its link credit - our delivery count."""
        if flow.link_credit is not None:
            known = self._count if flow.delivery_count is None else int(flow.delivery_count)
            ahead = (known - self._count + _HALF) % _MODULUS - _HALF
            self._credit = max(0, ahead + flow.link_credit)
        self._drains = flow.drain
        self._echoes = self._echoes or flow.echo
        self.wake()

    def wake(self) -> None:
        """There is credit; see whether there is something to send."""

    def room(self) -> int:
        """How many messages may be sent now."""
        return self._credit if self.carrier.can_write() else 0

    def send(self, payload: bytes, tag: bytes, *, settled: bool) -> int:
        """Send a message; returns its delivery's id."""
        self._count = (self._count + 1) % _MODULUS
        self._credit -= 1
        return self.carrier.transfer(self.handle, payload, tag, settled=settled)

    def rest(self) -> None:
        """There is nothing to send: use credit up that is to be drained, answer who asked."""
        if self._drains:
            self._count = (self._count + self._credit) % _MODULUS
            self._credit = 0
        if self._drains or self._echoes:
            self.carrier.flow(self.handle, self._count, self._credit, drain=self._drains)
        self._drains = self._echoes = False


class ReplyOutlet(Outlet):
    """A link on which the client receives answers.

    Attributes:
        target: What its requests name in reply-to.
    """

    def __init__(self, carrier: Carrier, name: str, handle: int, target: str) -> None:
        super().__init__(carrier, name, handle)
        self.target = target
        self._answers: deque[bytes] = deque()

    def answer(self, message: bytes) -> None:
        """Send an answer as soon as there is credit."""
        self._answers.append(message)
        self.wake()

    def wake(self) -> None:
        """Send what waits."""
        while self._answers and self._credit > 0:
            self.send(self._answers.popleft(), self._count.to_bytes(4), settled=True)
        self.rest()
