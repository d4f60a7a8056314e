"""Queues: order, locks, delivery counts, dead letters, expiry, duplicates, quota, restarts."""

import sqlite3

import pytest

from localcloud.service_bus.amqp.types import Symbol
from localcloud.service_bus.browsing import peek, take_deferred
from localcloud.service_bus.delivering import pump
from localcloud.service_bus.errors import Refusal
from localcloud.service_bus.sending import cancel, check_size, messages_of, send
from localcloud.service_bus.settling import Fate, renew
from localcloud.service_bus.store import Store
from tests.localcloud.service_bus.namespace import Namespace, Taker, bodies, encoded, message


def test_messages_are_received_in_the_order_of_their_acceptance(namespace: Namespace) -> None:
    """With growing numbers; what is completed is gone."""
    sent = [b"%d" % number for number in range(300)]
    namespace.send("plain", *map(message, sent))
    rows = namespace.take(namespace.queue("plain"), 1000)
    assert bodies(rows) == sent
    numbers = [row.seq for row in rows]
    assert numbers == sorted(numbers)
    for row in rows:
        namespace.settle(namespace.queue("plain"), row, Fate.COMPLETE)
    namespace.restart()
    assert peek(namespace.broker, namespace.queue("plain"), 0, 10, None) == []
    assert namespace.broker.used["plain"] == 0


def test_receivers_take_turns(namespace: Namespace) -> None:
    """Each gets its share, up to its credit."""
    queue = namespace.queue("plain")
    one, two = Taker(2), Taker(10)
    queue.consumers += [one, two]
    namespace.send("plain", *(message() for _ in range(6)))
    pump(namespace.broker, queue)
    assert (len(one.rows), len(two.rows)) == (2, 4)


def test_a_lock_hides_a_message_until_it_expires(namespace: Namespace) -> None:
    """Then it comes again, counted, and the old lock is worth nothing."""
    queue = namespace.queue("plain")
    namespace.send("plain")
    (row,) = namespace.take(queue)
    assert namespace.take(queue) == []
    namespace.wait(29.9)
    assert namespace.take(queue) == []
    namespace.wait(0.1)
    with pytest.raises(Refusal, match="lock supplied is invalid") as refused:
        namespace.settle(queue, row, Fate.COMPLETE)
    assert refused.value.condition == "com.microsoft:message-lock-lost"
    (again,) = namespace.take(queue)
    assert (again.seq, again.deliveries) == (row.seq, 1)
    assert again.token != row.token


def test_an_expired_lock_is_lost_before_anyone_has_noticed(namespace: Namespace) -> None:
    """The clock decides, not when it was looked at."""
    queue = namespace.queue("plain")
    namespace.send("plain")
    (row,) = namespace.take(queue)
    namespace.clock.advance(30)
    with pytest.raises(Refusal, match="invalid"):
        namespace.settle(queue, row, Fate.COMPLETE)


def test_a_renewed_lock_holds_for_its_whole_time(namespace: Namespace) -> None:
    """From the renewal on."""
    queue = namespace.queue("plain")
    namespace.send("plain")
    (row,) = namespace.take(queue)
    namespace.wait(20)
    assert row.token
    assert renew(namespace.broker, queue, row.token) == namespace.clock.now() + 30_000
    namespace.wait(29)
    namespace.settle(queue, row, Fate.COMPLETE)


@pytest.mark.parametrize("fate", [Fate.ABANDON, Fate.RELEASE])
def test_only_an_abandoned_message_counts_as_tried(namespace: Namespace, fate: Fate) -> None:
    """One that is released was never looked at."""
    queue = namespace.queue("plain")
    namespace.send("plain")
    (row,) = namespace.take(queue)
    namespace.settle(queue, row, fate)
    (again,) = namespace.take(queue)
    assert again.deliveries == (1 if fate is Fate.ABANDON else 0)


def test_a_message_that_fails_too_often_is_a_dead_letter(namespace: Namespace) -> None:
    """After as many deliveries as the queue allows, abandoned or expired."""
    queue, dead = namespace.queue("plain"), namespace.dead("plain")
    namespace.send("plain")
    for attempt in range(3):
        (row,) = namespace.take(queue)
        assert row.deliveries == attempt
        if attempt == 1:
            namespace.wait(31)
        else:
            namespace.settle(queue, row, Fate.ABANDON)
    assert namespace.take(queue) == []
    (row,) = namespace.take(dead)
    assert row.reason == "MaxDeliveryCountExceeded"
    assert row.description == "Message could not be consumed after 3 delivery attempts."
    for _ in range(5):  # there it stays, however often it fails
        namespace.settle(dead, row, Fate.ABANDON)
        (row,) = namespace.take(dead)
    with pytest.raises(Refusal, match="cannot be dead-lettered"):
        namespace.settle(dead, row, Fate.DEAD_LETTER)
    namespace.settle(dead, row, Fate.COMPLETE)


