"""Messages come in: checked, told apart from duplicates, kept; or scheduled for later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.service_bus.amqp.decoding import DecodeError
from localcloud.service_bus.amqp.message import BATCH_FORMAT, Message, pairs_of, parse
from localcloud.service_bus.amqp.types import Symbol, Timestamp
from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.errors import (
    ARGUMENT,
    DECODE,
    MESSAGE_NOT_FOUND,
    NOT_ALLOWED,
    RESOURCE_LIMIT,
    TOO_LARGE,
    Refusal,
)
from localcloud.service_bus.queues import milliseconds
from localcloud.service_bus.store import ACTIVE, SCHEDULED

LARGEST_MESSAGE = 256 * 1024  # of the Standard tier: "Service Bus quotas"
_LONGEST_ID = 128
_END_OF_TIME = 253_402_300_800_000  # the year 10000, where .NET's time ends
_SCHEDULE, _PARTITION = Symbol("x-opt-scheduled-enqueue-time"), Symbol("x-opt-partition-key")
# What only the broker may say; a sender that says it is not believed.
_OWN = frozenset(
    Symbol(f"x-opt-{name}")
    for name in (
        *("enqueued-time", "sequence-number", "locked-until", "lock-token", "message-state"),
        *("scheduled-enqueue-time", "deadletter-source", "enqueue-sequence-number"),
    )
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A message that may be kept.

    Attributes:
        message: As it came.
        message_id: As it is compared, None without one.
        session: Its session, None without one.
        due: When it is to appear, in milliseconds; None for now.
    """

    message: Message
    message_id: str | None
    session: str | None
    due: int | None


def messages_of(payload: bytes, message_format: int | None) -> list[Message]:
    """The message that a transfer carries, or the many of a batch.

    Raises:
        Refusal: It is none, or too large.
    """
    check_size(len(payload))
    try:
        message = parse(payload)
        if (message_format or 0) != BATCH_FORMAT:
            return [message]
        return [parse(one) for one in message.data]
    except DecodeError as error:
        raise Refusal(DECODE, f"The message cannot be read: {error}.") from error


def check_size(size: int) -> None:
    """Refuse what is too large.

    Raises:
        Refusal: It is.
    """
    if size > LARGEST_MESSAGE:
        raise Refusal(
            TOO_LARGE,
            f"The received message (size:{size} bytes) exceeds the limit"
            f" ({LARGEST_MESSAGE} bytes) currently allowed on the link.",
        )


def send(broker: Broker, entity: Entity, messages: Sequence[Message]) -> None:
    """Keep all of the messages, or none.

    Raises:
        Refusal: Not even one of them may be kept.
    """
    _check_entity(entity)
    checked = [check(entity, message) for message in messages]
    _check_room(broker, entity, messages)
    broker.store.begin(durable=True)
    for one in checked:
        _keep(broker, entity, one)
    broker.stir(entity)


def schedule(broker: Broker, entity: Entity, messages: Sequence[Message]) -> list[int]:
    """Keep messages that appear later; returns the number with which each can be cancelled.

    Raises:
        Refusal: One of them may not be kept, or says no time.
    """
    _check_entity(entity)
    checked = [check(entity, message) for message in messages]
    if any(_SCHEDULE not in one.message.annotations for one in checked):
        raise Refusal(ARGUMENT, "A scheduled message has to say when it is to appear.")
    _check_room(broker, entity, messages)
    broker.store.begin(durable=True)
    return [_keep(broker, entity, one) for one in checked]


def cancel(broker: Broker, entity: Entity, numbers: Iterable[int]) -> None:
    """Take scheduled messages back, all or none.

    Raises:
        Refusal: One of them is not scheduled (any more).
    """
    wanted = list(dict.fromkeys(numbers))
    for number in wanted:
        if not broker.store.one(
            "SELECT 1 FROM messages WHERE seq = ? AND entity = ? AND state = ?",
            *(number, entity.key, SCHEDULED),
        ):
            raise Refusal(
                MESSAGE_NOT_FOUND, f"The scheduled message {number} could not be found.", 404
            )
    for number in wanted:
        remove(broker, entity, number)


def remove(broker: Broker, entity: Entity, number: int) -> None:
    """A message is gone."""
    gone = broker.store.returning("DELETE FROM messages WHERE seq = ? RETURNING size", number)
    broker.store.change("DELETE FROM contents WHERE seq = ?", number)
    for (size,) in gone:
        broker.free(entity, size)


