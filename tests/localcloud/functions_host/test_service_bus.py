"""The Service Bus listener, over a real broker and with Microsoft's own worker and client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.servicebus import ServiceBusMessage

from tests.localcloud.functions_host.bus import Listening, listening, until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A broker and a listener that tests share which do them no harm."""
    with listening(tmp_path_factory.mktemp("listening")) as found:
        yield found


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A broker and a listener of one's own."""
    with listening(tmp_path_factory.mktemp("own")) as found:
        yield found


def noted(given: Listening, what: str, message_id: str, count: int = 1) -> list[dict[str, Any]]:
    """What was noted of a message, once there is so much of it."""

    def find() -> list[dict[str, Any]] | None:
        found = [one for one in given.ledger(what) if one["message_id"] == message_id]
        return found if len(found) >= count else None

    return until(find, f"{what} of {message_id}: {given.host.log()}")


def gone(given: Listening, message_id: str, queue: str = "work") -> None:
    """Wait until a message is no longer in its queue."""
    until(
        lambda: all(one.message_id != message_id for one in given.bus.lying(queue)),
        f"{message_id} to be done with",
    )


def dead(given: Listening, message_id: str, queue: str = "work") -> Any:
    """A message, once it is a dead letter."""
    return until(
        lambda: next(
            (one for one in given.bus.lying(queue, dead=True) if one.message_id == message_id), None
        ),
        f"{message_id} to be a dead letter: {given.host.log()}",
    )


def test_function_gets_the_message_with_all_that_is_known_of_it(shared: Listening) -> None:
    """As the genuine library decodes it; and the message is done with."""
    before = datetime.now(UTC)
    shared.bus.send(
        ServiceBusMessage(
            b"\xff\x00body",
            message_id="whole",
            correlation_id="question",
            content_type="application/octet-stream",
            subject="fine",
            to="someone",
            reply_to="answers",
            reply_to_session_id="session",
            time_to_live=timedelta(hours=2, minutes=3),
            application_properties={"text": "a", "number": 4711, "yes": True},
        )
    )
    [found] = noted(shared, "done", "whole")
    assert (found["type"], found["body"]["value"]) == ("bytes", "/wBib2R5")
    assert (found["correlation_id"], found["content_type"], found["subject"]) == (
        "question",
        "application/octet-stream",
        "fine",
    )
    assert (found["to"], found["reply_to"], found["reply_to_session_id"]) == (
        "someone",
        "answers",
        "session",
    )
    assert (found["delivery_count"], found["label"], found["state"]) == (1, "fine", 0)
    assert found["time_to_live"] == "2:03:00"
    properties = {"text": "a", "number": 4711, "yes": True}
    assert found["application_properties"] == found["user_properties"] == properties
    enqueued = datetime.fromisoformat(found["enqueued_time_utc"])
    locked = datetime.fromisoformat(found["locked_until"])
    assert before - timedelta(seconds=1) <= enqueued < locked
    assert found["sequence_number"] > 0
    assert len(found["lock_token"]) == 36
    gone(shared, "whole")


def test_least_that_a_message_may_be_is_taken(shared: Listening) -> None:
    """Without properties, and without a body."""
    shared.bus.send(ServiceBusMessage(b"", message_id="least"))
    [found] = noted(shared, "done", "least")
    assert (found["body"], found["correlation_id"], found["application_properties"]) == (
        "",
        None,
        {},
    )


def test_body_is_text_unless_bytes_are_asked_for(shared: Listening) -> None:
    """What is no UTF-8 fails before the function sees it, as in Azure, and is a dead letter."""
    shared.bus.send(ServiceBusMessage("größe", message_id="text"), queue="texts")
    shared.bus.send(ServiceBusMessage(b"\xff", message_id="no text"), queue="texts")
    assert noted(shared, "read", "text")[0]["body"] == "größe"
    assert dead(shared, "no text", "texts").dead_letter_reason == "MaxDeliveryCountExceeded"
    assert [one["message_id"] for one in shared.ledger("read")] == ["text"]


def test_message_whose_function_fails_comes_again(shared: Listening) -> None:
    """It knows which delivery it is."""
    shared.bus.send(ServiceBusMessage(b"", message_id="once", subject="fail once"))
    deliveries = [one["delivery_count"] for one in noted(shared, "begun", "once", 2)]
    assert deliveries == [1, 2]
    gone(shared, "once")


