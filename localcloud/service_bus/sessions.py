"""Sessions: who holds which, until when, and what state it has."""

from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.errors import SESSION_CANNOT_BE_LOCKED, Refusal, session_lock_lost
from localcloud.service_bus.settling import HELD, Held, give_back


def accept(broker: Broker, entity: Entity, session: str, holder: bytes) -> int:
    """Lock a session, whether there is a message in it or not; returns until when.

    Raises:
        Refusal: Another holds it.
    """
    now = broker.clock.now()
    found = broker.store.one(
        "SELECT locked FROM sessions WHERE entity = ? AND id = ?", entity.key, session
    )
    if found and found[0] is not None and found[0] > now:
        raise Refusal(
            SESSION_CANNOT_BE_LOCKED,
            f"The requested session '{session}' cannot be accepted. It may be locked by another"
            " receiver.",
            410,
        )
    if found and found[0] is not None:
        expire(broker, entity, session)
    until = now + entity.queue.lock_milliseconds
    broker.store.change(
        "INSERT INTO sessions(entity, id, holder, locked) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET holder = excluded.holder, locked = excluded.locked",
        *(entity.key, session, holder, until),
    )
    broker.expect(until)
    return until


def next_available(broker: Broker, entity: Entity) -> str | None:
    """The session of the oldest message that nobody can get to now, None without one."""
    found = broker.store.one(
        "SELECT session FROM messages WHERE entity = ? AND state = 0 AND token IS NULL"
        " AND session NOT IN (SELECT id FROM sessions WHERE entity = ? AND locked IS NOT NULL)"
        " ORDER BY seq LIMIT 1",
        *(entity.key, entity.key),
    )
    return str(found[0]) if found else None


def seat(broker: Broker, entity: Entity) -> None:
    """Give sessions to those that wait for any."""
    while entity.waiting and (session := next_available(broker, entity)) is not None:
        seeker = entity.waiting.pop(0)
        seeker.found(session, accept(broker, entity, session, seeker.holder))


def holds(broker: Broker, entity: Entity, session: str, holder: bytes) -> None:
    """Make sure that the session is locked by this holder.

    Raises:
        Refusal: It is not (any more).
    """
    found = broker.store.one(
        "SELECT 1 FROM sessions WHERE entity = ? AND id = ? AND holder = ? AND locked > ?",
        *(entity.key, session, holder, broker.clock.now()),
    )
    if not found:
        raise session_lock_lost(session)


def renew_session(broker: Broker, entity: Entity, session: str) -> int:
    """Lock a session anew that is held; returns until when."""
    until = broker.clock.now() + entity.queue.lock_milliseconds
    broker.store.change(
        "UPDATE sessions SET locked = ? WHERE entity = ? AND id = ?", until, entity.key, session
    )
    broker.expect(until)
    return until


def state_of(broker: Broker, entity: Entity, session: str) -> bytes | None:
    """What was kept with the session."""
    found = broker.store.one(
        "SELECT state FROM sessions WHERE entity = ? AND id = ?", entity.key, session
    )
    return found[0] if found else None


def keep_state(broker: Broker, entity: Entity, session: str, state: bytes | None) -> None:
    """Keep something with the session that is held, or nothing."""
    broker.store.begin(durable=True)
    broker.store.change(
        "UPDATE sessions SET state = ?, updated = ? WHERE entity = ? AND id = ?",
        *(state, broker.clock.now(), entity.key, session),
    )


def listed(broker: Broker, entity: Entity, since: int | None) -> list[str]:
    """Sessions with messages or a state; with a moment, those whose state was set after it."""
    if since is not None:
        found = broker.store.ask(
            "SELECT id FROM sessions WHERE entity = ? AND updated > ? ORDER BY id",
            *(entity.key, since),
        )
    else:
        found = broker.store.ask(
            "SELECT session FROM messages WHERE entity = ? AND session IS NOT NULL AND state = 0"
            " UNION SELECT id FROM sessions WHERE entity = ? AND state IS NOT NULL ORDER BY 1",
            *(entity.key, entity.key),
        )
    return [row[0] for row in found]


def leave(broker: Broker, entity: Entity, session: str, holder: bytes) -> None:
    """The holder gives the session up; its messages can be received again, and none was tried.

    Source: "Message sessions" on learn.microsoft.com, table of the delivery count.
    """
    mine = broker.store.one(
        "SELECT 1 FROM sessions WHERE entity = ? AND id = ? AND holder = ?",
        *(entity.key, session, holder),
    )
    if mine:
        _free(broker, entity, session, failed=False)


def expire(broker: Broker, entity: Entity, session: str) -> None:
    """A session's lock has run out: what was received from it counts as tried."""
    for consumer in [one for one in entity.consumers if one.session == session]:
        consumer.lose_session()
    _free(broker, entity, session, failed=True)


def _free(broker: Broker, entity: Entity, session: str, *, failed: bool) -> None:
    locked = broker.store.ask(
        f"SELECT {HELD} FROM messages WHERE entity = ? AND session = ? AND token IS NOT NULL",  # noqa: S608
        *(entity.key, session),
    )
    for values in locked:
        give_back(broker, entity, Held(*values), failed=failed)
    broker.store.change(
        "UPDATE sessions SET holder = NULL, locked = NULL WHERE entity = ? AND id = ?",
        *(entity.key, session),
    )
    broker.store.change(
        "DELETE FROM sessions WHERE entity = ? AND id = ? AND state IS NULL",
        *(entity.key, session),
    )
    broker.stir(entity)
