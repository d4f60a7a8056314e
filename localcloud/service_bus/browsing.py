"""Messages are looked at, or taken by their number."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.delivering import lock, written
from localcloud.service_bus.errors import MESSAGE_NOT_FOUND, Refusal
from localcloud.service_bus.sending import remove
from localcloud.service_bus.settling import session_until
from localcloud.service_bus.store import DEFERRED, Row

MOST_BYTES = 256 * 1024  # an answer holds as much as a message, and one message at least


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was taken by its number.

    Attributes:
        message: As it is written.
        token: Its lock, None where it is gone.
    """

    message: bytes
    token: bytes | None


def peek(broker: Broker, entity: Entity, first: int, most: int, session: str | None) -> list[bytes]:
    """Messages from a number on, in whatever state, left as they are."""
    return list(_fitting(_peeked(broker, entity, first, most, session)))


def _peeked(
    broker: Broker, entity: Entity, first: int, most: int, session: str | None
) -> Iterator[bytes]:
    condition = "m.entity = ? AND m.seq >= ?"
    values: list[object] = [entity.key, first]
    if session is not None:
        condition += " AND m.session = ?"
        values.append(session)
    for row in broker.store.rows(f"{condition} ORDER BY m.seq LIMIT ?", *values, most):
        yield written(row, _locked_until(broker, entity, row))


def _fitting(messages: Iterator[bytes]) -> Iterator[bytes]:
    total = 0
    for message in messages:
        if total and total + len(message) > MOST_BYTES:
            return
        total += len(message)
        yield message


def _locked_until(broker: Broker, entity: Entity, row: Row) -> int | None:
    if row.token is None or row.session is None:
        return row.locked
    return session_until(broker, entity, row.session)


def take_deferred(
    broker: Broker, entity: Entity, numbers: Iterable[int], session: str | None, *, deletes: bool
) -> list[Taken]:
    """Deferred messages by their numbers, all or none, locked or deleted.

    Raises:
        Refusal: One of them is not there, is not deferred, is locked, or is in another session.
    """
    rows = [_deferred(broker, entity, number, session) for number in dict.fromkeys(numbers)]
    for row in rows:
        if deletes:
            remove(broker, entity, row.seq)
        else:
            lock(broker, entity, row)
    return [Taken(written(row, _locked_until(broker, entity, row)), row.token) for row in rows]


def _deferred(broker: Broker, entity: Entity, number: int, session: str | None) -> Row:
    condition = "m.seq = ? AND m.entity = ? AND m.state = ? AND m.token IS NULL"
    for row in broker.store.rows(condition, number, entity.key, DEFERRED):
        if row.session == session:
            return row
    raise Refusal(
        MESSAGE_NOT_FOUND, f"The deferred message {number} could not be found or is locked.", 404
    )
