"""A receiver of a queue's messages."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from localcloud.service_bus.amqp.performatives import (
    SENDER,
    Accepted,
    Disposition,
    Modified,
    Outcome,
    Received,
    Rejected,
    Released,
)
from localcloud.service_bus.amqp.types import UInt
from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.delivering import written
from localcloud.service_bus.errors import NOT_IMPLEMENTED, Refusal, lock_lost, session_lock_lost
from localcloud.service_bus.links import Carrier, Outlet
from localcloud.service_bus.sessions import leave
from localcloud.service_bus.settling import Fate, Settlement, session_until, settle
from localcloud.service_bus.store import Row


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that a receiver has and has not settled."""

    entity: Entity
    token: bytes
    outlet: "QueueOutlet"


class QueueOutlet(Outlet):
    """Takes messages from a queue as the client has credit for them.

    Attributes:
        entity: The queue.
        deletes: Whether the client receives and deletes.
        session: The session that it holds, None without one.
        holder: Under which the session is locked.
        unsettled: Where the session of AMQP keeps what is not settled.
    """

    def __init__(
        self,
        carrier: Carrier,
        name: str,
        handle: int,
        broker: Broker,
        entity: Entity,
        unsettled: dict[int, Delivery],
        *,
        deletes: bool,
    ) -> None:
        super().__init__(carrier, name, handle)
        self._broker = broker
        self.entity = entity
        self.unsettled = unsettled
        self._deletes = deletes
        self._session: str | None = None
        self.holder = uuid4().bytes

    @property
    def deletes(self) -> bool:
        """Whether a message is gone when it is sent."""
        return self._deletes

    @property
    def session(self) -> str | None:
        """The session that it holds."""
        return self._session

    def begin(self, session: str | None = None) -> None:
        """Take messages from now on."""
        self._session = session
        self.entity.consumers.append(self)

    def wake(self) -> None:
        """There is credit."""
        self._broker.stir(self.entity)

    def deliver(self, row: Row) -> None:
        """Send a message, which is locked or deleted already."""
        if row.token is None:
            self.send(written(row, None), uuid4().bytes, settled=True)
            return
        until = row.locked
        if row.session is not None:
            until = session_until(self._broker, self.entity, row.session)
        tag = UUID(bytes=row.token).bytes_le
        delivery = self.send(written(row, until), tag, settled=False)
        self.unsettled[delivery] = Delivery(self.entity, row.token, self)

    def lose_session(self) -> None:
        """The session's lock has expired: the link ends."""
        session, self._session = self._session or "", None
        self.refuse(session_lock_lost(session))

    def end(self) -> None:
        """The link is gone; locks of messages stay, that of a session is given up."""
        if self in self.entity.consumers:
            self.entity.consumers.remove(self)
        for number in [n for n, one in self.unsettled.items() if one.outlet is self]:
            del self.unsettled[number]
        if self._session is not None:
            leave(self._broker, self.entity, self._session, self.holder)


def answer(
    broker: Broker, number: UInt, delivery: Delivery | None, state: Received | Outcome | None
) -> Disposition:
    """Settle a delivery as the client wants it; what the client is told then.

    The outcome is echoed, `rejected` without its error; an error says that it could not be done.
    """
    try:
        if delivery is None:
            raise lock_lost()
        settle(broker, delivery.entity, delivery.token, wanted(state))
    except Refusal as refusal:
        return Disposition(SENDER, number, None, settled=True, state=Rejected(refusal.error()))
    told = Rejected() if isinstance(state, Rejected) else state
    return Disposition(SENDER, number, None, settled=True, state=told)


def wanted(state: Received | Outcome | None) -> Settlement:
    """What an outcome means to a queue.

    Raises:
        Refusal: It changes the message, which is not supported.
    """
    match state:
        case Accepted():
            return Settlement(Fate.COMPLETE)
        case Rejected(error):
            info = (error and error.info) or {}
            return Settlement(
                Fate.DEAD_LETTER,
                _text(info, "DeadLetterReason"),
                _text(info, "DeadLetterErrorDescription"),
            )
        case Modified(message_annotations=changes) if changes:
            raise Refusal(NOT_IMPLEMENTED, "Annotations cannot be modified.", 501)
        case Modified(undeliverable_here=True):
            return Settlement(Fate.DEFER)
        case Modified(delivery_failed=True):
            return Settlement(Fate.ABANDON)
        case Modified() | Released() | Received() | None:
            return Settlement(Fate.RELEASE)


def _text(info: dict[object, object], name: str) -> str | None:
    value = info.get(name)
    return value if isinstance(value, str) else None
