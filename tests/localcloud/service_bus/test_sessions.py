"""Sessions: who holds which, what is in them, and what is left when a holder goes."""

import pytest

from localcloud.service_bus.errors import Refusal
from localcloud.service_bus.sessions import (
    accept,
    holds,
    keep_state,
    leave,
    listed,
    renew_session,
    seat,
    state_of,
)
from localcloud.service_bus.settling import Fate, renew
from tests.localcloud.service_bus.namespace import Namespace, bodies, message


@pytest.fixture
def chats(namespace: Namespace) -> Namespace:
    """Two sessions with two messages each, one after the other."""
    for body in (b"a1", b"b1", b"a2", b"b2"):
        namespace.send("chats", message(body, session=chr(body[0])))
    return namespace


def test_a_holder_gets_its_sessions_messages_in_order(chats: Namespace) -> None:
    """And no other's."""
    assert bodies(chats.sit("b").rows) == [b"b1", b"b2"]
    assert bodies(chats.sit("a").rows) == [b"a1", b"a2"]


def test_a_session_has_one_holder(chats: Namespace) -> None:
    """A second one is refused, however the first one got it."""
    chats.sit("a")
    with pytest.raises(Refusal, match="cannot be accepted") as refused:
        chats.sit("a")
    assert refused.value.condition == "com.microsoft:session-cannot-be-locked"


def test_any_session_is_that_of_the_oldest_free_message(chats: Namespace) -> None:
    """And whoever waits gets the next one that comes."""
    assert [chats.sit(None).session, chats.sit(None).session] == ["a", "b"]
    waiting = chats.sit(None)
    assert waiting.session is None
    chats.send("chats", message(session="c"))
    seat(chats.broker, chats.queue("chats"))
    assert waiting.session == "c"


def test_a_holder_that_leaves_has_tried_nothing(chats: Namespace) -> None:
    """Its messages come again at once, uncounted."""
    taker = chats.sit("a")
    leave(chats.broker, chats.queue("chats"), "a", taker.holder)
    taker.session = None
    assert [row.deliveries for row in chats.sit("a").rows] == [0, 0]


def test_a_lock_that_runs_out_counts_as_tried(chats: Namespace) -> None:
    """The holder is told; twice is once too often for this queue."""
    queue = chats.queue("chats")
    first = chats.sit("a")
    chats.wait(30)
    assert first.lost
    with pytest.raises(Refusal, match="session lock was lost"):
        holds(chats.broker, queue, "a", first.holder)
    with pytest.raises(Refusal, match="lock supplied is invalid"):
        chats.settle(queue, first.rows[0], Fate.COMPLETE)
    second = chats.sit("a")
    assert [row.deliveries for row in second.rows] == [1, 1]
    chats.wait(30)
    assert chats.sit("a").rows == []
    dead = chats.take(chats.dead("chats"))
    assert bodies(dead) == [b"a1", b"a2"]
    assert {row.reason for row in dead} == {"MaxDeliveryCountExceeded"}


def test_a_renewed_session_keeps_its_messages(chats: Namespace) -> None:
    """They have no lock of their own to renew."""
    queue = chats.queue("chats")
    taker = chats.sit("a")
    chats.wait(20)
    assert renew_session(chats.broker, queue, "a") == chats.clock.now() + 30_000
    chats.wait(20)
    token = taker.rows[1].token
    assert token
    with pytest.raises(Refusal, match="cannot be renewed"):
        renew(chats.broker, queue, token)
    chats.settle(queue, taker.rows[0], Fate.COMPLETE)


def test_a_session_keeps_its_state(chats: Namespace) -> None:
    """Beyond its messages and a restart, until it is cleared."""
    queue = chats.queue("chats")
    taker = chats.sit("empty")
    keep_state(chats.broker, queue, "empty", b"state")
    leave(chats.broker, queue, "empty", taker.holder)
    chats.store.commit()
    chats.restart()
    queue = chats.queue("chats")
    assert state_of(chats.broker, queue, "empty") == b"state"
    assert listed(chats.broker, queue, None) == ["a", "b", "empty"]
    assert listed(chats.broker, queue, chats.clock.now() - 1) == ["empty"]
    assert listed(chats.broker, queue, chats.clock.now()) == []
    holder = chats.sit("empty").holder
    keep_state(chats.broker, queue, "empty", None)
    leave(chats.broker, queue, "empty", holder)
    assert listed(chats.broker, queue, None) == ["a", "b"]


def test_a_session_that_a_killed_broker_had_locked_is_free_in_its_time(chats: Namespace) -> None:
    """Not before, and its messages count as tried."""
    chats.sit("a")
    chats.restart()
    with pytest.raises(Refusal, match="cannot be accepted"):
        accept(chats.broker, chats.queue("chats"), "a", b"other")
    chats.wait(30)
    assert [row.deliveries for row in chats.sit("a").rows] == [1, 1]
