"""Results find whoever waits for them."""

from threading import Event

import pytest

from localcloud.demo.models import Result
from localcloud.demo.queues import Letterbox, NoResultError
from tests.localcloud.demo.fake_cloud import FakeCloud, FakeQueues


def result(correlation: str, outcome: str) -> Result:
    """A result."""
    return Result.model_validate({"outcome": outcome, "correlationId": correlation})


def test_results_come_in_order_to_whoever_asked() -> None:
    """Others' are not kept."""
    box = Letterbox("a", "b")
    for one in ("accepted", "active"):
        box.put(result("a", one))
    box.put(result("b", "rejected"))
    box.put(result("somebody else's", "active"))
    assert [box.next("a", 0.0).outcome for _ in range(2)] == ["accepted", "active"]
    assert box.next("b", 0.0).outcome == "rejected"


def test_who_has_waited_long_enough_is_told() -> None:
    """With the queue that was silent."""
    with pytest.raises(NoResultError, match="onboarding-results told nothing of it"):
        Letterbox("a").next("a", 0.0)


def test_a_queue_that_fails_is_told_to_all_who_wait() -> None:
    """Nobody waits until the end."""
    queues = FakeQueues(FakeCloud("active", []))
    queues.trouble = OSError("gone")
    box = Letterbox("a", "b")
    box.fill(queues, Event())
    for one in ("a", "b"):
        with pytest.raises(NoResultError, match="cannot be read: gone"):
            box.next(one, 30.0)
