"""`QUEUE/$management`: requests about messages and sessions.

Source: "AMQP 1.0 in Azure Service Bus: request-response-based operations" on learn.microsoft.com.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from localcloud.service_bus.amqp.decoding import DecodeError
from localcloud.service_bus.amqp.message import Message, parse
from localcloud.service_bus.amqp.types import Array, Long, Symbol, Timestamp
from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.browsing import peek, take_deferred
from localcloud.service_bus.errors import (
    ARGUMENT,
    DECODE,
    NOT_ALLOWED,
    NOT_IMPLEMENTED,
    Refusal,
    session_lock_lost,
)
from localcloud.service_bus.sending import cancel, check_size, schedule
from localcloud.service_bus.sessions import (
    holds,
    keep_state,
    listed,
    renew_session,
    state_of,
)
from localcloud.service_bus.settling import Fate, Settlement, held, renew, settle

_OK, _NO_CONTENT = 200, 204
_END_OF_TIME = 253_402_300_800_000  # .NET's, which asks for all sessions
_UUIDS, _LONGS, _TIMESTAMPS = 0x98, 0x81, 0x83
_MOST = 1000
_LARGEST = 2**63 - 1  # of sequence numbers and times

Body = dict[Any, Any]
Answer = tuple[int, Body | None]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        broker: The namespace.
        entity: The queue that is asked about.
        sessions: Those that the caller holds, each with its holder.
    """

    broker: Broker
    entity: Entity
    sessions: Mapping[str, bytes]

    def hold(self, body: Body) -> str:
        """The session that the request names and the caller holds.

        Raises:
            Refusal: It names none, or the lock was lost.
        """
        session = _typed(body, "session-id", str)
        if session not in self.sessions:
            raise session_lock_lost(session)
        holds(self.broker, self.entity, session, self.sessions[session])
        return session


def manage(caller: Caller, request: Message) -> tuple[dict[str, Any], Body | None]:
    """Do what is asked for; returns the application properties and the body of the answer."""
    try:
        operation, asked = _asked(request)
        status, body = operation(caller, asked)
    except Refusal as refusal:
        return {
            "statusCode": refusal.status,
            "statusDescription": str(refusal),
            "errorCondition": Symbol(refusal.condition),
        }, None
    return {"statusCode": status, "statusDescription": "OK"}, body


def _asked(request: Message) -> tuple["Operation", Body]:
    """The operation, and what it is given."""
    name = request.application_properties().get("operation")
    operation = _OPERATIONS.get(name) if isinstance(name, str) else None
    if operation is None:
        raise Refusal(NOT_IMPLEMENTED, f"The operation '{name}' is not supported.", 501)
    if not isinstance(request.value, dict):
        raise Refusal(ARGUMENT, "The request's body is no map.")
    return operation, request.value


def _renew_lock(caller: Caller, body: Body) -> Answer:
    tokens = [token.bytes for token in _items(body, "lock-tokens", UUID)]
    for token in tokens:
        held(caller.broker, caller.entity, token)
    until = [Timestamp(renew(caller.broker, caller.entity, token)) for token in tokens]
    return _OK, {"expirations": Array(tuple(until), _TIMESTAMPS)}


def _update_disposition(caller: Caller, body: Body) -> Answer:
    wanted = Settlement(
        _fate(body), _optional(body, "deadletter-reason"), _optional(body, "deadletter-description")
    )
    if body.get("properties-to-modify"):
        raise Refusal(NOT_IMPLEMENTED, "Properties cannot be modified.", 501)
    if caller.entity.sessions:
        caller.hold(body)
    tokens = [token.bytes for token in _items(body, "lock-tokens", UUID)]
    for token in tokens:
        held(caller.broker, caller.entity, token)
    for token in tokens:
        settle(caller.broker, caller.entity, token, wanted)
    return _OK, None


def _fate(body: Body) -> Fate:
    text = _typed(body, "disposition-status", str)
    known = {Fate.COMPLETE, Fate.ABANDON, Fate.DEFER, Fate.DEAD_LETTER}
    if text not in known:
        raise Refusal(ARGUMENT, f"The disposition status '{text}' is not known.")
    return Fate(text)


def _peek(caller: Caller, body: Body) -> Answer:
    first = _typed(body, "from-sequence-number", int)
    most = _typed(body, "message-count", int)
    if most < 1:
        raise Refusal(ARGUMENT, "The message count is less than 1.")
    session = _optional(body, "session-id")
    found = peek(caller.broker, caller.entity, first, min(most, _MOST), session)
    if not found:
        return _NO_CONTENT, None
    return _OK, {"messages": [{"message": message} for message in found]}


