"""Time passes: locks run out, scheduled messages appear, others expire, history is forgotten."""

from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.sending import remove
from localcloud.service_bus.sessions import expire
from localcloud.service_bus.settling import EXPIRED, HELD, Held, bury, give_back
from localcloud.service_bus.store import ACTIVE, SCHEDULED

_MOST = 500  # of each kind in one go, so that others have their turn
_FORGETTING = 60_000  # milliseconds; history that has ended only takes room


def sweep(broker: Broker) -> None:
    """Do all that is due, up to a bound, and see to it that the rest is done in time."""
    now = broker.clock.now()
    _sessions(broker, now)
    _locks(broker, now)
    _appearances(broker, now)
    _expiries(broker, now)
    broker.store.change("DELETE FROM history WHERE until <= ?", now)
    broker.due = None
    broker.expect(_next(broker))


def _entity(broker: Broker, key: str) -> Entity | None:
    """The queue, None for one that is not declared any more: its messages wait for it."""
    return broker.entities.get(key)


def _sessions(broker: Broker, now: int) -> None:
    due = broker.store.ask("SELECT entity, id FROM sessions WHERE locked <= ? LIMIT ?", now, _MOST)
    for key, session in due:
        if entity := _entity(broker, key):
            expire(broker, entity, session)
        else:
            broker.store.change(
                "UPDATE sessions SET holder = NULL, locked = NULL WHERE entity = ? AND id = ?",
                *(key, session),
            )


def _locks(broker: Broker, now: int) -> None:
    due = broker.store.ask(
        f"SELECT entity, {HELD} FROM messages WHERE locked <= ? LIMIT ?",  # noqa: S608
        *(now, _MOST),
    )
    for key, *values in due:
        if entity := _entity(broker, key):
            give_back(broker, entity, Held(*values), failed=True)
        else:
            broker.store.change(
                "UPDATE messages SET token = NULL, locked = NULL WHERE seq = ?", values[0]
            )


def _appearances(broker: Broker, now: int) -> None:
    """A scheduled message appears as if it were sent now, with a new number.

    Source: "Message sequencing and timestamps" on learn.microsoft.com.
    """
    due = broker.store.ask(
        "SELECT seq, entity, ttl FROM messages WHERE due <= ? AND state = ? ORDER BY due LIMIT ?",
        *(now, SCHEDULED, _MOST),
    )
    for seq, key, ttl in due:
        number = broker.store.insert(
            "INSERT INTO messages(entity, state, session, enqueued, expires, ttl, size)"
            " SELECT entity, ?, session, ?, ?, ttl, size FROM messages WHERE seq = ?",
            *(ACTIVE, now, None if ttl is None else now + ttl, seq),
        )
        broker.store.change("UPDATE contents SET seq = ? WHERE seq = ?", number, seq)
        broker.store.change("DELETE FROM messages WHERE seq = ?", seq)
        if entity := _entity(broker, key):
            broker.stir(entity)


def _expiries(broker: Broker, now: int) -> None:
    """A message that is locked does not expire under its receiver's hands."""
    due = broker.store.ask(
        "SELECT seq, entity FROM messages WHERE expires <= ? AND token IS NULL LIMIT ?", now, _MOST
    )
    for seq, key in due:
        entity = _entity(broker, key)
        if entity is None:
            broker.store.change("UPDATE messages SET expires = NULL WHERE seq = ?", seq)
        elif entity.queue.dead_lettering_on_message_expiration:
            bury(broker, entity, seq, EXPIRED, "The message expired and was dead lettered.")
        else:
            remove(broker, entity, seq)


def _next(broker: Broker) -> int | None:
    """When something is due next."""
    found = broker.store.one(
        "SELECT MIN(at) FROM (SELECT MIN(locked) AS at FROM messages WHERE locked IS NOT NULL"
        " UNION ALL SELECT MIN(due) FROM messages WHERE due IS NOT NULL"
        " UNION ALL SELECT MIN(expires) FROM messages WHERE expires IS NOT NULL AND token IS NULL"
        " UNION ALL SELECT MIN(locked) FROM sessions WHERE locked IS NOT NULL"
        " UNION ALL SELECT MIN(until) + ? FROM history)",
        _FORGETTING,
    )
    moment: int | None = found[0]
    return moment