def test_a_dead_letter_keeps_the_reason_that_it_was_given(namespace: Namespace) -> None:
    """And does not expire."""
    queue = namespace.queue("brief")
    namespace.send("brief")
    (row,) = namespace.take(queue)
    namespace.settle(queue, row, Fate.DEAD_LETTER, reason="bad", description="no tenantId")
    namespace.wait(3600)
    (dead,) = namespace.take(namespace.dead("brief"))
    assert (dead.reason, dead.description) == ("bad", "no tenantId")


def test_a_deferred_message_is_received_by_its_number_only(namespace: Namespace) -> None:
    """Locked as any other, and again deferred when its lock ends."""
    queue = namespace.queue("plain")
    namespace.send("plain")
    (row,) = namespace.take(queue)
    namespace.settle(queue, row, Fate.DEFER)
    assert namespace.take(queue) == []
    (taken,) = take_deferred(namespace.broker, queue, [row.seq], None, deletes=False)
    assert taken.token
    with pytest.raises(Refusal, match="could not be found or is locked"):
        take_deferred(namespace.broker, queue, [row.seq], None, deletes=False)
    namespace.wait(31)
    assert namespace.take(queue) == []
    (gone,) = take_deferred(namespace.broker, queue, [row.seq], None, deletes=True)
    assert gone.token is None
    assert peek(namespace.broker, queue, 0, 10, None) == []


def test_receive_and_delete_leaves_nothing(namespace: Namespace) -> None:
    """The message is gone with its delivery."""
    queue = namespace.queue("plain")
    namespace.send("plain")
    (row,) = namespace.take(queue, deletes=True)
    assert row.token is None
    namespace.restart()
    assert peek(namespace.broker, queue, 0, 10, None) == []


@pytest.mark.parametrize(("key", "kept"), [("brief", 1), ("fleeting", 0)])
def test_expired_messages_are_dead_letters_where_the_queue_says_so(
    namespace: Namespace, key: str, kept: int
) -> None:
    """The shorter of both times counts; one that is locked does not expire."""
    queue = namespace.queue(key)
    namespace.send(key, message(b"own", ttl=5_000), message(b"queue", ttl=90_000))
    namespace.wait(5)
    assert bodies([*namespace.take(namespace.dead(key))]) == [b"own"] * kept
    (row,) = namespace.take(queue)
    namespace.wait(5)
    assert namespace.take(namespace.dead(key)) == []
    namespace.settle(queue, row, Fate.ABANDON)
    namespace.wait(0)
    assert namespace.take(queue) == []
    dead = namespace.take(namespace.dead(key))
    assert [(row.reason, bodies([row])) for row in dead] == [
        ("TTLExpiredException", [b"queue"])
    ] * kept
    assert (namespace.broker.used[key] > 0) == bool(kept)


def test_a_message_id_counts_once_within_the_window(namespace: Namespace) -> None:
    """Even when the first one is gone; a message without an id is never a duplicate."""
    queue = namespace.queue("once")
    namespace.send("once", message(b"1", id="a"), message(b"2", id="a"), message(), message())
    rows = namespace.take(queue)
    assert bodies(rows) == [b"1", b"x", b"x"]
    namespace.settle(queue, rows[0], Fate.COMPLETE)
    namespace.restart()
    namespace.wait(59.9)
    namespace.send("once", message(b"3", id="a"))
    namespace.wait(0.1)
    namespace.send("once", message(b"4", id="a"))
    assert b"4" in bodies(namespace.take(queue))
    assert b"3" not in bodies(namespace.take(queue))


def test_a_scheduled_message_appears_with_a_new_number(namespace: Namespace) -> None:
    """At its time, as if it were sent then."""
    queue = namespace.queue("brief")
    due = namespace.clock.now() + 60_000
    (number,) = namespace.schedule("brief", message(b"later", due=due))
    namespace.send("brief", message(b"later too", due=due), message(b"now", due=due - 60_000))
    assert bodies(namespace.take(queue, deletes=True)) == [b"now"]
    namespace.restart()
    namespace.wait(59)
    assert namespace.take(queue) == []
    namespace.wait(1)
    rows = namespace.take(namespace.queue("brief"))
    assert bodies(rows) == [b"later", b"later too"]
    assert number < rows[0].seq
    assert rows[0].enqueued == namespace.clock.now()