def check(entity: Entity, message: Message) -> Checked:
    """Whether the queue takes the message.

    Raises:
        Refusal: It does not.
    """
    session = _identifier(message.field("group_id"), "SessionId")
    partition = _identifier(message.annotations.get(_PARTITION), "PartitionKey")
    if entity.sessions and session is None:
        raise Refusal(
            NOT_ALLOWED,
            "The SessionId was not set on a message, and it cannot be sent to the entity. Entities"
            " that have session support enabled can only receive messages that have the SessionId"
            " set to a valid value.",
        )
    if None not in (session, partition) and session != partition:
        raise Refusal(NOT_ALLOWED, "The PartitionKey has to be equal to the SessionId.")
    due = message.annotations.get(_SCHEDULE)
    if due is not None and not (type(due) is Timestamp and due < _END_OF_TIME):
        raise Refusal(ARGUMENT, "x-opt-scheduled-enqueue-time is no moment.")
    message_id = _identifier(message.field("message_id"), "MessageId")
    return Checked(message, message_id, session if entity.sessions else None, due)


def _identifier(value: Any, name: str) -> str | None:
    """An identifier as text, as Service Bus compares it; it has at most 128 characters."""
    if value is None:
        return None
    text = value.hex() if isinstance(value, bytes) else str(value)
    if len(text) > _LONGEST_ID:
        raise Refusal(ARGUMENT, f"The {name} is longer than {_LONGEST_ID} characters.")
    return text


def _check_entity(entity: Entity) -> None:
    if entity.dead:
        raise Refusal(NOT_ALLOWED, "Messages cannot be sent to a dead-letter queue.")


def _check_room(broker: Broker, entity: Entity, messages: Sequence[Message]) -> None:
    wanted = sum(message.size for message in messages)
    if broker.used[entity.queue.key] + wanted > entity.queue.most_bytes:
        raise Refusal(
            RESOURCE_LIMIT,
            f"The maximum entity size of '{entity.queue.name}' has been reached or exceeded"
            f" ({entity.queue.max_size_in_megabytes} MB).",
            403,
        )


def _keep(broker: Broker, entity: Entity, one: Checked) -> int:
    """Keep a message, unless it is a duplicate; returns its number."""
    now = broker.clock.now()
    if entity.queue.requires_duplicate_detection and one.message_id is not None:
        known = broker.store.one(
            "SELECT seq FROM history WHERE entity = ? AND message_id = ? AND until > ?",
            *(entity.key, one.message_id, now),
        )
        if known:
            return int(known[0])
    later = one.due is not None and one.due > now
    number = _write(broker, entity, one, now, later=later)
    if entity.queue.requires_duplicate_detection and one.message_id is not None:
        window = milliseconds(entity.queue.duplicate_detection_history_time_window)
        broker.store.change(
            "INSERT OR REPLACE INTO history(entity, message_id, until, seq) VALUES (?, ?, ?, ?)",
            *(entity.key, one.message_id, now + window, number),
        )
    broker.used[entity.queue.key] += one.message.size
    return number


def _write(broker: Broker, entity: Entity, one: Checked, now: int, *, later: bool) -> int:
    message = one.message
    ttl = time_to_live(entity, message.ttl)
    appears = one.due if later and one.due is not None else now
    expires = None if ttl is None else appears + ttl
    number = broker.store.insert(
        "INSERT INTO messages(entity, state, session, enqueued, due, expires, ttl, size)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(entity.key, SCHEDULED if later else ACTIVE, one.session, appears),
        *(one.due if later else None, None if later else expires, ttl, message.size),
    )
    kept = {key: value for key, value in message.annotations.items() if key not in _OWN}
    notes, count = pairs_of(kept)
    broker.store.change(
        "INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(number, message.durable, message.priority, notes, count),
        *(message.properties, message.application, message.body),
    )
    broker.expect(one.due if later else expires)
    return number


def time_to_live(entity: Entity, asked: int | None) -> int | None:
    """The shorter of what the message asks for and what the queue gives, in milliseconds."""
    default = entity.queue.default_message_time_to_live
    longest = None if default is None else milliseconds(default)
    return min((value for value in (asked, longest) if value is not None), default=None)
