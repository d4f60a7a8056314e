"""Messages go out: chosen in their order, locked for a receiver or deleted, and written."""

from collections import deque
from uuid import uuid4

from localcloud.service_bus.amqp.encoding import encode
from localcloud.service_bus.amqp.message import (
    annotations_section,
    application_section,
    header_section,
    section_map,
)
from localcloud.service_bus.amqp.types import Long, Symbol, Timestamp
from localcloud.service_bus.broker import Broker, Consumer, Entity
from localcloud.service_bus.sending import remove
from localcloud.service_bus.store import ACTIVE, Row

MOST_AT_ONCE = 256
_LONGEST_TTL = 2**32 - 1
_ENQUEUED, _SEQUENCE, _LOCKED, _STATE = (
    encode(Symbol(f"x-opt-{name}"))
    for name in ("enqueued-time", "sequence-number", "locked-until", "message-state")
)
_DUE = encode(Symbol("x-opt-scheduled-enqueue-time"))
_FREE = "m.entity = ? AND m.state = 0 AND m.token IS NULL"


def pump(broker: Broker, entity: Entity) -> bool:
    """Give the entity's messages to those that can take one; returns whether that was all.

    Those without a session take turns.
    """
    if entity.sessions:
        served = [_serve_session(broker, entity, consumer) for consumer in entity.consumers]
        return all(served)
    ready = deque(consumer for consumer in entity.consumers if consumer.room() > 0)
    wanted = min(sum(consumer.room() for consumer in ready), MOST_AT_ONCE)
    if not wanted:
        return True
    rows = list(broker.store.rows(f"{_FREE} ORDER BY m.seq LIMIT ?", entity.key, wanted))
    for row in rows:
        consumer = ready.popleft()
        _hand_over(broker, entity, consumer, row)
        entity.consumers.remove(consumer)
        entity.consumers.append(consumer)
        if consumer.room() > 0:
            ready.append(consumer)
        elif not ready:
            break
    return len(rows) < wanted or wanted < MOST_AT_ONCE


def _serve_session(broker: Broker, entity: Entity, consumer: Consumer) -> bool:
    wanted = min(consumer.room(), MOST_AT_ONCE)
    if wanted <= 0 or consumer.session is None:
        return True
    condition = f"{_FREE} AND m.session = ? ORDER BY m.seq LIMIT ?"
    rows = list(broker.store.rows(condition, entity.key, consumer.session, wanted))
    for row in rows:
        _hand_over(broker, entity, consumer, row)
    return len(rows) < wanted or wanted < MOST_AT_ONCE


def _hand_over(broker: Broker, entity: Entity, consumer: Consumer, row: Row) -> None:
    if consumer.deletes:
        remove(broker, entity, row.seq)
    else:
        lock(broker, entity, row)
    consumer.deliver(row)


def lock(broker: Broker, entity: Entity, row: Row) -> None:
    """Lock a message; in a session the session's lock counts."""
    row.token = uuid4().bytes
    if row.session is None:
        row.locked = broker.clock.now() + entity.queue.lock_milliseconds
    broker.store.change(
        "UPDATE messages SET token = ?, locked = ? WHERE seq = ?",
        *(row.token, row.locked, row.seq),
    )
    broker.expect(row.locked)


def written(row: Row, locked_until: int | None) -> bytes:
    """The message as a receiver gets it."""
    pairs = [
        *(_ENQUEUED, encode(Timestamp(row.enqueued))),
        *(_SEQUENCE, encode(Long(row.seq))),
    ]
    if locked_until is not None:
        pairs += (_LOCKED, encode(Timestamp(locked_until)))
    if row.state != ACTIVE:
        pairs += (_STATE, encode(row.state))
    if row.due is not None:
        pairs += (_DUE, encode(Timestamp(row.due)))
    ttl = None if row.ttl is None else min(row.ttl, _LONGEST_TTL)
    return b"".join(
        (
            header_section(bool(row.durable), row.priority, ttl, row.deliveries),
            annotations_section(row.notes + b"".join(pairs), row.note_count + len(pairs)),
            row.properties,
            _application(row),
            row.body,
        )
    )


def _application(row: Row) -> bytes:
    """The application properties; a dead letter says why it is one."""
    if row.reason is None and row.description is None:
        return row.application
    properties = section_map(row.application)
    for name, value in (
        ("DeadLetterReason", row.reason),
        ("DeadLetterErrorDescription", row.description),
    ):
        if value is not None:
            properties[name] = value
    return application_section(properties)
