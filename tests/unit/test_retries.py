"""Waits and bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.arm_errors import PATIENCE
from landing_zone.retries import RetryPolicy, backoff, exhausted, poll_wait

POLICY = RetryPolicy()


@given(
    st.integers(1, 10_000),
    st.text(max_size=30),
    st.floats(0.01, 100),
    st.floats(0.01, 1000),
)
def test_wait_is_between_half_and_all_of_the_exponential_one(
    attempt: int, name: str, base: float, cap: float
) -> None:
    """And never above the cap, however often it was tried."""
    policy = RetryPolicy(base_seconds=base, cap_seconds=cap)
    full = min(cap, base * 2.0 ** min(attempt - 1, 30))
    assert full / 2 <= backoff(policy, attempt, name) <= full <= cap


@given(st.integers(1, 200), st.text(max_size=30))
def test_same_waiter_always_waits_the_same(attempt: int, name: str) -> None:
    """A replayed orchestration decides as it did."""
    assert backoff(POLICY, attempt, name) == backoff(POLICY, attempt, name)


def test_waiters_sent_away_together_do_not_return_together() -> None:
    """A thousand of them fill the whole spread evenly."""
    waits = [backoff(POLICY, 1, f"tenant-{number}") for number in range(1000)]
    tenths = [int((wait - 1.0) * 10) for wait in waits]
    assert all(60 <= tenths.count(tenth) <= 140 for tenth in range(10))


def test_one_waiter_does_not_keep_its_place_in_the_spread() -> None:
    """Who was unlucky once is not so each time."""
    waits = {backoff(POLICY, attempt, "tenant") for attempt in range(10, 30)}
    assert len(waits) == 20


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0.01, 600))
def test_polls_grow_rarer_within_their_bounds(one: float, other: float, longest: float) -> None:
    """What takes long is looked at less often, and what is over is seen a tenth later at most."""
    policy = RetryPolicy(poll_seconds=longest)
    sooner, later = (poll_wait(policy, elapsed) for elapsed in sorted((one, other)))
    assert longest / 5 <= sooner <= later <= longest
    assert later <= max(longest / 5, max(one, other) / 10)


@pytest.mark.parametrize(
    ("attempts", "seconds", "code", "over"),
    [
        (1, 0.0, "", False),
        (119, 7199.9, "", False),
        (120, 0.0, "", True),
        (1, 7200.0, "", True),
        (1, 899.9, "PrincipalNotFound", False),
        (1, 900.0, "PrincipalNotFound", True),
        (1, 900.0, "AnotherOperationInProgress", False),
    ],
)
def test_bounds(attempts: int, seconds: float, code: str, over: bool) -> None:
    """Attempts, time, and patience with what could be a mistake."""
    assert exhausted(POLICY, attempts, seconds, code) is over


@pytest.mark.parametrize("code", sorted(PATIENCE))
def test_patience_never_outlasts_the_deadline(code: str) -> None:
    """A short deadline stays short."""
    assert exhausted(RetryPolicy(deadline_seconds=5.0), 1, 5.0, code)