def test_message_that_always_fails_is_a_dead_letter(shared: Listening) -> None:
    """After the deliveries that its queue allows, each of them in the log."""
    shared.bus.send(ServiceBusMessage(b"", message_id="never", subject="fail"))
    found = dead(shared, "never")
    assert found.dead_letter_reason == "MaxDeliveryCountExceeded"
    assert [one["delivery_count"] for one in noted(shared, "begun", "never", 3)] == [1, 2, 3]
    shared.host.wait_for_line("work failed on message never of work, delivery 3: ValueError")


def test_message_that_is_not_completed_comes_again(shared: Listening) -> None:
    """Where the function says that it does that itself."""
    shared.bus.send(ServiceBusMessage(b"", message_id="kept"), queue="manual")
    deliveries = [one["delivery_count"] for one in noted(shared, "kept", "kept", 2)]
    assert deliveries == [1, 2]


def test_lock_is_renewed_while_the_function_runs(shared: Listening) -> None:
    """So that it runs once, however long it takes."""
    shared.bus.send(ServiceBusMessage(b"", message_id="long", subject="longer than the lock"))
    noted(shared, "done", "long")
    gone(shared, "long")
    assert len(noted(shared, "begun", "long")) == 1


def test_function_whose_connection_is_not_set_is_named(shared: Listening) -> None:
    """The others run all the same."""
    shared.host.wait_for_line("the listener of never was unable to start: the app setting UNSET")


def test_function_that_is_disabled_is_not_listened_for(shared: Listening) -> None:
    """By the setting that disables it in Azure."""
    shared.host.wait_for_line("function asleep is disabled")


def test_log_holds_no_key(shared: Listening) -> None:
    """Nor what was in a message."""
    key = shared.bus.connection.partition("SharedAccessKey=")[2].partition(";")[0]
    assert key not in shared.host.log()


def test_so_many_run_at_once_and_no_more(own: Listening) -> None:
    """The others wait in the queue."""
    messages = [ServiceBusMessage(b"", message_id=str(i), subject="gate") for i in range(10)]
    own.bus.send(*messages)
    until(lambda: len(own.ledger("begun")) == 4, "four to begin")
    own.bus.send(ServiceBusMessage(b"", message_id="other"), queue="texts")
    noted(own, "read", "other")
    assert len(own.ledger("begun")) == 4
    own.open_gate()
    until(lambda: len(own.ledger("done")) == 10, "all to be done")


def test_kill_in_the_middle_loses_nothing(own: Listening) -> None:
    """What ran comes again, what waited comes, and what was done is done."""
    own.bus.send(ServiceBusMessage(b"", message_id="before"))
    noted(own, "done", "before")
    gone(own, "before")
    messages = [ServiceBusMessage(b"", message_id=str(i), subject="gate") for i in range(6)]
    own.bus.send(*messages)
    until(lambda: len(own.ledger("begun")) == 5, "four to begin")
    own.host.kill()
    own.open_gate()
    own.host.start()
    until(lambda: len({one["message_id"] for one in own.ledger("done")}) == 7, "all to be done")
    until(lambda: not own.bus.lying(), "the queue to be empty")
    assert [one["message_id"] for one in own.ledger("begun")].count("before") == 1
    assert own.bus.lying(dead=True) == []


def test_end_lets_what_runs_finish(own: Listening) -> None:
    """And says so to the broker; nothing else is begun."""
    own.bus.send(ServiceBusMessage(b"", message_id="last", subject="gate"))
    noted(own, "begun", "last")
    process = own.host.process
    assert process is not None
    process.terminate()
    own.host.wait_for_line("host is stopping")
    own.open_gate()
    assert own.host.wait() == 0
    assert len(own.ledger("done")) == 1
    assert own.bus.lying() == []


def test_broker_that_is_gone_for_a_while_is_told_once(own: Listening) -> None:
    """And then it goes on, with what was accepted before and after."""
    own.bus.send(ServiceBusMessage(b"", message_id="under way", subject="gate"))
    noted(own, "begun", "under way")
    own.bus.kill()
    for queue in ("work", "texts", "manual"):
        own.host.wait_for_line(f"queue {queue} cannot be reached")
    own.bus.start()
    own.host.wait_for_line("queue work is reached again")
    own.open_gate()
    own.bus.send(ServiceBusMessage(b"", message_id="after"))
    noted(own, "done", "after")
    gone(own, "under way")
    assert own.host.log().count("cannot be reached") == 3
