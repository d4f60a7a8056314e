"""What an orchestration does after each call: wait and go on, or stop."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from landing_zone.arm_errors import hint_for
from landing_zone.contracts import Outcome, Progress
from landing_zone.retries import RetryPolicy, backoff, exhausted, poll_wait

ASK_AGAIN: Final = "see the cause, then ask for the tenant again"
"""What a person can do where nothing better is known."""


@dataclass(frozen=True)
class Wait:
    """Wait, then call again.

    Attributes:
        seconds: How long.
        cause: Why, for a person.
        progress: How far things have come.
        activity: What was called.
        code: What kind of trouble there is; empty where Azure is at work.
        asked: Whether Azure asked to be left alone for that long.
    """

    seconds: float
    cause: str
    progress: Progress
    activity: str = ""
    code: str = ""
    asked: bool = False


@dataclass(frozen=True)
class Stop:
    """Do not call again.

    Attributes:
        outcome: What it came to: done or failed.
        progress: How far things have come.
    """

    outcome: Outcome
    progress: Progress


def after_call(
    policy: RetryPolicy, progress: Progress, outcome: Outcome, now: datetime, name: str
) -> Wait | Stop:
    """The decision after a call.

    Args:
        policy: The bounds.
        progress: How far things had come before the call.
        outcome: What came of it.
        now: The time.
        name: Whoever waits, which its jitter comes from.
    """
    began = progress.target is None
    answer = f"{outcome.state} {outcome.code}".rstrip()
    reached = progress.model_copy(
        update={
            "attempts": progress.attempts + int(began),
            "failed_operations": progress.failed_operations + int(outcome.operation_failed),
            "wrote": progress.wrote or outcome.wrote,
            "written": progress.written or outcome.written,
            "target": outcome.target if outcome.state == "pending" else None,
            "answer": answer,
            "answered_since": progress.answered_since if progress.answer == answer else now,
        }
    )
    match outcome.state:
        case "done":
            return Stop(outcome, reached)
        case "failed":
            return Stop(outcome.model_copy(update={"hint": _hint(outcome)}), reached)
        case "pending":
            return _poll_later(policy, reached, outcome, now)
        case "retry":
            return _begin_later(policy, reached, outcome, now, name)


def _own_seconds(progress: Progress, now: datetime) -> float:
    return (now - progress.started_at).total_seconds() - progress.asked_seconds


def _poll_later(
    policy: RetryPolicy, progress: Progress, outcome: Outcome, now: datetime
) -> Wait | Stop:
    if exhausted(policy, 0, _own_seconds(progress, now), ""):
        late = _given_up(outcome, "DeadlineExceeded", "Azure is still working on it")
        return Stop(late, progress)
    elapsed = (now - progress.started_at).total_seconds()
    seconds = outcome.wait or poll_wait(policy, elapsed)
    return Wait(seconds, outcome.message or "Azure is working", progress)


def _begin_later(
    policy: RetryPolicy, progress: Progress, outcome: Outcome, now: datetime, name: str
) -> Wait | Stop:
    own = _own_seconds(progress, now)
    too_many_failures = progress.failed_operations >= policy.max_failed_operations
    if too_many_failures or exhausted(policy, progress.attempts, own, outcome.code):
        return Stop(_given_up(outcome, outcome.code, outcome.message), progress)
    own_wait = backoff(policy, progress.attempts, name)
    if outcome.wait is None:
        return Wait(own_wait, _cause(outcome), progress, code=outcome.code)
    # A little more than asked, so that those who were sent away together do not return together.
    seconds = outcome.wait + min(own_wait, policy.base_seconds) / 2
    asked = progress.model_copy(update={"asked_seconds": progress.asked_seconds + seconds})
    return Wait(seconds, _cause(outcome), asked, code=outcome.code, asked=True)


def _cause(outcome: Outcome) -> str:
    return f"{outcome.code}: {outcome.message}" if outcome.code else outcome.message


def _given_up(outcome: Outcome, code: str, message: str) -> Outcome:
    message = f"given up: {message}"
    return Outcome(state="failed", code=code, message=message, hint=_hint(outcome))


def _hint(outcome: Outcome) -> str:
    """What a person can do: nobody is left with a reason alone."""
    return outcome.hint or hint_for(outcome.code) or ASK_AGAIN
