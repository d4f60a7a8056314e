"""What an orchestration does after each call."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.attempts import Stop, Wait, after_call
from landing_zone.contracts import Outcome, PollTarget, Progress
from landing_zone.retries import RetryPolicy, backoff
from tests.fakes import NOON

POLICY = RetryPolicy(
    max_attempts=4, deadline_seconds=1000.0, poll_seconds=5.0, max_failed_operations=2
)
TARGET = PollTarget(kind="async-operation", url="https://arm/operations/1")
BUSY = Outcome(state="retry", code="AnotherOperationInProgress", message="busy")


def decide(
    outcome: Outcome, *, after: float = 0.0, policy: RetryPolicy = POLICY, **progress: Any
) -> Wait | Stop:
    """The decision so many seconds after the start."""
    so_far = Progress(started_at=NOON, **progress)
    return after_call(policy, so_far, outcome, NOON + timedelta(seconds=after), "tenant-a")


def waited(decision: Wait | Stop) -> Wait:
    """The decision, which is to wait."""
    assert isinstance(decision, Wait)
    return decision


def stopped(decision: Wait | Stop) -> Stop:
    """The decision, which is to stop."""
    assert isinstance(decision, Stop)
    return decision


@pytest.mark.parametrize("state", ["done", "failed"])
def test_what_is_over_stops_with_its_outcome(state: Any) -> None:
    """As it was told; the attempt is counted, and nothing is polled any more."""
    hint = "" if state == "done" else "mend it"
    outcome = Outcome(state=state, code="x", message="y", hint=hint, outputs={"a": "b"}, wrote=True)
    stop = stopped(decide(outcome))
    assert stop.outcome == outcome
    assert (stop.progress.attempts, stop.progress.wrote, stop.progress.target) == (1, True, None)


@pytest.mark.parametrize(("code", "word"), [("ScopeLocked", "lock"), ("Unheard", "see the cause")])
def test_failure_never_comes_without_a_hint(code: str, word: str) -> None:
    """That of its code, or a general one."""
    stop = stopped(decide(Outcome(state="failed", code=code, message="no")))
    assert word in stop.outcome.hint


def test_giving_up_hints_at_what_its_code_is_about() -> None:
    """What was believed to pass and did not needs a person just as much."""
    refused = Outcome(state="retry", code="AuthorizationFailed", message="no role")
    stop = stopped(decide(refused, after=700.0))
    assert "grant" in stop.outcome.hint


def test_accepted_work_is_looked_at_when_azure_says() -> None:
    """At its target; beginning counted as an attempt."""
    wait = waited(decide(Outcome(state="pending", target=TARGET, wait=17.0)))
    assert (wait.seconds, wait.progress.target, wait.progress.attempts) == (17.0, TARGET, 1)


def test_accepted_work_is_looked_at_as_the_settings_say_where_azure_says_nothing() -> None:
    """Soon at first, then less often; a wait of zero is none: nobody polls without a pause."""
    silent = Outcome(state="pending", target=TARGET)
    waits = [waited(decide(silent, after=after)).seconds for after in (0.0, 20.0, 600.0)]
    assert waits == [1.0, 2.0, 5.0]
    assert waited(decide(Outcome(state="pending", target=TARGET, wait=0.0))).seconds == 1.0


def test_looking_again_is_no_attempt() -> None:
    """However long Azure works within the deadline."""
    outcome = Outcome(state="pending", target=TARGET, wait=1.0)
    wait = waited(decide(outcome, after=999.0, attempts=4, target=TARGET))
    assert wait.progress.attempts == 4


def test_work_that_never_ends_is_given_up() -> None:
    """A provisioning state can stay at updating for ever."""
    outcome = Outcome(state="pending", target=TARGET)
    stop = stopped(decide(outcome, after=1000.0, attempts=1, target=TARGET))
    assert (stop.outcome.state, stop.outcome.code) == ("failed", "DeadlineExceeded")
    assert stop.outcome.hint


def test_busy_without_a_wait_backs_off_and_begins_again() -> None:
    """As long as the policy's own jittered wait."""
    wait = waited(decide(BUSY, attempts=2))
    assert wait.seconds == backoff(POLICY, 3, "tenant-a")
    assert (wait.progress.attempts, wait.progress.asked_seconds) == (3, 0.0)
    assert wait.cause == "AnotherOperationInProgress: busy"


