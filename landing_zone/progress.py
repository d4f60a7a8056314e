"""How far an operation has come, small enough for a custom status.

The durable extension keeps a custom status of at most 16 KB of UTF-16 text, so what it says of each
resource of the plan stands in the plan's order without a name, times are offsets in seconds and
states are single letters.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from landing_zone.contracts import Contract, ResourceResult
from landing_zone.references import Outputs, newest

type Phase = Literal["request", "apply", "verify", "undo", "end"]
type Mark = tuple[str, float | None, float, int]

_LETTERS = {"done": "d", "failed": "f", "skipped": "s"}
_STATES = {letter: state for state, letter in _LETTERS.items()}


class OperationStatus(Contract):
    """How far an operation has come.

    Attributes:
        started_at: When it began.
        phase: What it is at.
        planned_at: Seconds from the start until the plan was there; None before.
        plan_hash: The plan, once there is one.
        cause: What it waits for, when that is not a resource.
        stage: The stage of its route that it is at; empty for an onboarding.
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


def outputs_of_results(
    results: Iterable[ResourceResult], before: Outputs = MappingProxyType({})
) -> dict[str, dict[str, str]]:
    """The outputs of all resources together.

    Args:
        results: What became of them.
        before: What was known of outputs when their work began.
    """
    return newest(before, (result.outputs for result in results))
