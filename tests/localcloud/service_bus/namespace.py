"""A broker without a network: messages go in and come out as the queues decide."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from localcloud.service_bus.amqp.encoding import described, encode
from localcloud.service_bus.amqp.message import Message, parse
from localcloud.service_bus.amqp.types import Symbol, Timestamp, UInt
from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.delivering import pump
from localcloud.service_bus.queues import parse_queues
from localcloud.service_bus.sending import schedule, send
from localcloud.service_bus.sessions import accept, seat
from localcloud.service_bus.settling import Fate, Settlement, settle
from localcloud.service_bus.store import Row, Store
from localcloud.service_bus.sweeping import sweep
from tests.localcloud.service_bus.clocks import ManualClock

QUEUES = parse_queues("""
queues:
  - {name: Plain, maxDeliveryCount: 3, lockDuration: PT30S}
  - {name: once, requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: PT1M}
  - {name: brief, defaultMessageTimeToLive: PT10S, deadLetteringOnMessageExpiration: true}
  - {name: fleeting, defaultMessageTimeToLive: PT10S}
  - {name: chats, requiresSession: true, maxDeliveryCount: 2, lockDuration: PT30S}
  - {name: small, maxSizeInMegabytes: 1}
""")


def encoded(body: bytes = b"x", **fields: Any) -> bytes:
    """A message: its body, and id, session, ttl (ms), due (ms) or annotations."""
    annotations = dict(fields.get("annotations", {}))
    if "due" in fields:
        annotations[Symbol("x-opt-scheduled-enqueue-time")] = Timestamp(fields["due"])
    properties = [fields.get("id"), *[None] * 9, fields.get("session")]
    ttl = fields.get("ttl")
    return b"".join(
        (
            described(0x70, encode([None, None, None if ttl is None else UInt(ttl)])),
            described(0x72, encode(annotations)),
            described(0x73, encode(properties)),
            described(0x75, encode(body)),
        )
    )


def message(body: bytes = b"x", **fields: Any) -> Message:
    """As `encoded`, read."""
    return parse(encoded(body, **fields))


class Taker:
    """A consumer that keeps what it gets.

    Attributes:
        credit: How many messages it takes more.
        rows: What it has got.
        lost: Whether it has lost its session.
    """

    def __init__(
        self, credit: int = 100, *, deletes: bool = False, session: str | None = None
    ) -> None:
        self.credit = credit
        self.deletes = deletes
        self.session = session
        self.holder = uuid4().bytes
        self.rows: list[Row] = []
        self.lost = False

    def room(self) -> int:
        """What is left of the credit."""
        return self.credit

    def deliver(self, row: Row) -> None:
        """Take it."""
        self.credit -= 1
        self.rows.append(row)

    def rest(self) -> None:
        """Nothing is to be drained."""

    def lose_session(self) -> None:
        """Remember it."""
        self.lost = True
        self.session = None

    def found(self, session: str, _: int) -> None:
        """Take the session."""
        self.session = session


class Namespace:
    """The broker, its clock, and what a client would do."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.clock = ManualClock()
        self.store = Store(state)
        self.broker = Broker(self.store, self.clock, QUEUES)

    def restart(self) -> None:
        """Lose everything that was not committed, as a killed process does."""
        self.store.close()
        self.store = Store(self.state)
        self.broker = Broker(self.store, self.clock, QUEUES)
        sweep(self.broker)

    def queue(self, key: str) -> Entity:
        """A queue or a dead-letter queue."""
        return self.broker.entities[key]

    def dead(self, key: str) -> Entity:
        """The dead-letter queue of a queue."""
        return self.broker.entities[f"{key}/$deadletterqueue"]

    def send(self, key: str, *messages: Message) -> None:
        """Send, acknowledged."""
        send(self.broker, self.queue(key), messages or (message(),))
        self.store.commit()

    def schedule(self, key: str, *messages: Message) -> list[int]:
        """Schedule, acknowledged."""
        numbers = schedule(self.broker, self.queue(key), messages)
        self.store.commit()
        return numbers

    def take(self, entity: Entity, credit: int = 100, **options: Any) -> list[Row]:
        """Receive what there is."""
        taker = Taker(credit, **options)
        entity.consumers.append(taker)
        while not pump(self.broker, entity):
            pass
        entity.consumers.remove(taker)
        self.store.commit()
        return taker.rows

    def sit(self, session: str | None, credit: int = 100) -> Taker:
        """A consumer of the queue with sessions, which stays; without a name it waits for any."""
        entity = self.queue("chats")
        taker = Taker(credit, session=session)
        if session is None:
            entity.waiting.append(taker)
            seat(self.broker, entity)
        else:
            accept(self.broker, entity, session, taker.holder)
        entity.consumers.append(taker)
        pump(self.broker, entity)
        self.store.commit()
        return taker

    def settle(self, entity: Entity, row: Row, fate: Fate, **why: str) -> None:
        """End a lock, confirmed."""
        assert row.token
        settle(self.broker, entity, row.token, Settlement(fate, **why))
        self.store.commit()

    def wait(self, seconds: float) -> None:
        """Let time pass, and what is due be done."""
        self.clock.advance(seconds)
        sweep(self.broker)
        self.store.commit()


def bodies(rows: Sequence[Row]) -> list[bytes]:
    """What the messages hold."""
    return [parse(row.body).data[0] for row in rows]