@given(st.floats(0, 1e6), st.integers(0, 2))
def test_busy_with_a_wait_waits_at_least_that_and_little_more(asked: float, attempts: int) -> None:
    """And that time is not counted against the deadline."""
    outcome = BUSY.model_copy(update={"wait": asked})
    wait = waited(decide(outcome, attempts=attempts, asked_seconds=7.0))
    assert asked < wait.seconds <= asked + POLICY.base_seconds
    assert wait.progress.asked_seconds == 7.0 + wait.seconds


def test_time_that_azure_asked_for_is_not_held_against_the_resource() -> None:
    """A throttled hour leaves the deadline as it was."""
    waited(decide(BUSY, after=4000.0, asked_seconds=3500.0))
    stopped(decide(BUSY, after=4500.0, asked_seconds=3500.0))


def test_last_attempt_stops_with_its_cause() -> None:
    """Given up says what it was given up for, and what to do."""
    stop = stopped(decide(BUSY, attempts=3))
    assert (stop.outcome.state, stop.outcome.code) == ("failed", "AnotherOperationInProgress")
    assert stop.outcome.message == "given up: busy"
    assert stop.outcome.hint
    assert stop.progress.attempts == 4


def test_patience_with_what_could_be_a_mistake_ends_first() -> None:
    """An identity that is not found for a quarter of an hour is not there."""
    policy = RetryPolicy()
    missing = Outcome(state="retry", code="PrincipalNotFound", message="?")
    waited(decide(missing, after=899.0, policy=policy))
    stopped(decide(missing, after=900.0, policy=policy))
    waited(decide(BUSY, after=900.0, policy=policy))


def test_patience_that_ended_says_what_a_person_can_do() -> None:
    """What is deleted and kept is seen as such in minutes, or somebody has to look at it."""
    kept = Outcome(state="retry", code="FlagMustBeSetForRestore", message="soft-deleted")
    policy = RetryPolicy()
    waited(decide(kept, after=299.0, policy=policy))
    stop = stopped(decide(kept, after=300.0, policy=policy))
    assert "purge" in stop.outcome.hint


def test_failed_operations_are_few() -> None:
    """Each took minutes: the second one is the last by these settings."""
    failed = BUSY.model_copy(update={"operation_failed": True})
    wait = waited(decide(failed, attempts=1, target=TARGET))
    assert (wait.progress.failed_operations, wait.progress.target) == (1, None)
    stopped(decide(failed, attempts=1, target=TARGET, failed_operations=1))


def test_failed_look_begins_again_and_that_is_counted() -> None:
    """The look itself is none; the next call begins, and is one."""
    wait = waited(decide(BUSY, attempts=1, target=TARGET))
    assert (wait.progress.target, wait.progress.attempts) == (None, 1)
    assert waited(decide(BUSY, attempts=wait.progress.attempts)).progress.attempts == 2


def test_what_was_once_written_stays_written() -> None:
    """Though the last call wrote nothing."""
    assert stopped(decide(Outcome(state="done"), wrote=True)).progress.wrote


@given(st.lists(st.sampled_from(["busy", "asked", "pending", "broken"]), max_size=30))
def test_attempts_at_one_resource_end(calls: list[str]) -> None:
    """Whatever Azure answers, beginning is tried no more often than the settings allow."""
    outcomes = {
        "busy": BUSY,
        "asked": BUSY.model_copy(update={"wait": 3.0}),
        "pending": Outcome(state="pending", target=TARGET),
        "broken": BUSY.model_copy(update={"operation_failed": True}),
    }
    progress = Progress(started_at=NOON)
    begun = 0
    for call in calls:
        begun += progress.target is None
        decision = after_call(POLICY, progress, outcomes[call], NOON, "a")
        if isinstance(decision, Stop):
            break
        progress = decision.progress
    assert begun <= POLICY.max_attempts
