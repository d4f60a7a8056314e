"""How far an operation has come, small enough for a custom status.

The durable extension keeps a custom status of at most 16 KB of UTF-16 text, so what it says of each
resource of the plan stands in the plan's order without a name, times are offsets in seconds and
states are single letters.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from landing_zone.attempts import Wait
from landing_zone.contracts import Contract, ResourceResult

type Phase = Literal["request", "apply", "verify", "undo", "end"]
type Way = Literal["", "one-way", "back"]
type Mark = tuple[str, float | None, float, int]

_LETTERS = {"done": "d", "failed": "f", "skipped": "s", "given-up": "g"}
_STATES = {letter: state for state, letter in _LETTERS.items()}


class LiveWait(Contract):
    """What is waited for: the custom status of a resource's sub-orchestration.

    Attributes:
        started_at: When its work began, ISO 8601.
        cause: What it waits for.
        until: When it will look again, ISO 8601.
        attempts: Calls that began or began again.
        activity: What was called last.
        at: When that was answered, ISO 8601.
        code: What kind of trouble there was; empty where Azure is at work.
        since: Since when every call has come to the same, ISO 8601.
        asked: Whether Azure asked to be left alone until then.
    """

    started_at: str
    cause: str
    until: str
    attempts: int
    activity: str = ""
    at: str = ""
    code: str = ""
    since: str = ""
    asked: bool = False


def live_wait(wait: Wait, now: datetime) -> LiveWait:
    """A wait as it is shown, where it begins now."""
    since = wait.progress.answered_since or now
    return LiveWait(
        started_at=wait.progress.started_at.isoformat(),
        cause=f"waiting {wait.seconds:.3g} s: {wait.cause}",
        until=(now + timedelta(seconds=wait.seconds)).isoformat(),
        attempts=wait.progress.attempts,
        activity=wait.activity,
        at=now.isoformat(),
        code=wait.code,
        since=since.isoformat(),
        asked=wait.asked,
    )


class OperationStatus(Contract):
    """How far an operation has come.

    Attributes:
        started_at: When it began.
        phase: What it is at.
        planned_at: Seconds from the start until the plan was there; None before.
        plan_hash: The plan, once there is one.
        cause: What it waits for, when that is not a resource.
        stage: The stage of its route that it is at; empty for an onboarding.
        final: Whether there is no way back any more.
        wait: What was called and is waited for, when that is not a resource.
        until: The date that it waits for, if it does.
        way: Whether there is a way back from where it is; empty where there is.
        again: Times that what had failed was begun again, as an operator asked for.
        applied: The end of each resource that was made: letter, start, end, attempts.
        undone: The end of each resource that was taken back.
        outputs: What resources have yielded that the ids of others refer to.
    """

    started_at: AwareDatetime
    phase: Phase = "request"
    planned_at: float | None = None
    plan_hash: str = ""
    cause: str = ""
    stage: str = ""
    final: bool = False
    wait: LiveWait | None = None
    until: AwareDatetime | None = None
    way: Way = ""
    again: int = 0
    applied: dict[str, Mark] = Field(default_factory=dict)
    undone: dict[str, Mark] = Field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = Field(default_factory=dict)


class LiveStatus(Contract):
    """The same as the custom status of an operation's orchestration.

    Attributes:
        started_at: When it began.
        phase: What it is at.
        planned_at: Seconds from the start until the plan was there; None before.
        plan_hash: The plan, once there is one.
        cause: What it waits for, when that is not a resource.
        stage: The stage of its route that it is at; empty for an onboarding.
        final: Whether there is no way back from that stage.
        wait: What was called and is waited for, when that is not a resource.
        until: The date that it waits for, if it does.
        way: Whether there is a way back from where it is; empty where there is.
        again: Times that what had failed was begun again, as an operator asked for.
        applied: For each resource of the plan, in its order, its mark as text; empty for none.
        undone: The same for those that were to be taken back.
        outputs: What resources have yielded that the ids of others refer to.
    """

    started_at: AwareDatetime
    phase: Phase = "request"
    planned_at: float | None = None
    plan_hash: str = ""
    cause: str = ""
    stage: str = ""
    final: bool = False
    wait: LiveWait | None = None
    until: AwareDatetime | None = None
    way: Way = ""
    again: int = 0
    applied: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    outputs: dict[str, dict[str, str]] = Field(default_factory=dict)

    def read(self, keys: Sequence[str]) -> OperationStatus:
        """It with names: `keys` are those of the plan, in its order."""
        return OperationStatus(
            started_at=self.started_at,
            phase=self.phase,
            planned_at=self.planned_at,
            plan_hash=self.plan_hash,
            cause=self.cause,
            stage=self.stage,
            final=self.final,
            wait=self.wait and self.wait.model_copy(update={"cause": self.cause}),
            until=self.until,
            way=self.way,
            again=self.again,
            applied=_named(keys, self.applied),
            undone=_named(keys, self.undone),
            outputs=self.outputs,
        )


def _named(keys: Sequence[str], texts: Sequence[str]) -> dict[str, Mark]:
    return {key: _parsed(text) for key, text in zip(keys, texts, strict=False) if text}


def mark_text(started_at: datetime, result: ResourceResult) -> str:
    """A mark as text: `d1.5,61.25,2` (state, start, end, attempts)."""
    letter, begun, ended, attempts = _mark(started_at, result)
    return f"{letter}{'' if begun is None else f'{begun:.10g}'},{ended:.10g},{attempts}"


def _parsed(text: str) -> Mark:
    begun, ended, attempts = text[1:].split(",")
    return text[:1], float(begun) if begun else None, float(ended), int(attempts)


def marks(started_at: datetime, results: Mapping[str, ResourceResult]) -> dict[str, Mark]:
    """The results, each as a mark."""
    return {key: _mark(started_at, result) for key, result in results.items()}


def _mark(started_at: datetime, result: ResourceResult) -> Mark:
    begun = result.started_at
    return (
        _LETTERS[result.state],
        None if begun is None else _offset(started_at, begun),
        _offset(started_at, result.finished_at),
        result.attempts,
    )


def _offset(start: datetime, moment: datetime) -> float:
    return round((moment - start).total_seconds(), 3)


def unmarked(started_at: datetime, mark: Mark) -> dict[str, Any]:
    """A mark as people read it: state, times (ISO 8601, UTC), attempts."""
    letter, begun, ended, attempts = mark
    return {
        "state": _STATES[letter],
        "startedAt": None if begun is None else at(started_at, begun),
        "finishedAt": at(started_at, ended),
        "attempts": attempts,
    }


def at(started_at: datetime, offset: float) -> str:
    """The moment so many seconds after the start, in ISO 8601."""
    return (started_at + timedelta(seconds=offset)).isoformat()


def outputs_of_results(results: Iterable[ResourceResult]) -> dict[str, dict[str, str]]:
    """The outputs of all resources together."""
    found: dict[str, dict[str, str]] = {}
    for result in results:
        found |= result.outputs
    return found