def test_a_scheduled_message_can_be_taken_back_until_it_appears(namespace: Namespace) -> None:
    """All that are named, or none."""
    queue = namespace.queue("plain")
    due = namespace.clock.now() + 60_000
    numbers = namespace.schedule("plain", message(due=due), message(b"kept", due=due))
    with pytest.raises(Refusal, match="999"):
        cancel(namespace.broker, queue, [numbers[0], 999])
    cancel(namespace.broker, queue, [numbers[0]])
    namespace.wait(60)
    assert bodies(namespace.take(queue)) == [b"kept"]
    with pytest.raises(Refusal, match="could not be found"):
        cancel(namespace.broker, queue, [numbers[1]])


def test_peeking_shows_every_state_and_changes_none(namespace: Namespace) -> None:
    """From a number on, in order, and no more than fits into an answer."""
    queue = namespace.queue("plain")
    namespace.send("plain", *(message(bytes([n]) * 100_000) for n in range(4)))
    namespace.schedule("plain", message(due=namespace.clock.now() + 60_000))
    first, second = namespace.take(queue, 2)
    namespace.settle(queue, second, Fate.DEFER)
    assert len(peek(namespace.broker, queue, 0, 10, None)) == 2
    assert len(peek(namespace.broker, queue, first.seq + 3, 10, None)) == 2
    assert len(peek(namespace.broker, queue, first.seq + 4, 10, None)) == 1
    assert len(namespace.take(queue)) == 2


def test_a_queue_has_a_size(namespace: Namespace) -> None:
    """What does not fit is refused, until there is room; dead letters take room too."""
    queue = namespace.queue("small")
    large = [message(b"x" * 250_000) for _ in range(4)]
    namespace.send("small", *large)
    with pytest.raises(Refusal, match="maximum entity size") as refused:
        namespace.send("small", large[0])
    assert refused.value.condition == "amqp:resource-limit-exceeded"
    row = namespace.take(queue)[0]
    namespace.settle(queue, row, Fate.DEAD_LETTER)
    namespace.restart()
    with pytest.raises(Refusal, match="maximum entity size"):
        namespace.send("small", large[0])
    (row,) = namespace.take(dead := namespace.dead("small"))
    namespace.settle(dead, row, Fate.COMPLETE)
    namespace.send("small", large[0])


def test_a_batch_is_kept_whole_or_not_at_all(namespace: Namespace) -> None:
    """One message that may not be kept refuses all."""
    with pytest.raises(Refusal, match="SessionId"):
        namespace.send("chats", message(session="a"), message())
    with pytest.raises(Refusal, match="longer than 128"):
        namespace.send("plain", message(), message(id="x" * 129))
    other = message(session="a", annotations={Symbol("x-opt-partition-key"): "other"})
    with pytest.raises(Refusal, match="PartitionKey"):
        namespace.send("chats", other)
    with pytest.raises(Refusal, match="dead-letter queue"):
        namespace.send("plain/$deadletterqueue", message())
    namespace.store.commit()
    assert namespace.take(namespace.queue("plain")) == []
    assert peek(namespace.broker, namespace.queue("chats"), 0, 10, None) == []


def test_a_message_has_a_largest_size() -> None:
    """256 KB, with all that belongs to it."""
    room = 256 * 1024 - len(encoded(b"x" * 1000)) + 1000
    assert len(messages_of(encoded(b"x" * room), None)) == 1
    with pytest.raises(Refusal, match="exceeds the limit") as refused:
        messages_of(encoded(b"x" * (room + 1)), None)
    assert refused.value.condition == "amqp:link:message-size-exceeded"
    check_size(256 * 1024)


def test_what_a_killed_broker_had_acknowledged_is_there(namespace: Namespace) -> None:
    """Messages, locks with their time, counts, deferred and dead ones; what was not, is not."""
    queue = namespace.queue("plain")
    namespace.send("plain", *(message(bytes([n])) for n in range(5)))
    rows = namespace.take(queue, 4)
    namespace.settle(queue, rows[0], Fate.ABANDON)
    namespace.settle(queue, rows[1], Fate.DEFER)
    namespace.settle(queue, rows[2], Fate.DEAD_LETTER, reason="r")
    send(namespace.broker, queue, [message(b"not acknowledged")])
    namespace.restart()
    queue = namespace.queue("plain")
    assert [(b, row.deliveries) for row in namespace.take(queue) for b in bodies([row])] == [
        (b"\0", 1),
        (b"\4", 0),
    ]
    assert [row.reason for row in namespace.take(namespace.dead("plain"))] == ["r"]
    namespace.settle(queue, rows[3], Fate.COMPLETE)  # its lock outlived the broker
    namespace.wait(31)
    assert [row.deliveries for row in namespace.take(queue)] == [2, 1]
    assert take_deferred(namespace.broker, queue, [rows[1].seq], None, deletes=True)


def test_a_state_directory_belongs_to_one_broker(namespace: Namespace) -> None:
    """A second one would take the first one's messages."""
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Store(namespace.state)
