"""What becomes of a locked message: completed, abandoned, deferred, dead-lettered or released."""

from dataclasses import dataclass
from enum import StrEnum

from localcloud.service_bus.broker import Broker, Entity, dead_letter_key
from localcloud.service_bus.errors import NOT_ALLOWED, Refusal, lock_lost
from localcloud.service_bus.sending import remove
from localcloud.service_bus.store import ACTIVE, DEFERRED

TOO_OFTEN = "MaxDeliveryCountExceeded"
EXPIRED = "TTLExpiredException"
HELD = "seq, session, state, deliveries, locked, expires"  # the columns of `Held`
_LONGEST_REASON = 4096  # of both: "Overview of Service Bus dead-letter queues"


class Fate(StrEnum):
    """How a receiver ends its lock."""

    COMPLETE = "completed"
    ABANDON = "abandoned"
    DEFER = "defered"  # as the protocol spells it
    DEAD_LETTER = "suspended"
    RELEASE = "released"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a receiver wants.

    Attributes:
        fate: How the lock ends.
        reason: Of a dead letter.
        description: Of a dead letter.
    """

    fate: Fate
    reason: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A message under a valid lock."""

    seq: int
    session: str | None
    state: int
    deliveries: int
    locked: int | None
    expires: int | None


def held(broker: Broker, entity: Entity, token: bytes) -> Held:
    """The message that the token locks.

    Raises:
        Refusal: The lock was lost, or the message is gone.
    """
    found = broker.store.one(
        f"SELECT {HELD} FROM messages WHERE token = ? AND entity = ?",  # noqa: S608
        *(token, entity.key),
    )
    if not found:
        raise lock_lost()
    one = Held(*found)
    until = one.locked if one.session is None else session_until(broker, entity, one.session)
    if until is None or until <= broker.clock.now():
        raise lock_lost()
    return one


def session_until(broker: Broker, entity: Entity, session: str) -> int | None:
    """Until when the session is locked, None where it is not."""
    found = broker.store.one(
        "SELECT locked FROM sessions WHERE entity = ? AND id = ?", entity.key, session
    )
    return found[0] if found else None


def settle(broker: Broker, entity: Entity, token: bytes, wanted: Settlement) -> None:
    """End a lock.

    Raises:
        Refusal: The lock was lost, or the message is in the dead-letter queue already.
    """
    message = held(broker, entity, token)
    match wanted.fate:
        case Fate.COMPLETE:
            remove(broker, entity, message.seq)
        case Fate.ABANDON:
            give_back(broker, entity, message, failed=True)
        case Fate.RELEASE:
            give_back(broker, entity, message, failed=False)
        case Fate.DEFER:
            broker.store.change(
                "UPDATE messages SET state = ?, token = NULL, locked = NULL,"
                " deliveries = deliveries + 1 WHERE seq = ?",
                *(DEFERRED, message.seq),
            )
            broker.expect(message.expires)
        case Fate.DEAD_LETTER:
            _check_not_dead(entity)
            bury(broker, entity, message.seq, wanted.reason, wanted.description)


def _check_not_dead(entity: Entity) -> None:
    if entity.dead:
        raise Refusal(NOT_ALLOWED, "A message in a dead-letter queue cannot be dead-lettered.")


def give_back(broker: Broker, entity: Entity, message: Held, *, failed: bool) -> None:
    """End a lock without an outcome: a deferred message stays so, an active one can be received.

    Args:
        broker: The namespace.
        entity: Where it is.
        message: The message.
        failed: Whether the attempt counts; one too many makes a dead letter.
    """
    deliveries = message.deliveries + failed
    if failed and not entity.dead and deliveries >= entity.queue.max_delivery_count:
        broker.store.change(
            "UPDATE messages SET deliveries = ? WHERE seq = ?", deliveries, message.seq
        )
        described = f"Message could not be consumed after {deliveries} delivery attempts."
        bury(broker, entity, message.seq, TOO_OFTEN, described)
        return
    broker.store.change(
        "UPDATE messages SET token = NULL, locked = NULL, deliveries = ? WHERE seq = ?",
        *(deliveries, message.seq),
    )
    broker.expect(message.expires)
    if message.state == ACTIVE:
        broker.stir(entity)


def bury(
    broker: Broker, entity: Entity, seq: int, reason: str | None, description: str | None
) -> None:
    """Move a message to the dead-letter queue; there it has no session and does not expire."""
    broker.store.change(
        "UPDATE messages SET entity = ?, state = ?, session = NULL, token = NULL, locked = NULL,"
        " expires = NULL, reason = ?, description = ? WHERE seq = ?",
        *(dead_letter_key(entity.queue), ACTIVE, _short(reason), _short(description), seq),
    )
    broker.stir(broker.dead_letters(entity))


def _short(text: str | None) -> str | None:
    return None if text is None else text[:_LONGEST_REASON]


def renew(broker: Broker, entity: Entity, token: bytes) -> int:
    """Lock a message anew; returns until when.

    Raises:
        Refusal: The lock was lost, or it is that of a session.
    """
    message = held(broker, entity, token)
    if message.session is not None:
        raise Refusal(NOT_ALLOWED, "The lock of a message in a session cannot be renewed.")
    until = broker.clock.now() + entity.queue.lock_milliseconds
    broker.store.change("UPDATE messages SET locked = ? WHERE seq = ?", until, message.seq)
    broker.expect(until)
    return until
