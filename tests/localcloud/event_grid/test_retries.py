"""What follows a failed attempt, by status and kind of endpoint."""

import pytest

from localcloud.event_grid.model import Subscription
from localcloud.event_grid.retries import Again, GiveUp, Outcome, after, outcome_of
from tests.localcloud.event_grid.fakes import subscription

FUNCTION = Subscription.of(subscription())
HOOK = Subscription.of(subscription(destination={"endpointType": "WebHook", "properties": {}}))


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204])
def test_five_codes_are_a_success(status: int) -> None:
    """And no others."""
    assert outcome_of(status).delivered


@pytest.mark.parametrize(
    ("status", "function", "hook"),
    [
        (205, 10, 10), (301, 10, 10), (500, 10, 10), (429, 10, 10), (409, 10, 10), (415, 10, 10),
        (503, 30, 30), (408, 120, 120), (404, 300, 10),
        (400, "BadRequest", "BadRequest"), (403, "Forbidden", "Forbidden"),
        (413, "RequestEntityTooLarge", "RequestEntityTooLarge"), (401, 300, "Unauthorized"),
    ],
)  # fmt: skip
def test_the_status_decides_whether_and_when(
    status: int, function: int | str, hook: int | str
) -> None:
    """The codes that learn lists are never tried again; some want a longer wait."""
    for expected, whose in ((function, FUNCTION), (hook, HOOK)):
        found = after(outcome_of(status), 1, whose)
        if isinstance(expected, int):
            assert found == Again(expected)
        else:
            assert found == GiveUp(f"UndeliverableDueToHttp{expected}")


@pytest.mark.parametrize("name", ["TimedOut", "SocketError", "ResolutionError"])
def test_no_answer_is_tried_again(name: str) -> None:
    """After 10 seconds at first, and every 12 hours in the end."""
    assert after(Outcome(name), 1, FUNCTION) == Again(10)
    assert after(Outcome(name), 10, FUNCTION) == Again(12 * 3600)
    assert after(Outcome(name), 29, FUNCTION) == Again(12 * 3600)
    assert after(Outcome(name), 30, FUNCTION) == GiveUp("MaxDeliveryAttemptsExceeded")