def _receive(caller: Caller, body: Body) -> Answer:
    numbers = _items(body, "sequence-numbers", int)
    mode = _typed(body, "receiver-settle-mode", int)
    session = caller.hold(body) if caller.entity.sessions else None
    taken = take_deferred(caller.broker, caller.entity, numbers, session, deletes=mode == 0)
    messages = [
        {"message": one.message} | ({"lock-token": UUID(bytes=one.token)} if one.token else {})
        for one in taken
    ]
    return _OK, {"messages": messages}


def _schedule(caller: Caller, body: Body) -> Answer:
    given = _typed(body, "messages", list)
    messages = [_embedded(one) for one in given]
    numbers = schedule(caller.broker, caller.entity, messages)
    return _OK, {"sequence-numbers": Array(tuple(map(Long, numbers)), _LONGS)}


def _embedded(given: Any) -> Message:
    data = given.get("message") if isinstance(given, dict) else None
    if not isinstance(data, bytes):
        raise Refusal(ARGUMENT, "A message to schedule is missing.")
    check_size(len(data))
    try:
        return parse(data)
    except DecodeError as error:
        raise Refusal(DECODE, f"The message cannot be read: {error}.") from error


def _cancel(caller: Caller, body: Body) -> Answer:
    cancel(caller.broker, caller.entity, _items(body, "sequence-numbers", int))
    return _OK, None


def _renew_session(caller: Caller, body: Body) -> Answer:
    until = renew_session(caller.broker, caller.entity, caller.hold(body))
    return _OK, {"expiration": Timestamp(until)}


def _get_state(caller: Caller, body: Body) -> Answer:
    return _OK, {"session-state": state_of(caller.broker, caller.entity, caller.hold(body))}


def _set_state(caller: Caller, body: Body) -> Answer:
    session = caller.hold(body)
    state = body.get("session-state")
    if state is not None and not isinstance(state, bytes):
        raise Refusal(ARGUMENT, "The session state is no binary.")
    check_size(len(state or b""))
    keep_state(caller.broker, caller.entity, session, state)
    return _OK, None


def _list_sessions(caller: Caller, body: Body) -> Answer:
    if not caller.entity.sessions:
        raise Refusal(NOT_ALLOWED, "The entity does not require sessions.")
    since = _typed(body, "last-updated-time", int)
    skip, top = _typed(body, "skip", int), _typed(body, "top", int)
    if skip < 0 or top < 1:
        raise Refusal(ARGUMENT, "skip or top is out of range.")
    found = listed(caller.broker, caller.entity, None if since >= _END_OF_TIME - 1 else since)
    page = found[skip : skip + top]
    if not page:
        return _NO_CONTENT, None
    return _OK, {"skip": skip + len(page), "sessions-ids": page}


def _typed[T](body: Body, name: str, kind: type[T]) -> T:
    value = body.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) or not _fits(value):
        raise Refusal(ARGUMENT, f"The request's {name} is missing or of the wrong type.")
    return value


def _optional(body: Body, name: str) -> str | None:
    return None if body.get(name) is None else _typed(body, name, str)


def _items[T](body: Body, name: str, kind: type[T]) -> list[T]:
    """The items of an array, or of a list."""
    value = body.get(name)
    items = list(value.items) if isinstance(value, Array) else value
    if not isinstance(items, list) or not items:
        raise Refusal(ARGUMENT, f"The request's {name} is missing or of the wrong type.")
    return [_typed({name: item}, name, kind) for item in items]


def _fits(value: object) -> bool:
    return not isinstance(value, int) or -_LARGEST <= value <= _LARGEST


Operation = Callable[[Caller, Body], Answer]
_OPERATIONS: dict[str, Operation] = {
    f"com.microsoft:{name}": operation
    for name, operation in {
        "renew-lock": _renew_lock,
        "update-disposition": _update_disposition,
        "peek-message": _peek,
        "receive-by-sequence-number": _receive,
        "schedule-message": _schedule,
        "cancel-scheduled-message": _cancel,
        "renew-session-lock": _renew_session,
        "get-session-state": _get_state,
        "set-session-state": _set_state,
        "get-message-sessions": _list_sessions,
    }.items()
}
