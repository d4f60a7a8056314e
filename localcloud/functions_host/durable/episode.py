"""One episode of an orchestration, purely: what the worker is asked, and what its answer means."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from localcloud.functions_host.durable.events import (
    NAMES,
    Event,
    EventType,
    encode,
    event,
    finished_task,
    with_played,
)
from localcloud.functions_host.durable.failures import (
    OUT_OF_PROC_DATA,
    orchestrator_details,
    orchestrator_failed,
)
from localcloud.functions_host.durable.shim import (
    Decision,
    OrchestrationFailure,
    Outcome,
    Shim,
)

_WRAPPED = "\n\nThe above exception was the direct cause"
_CONTEXT_TAIL = (
    ',"upperSchemaVersion":1,"upperSchemaVersionNew":2,'
    '"longRunningTimerIntervalDuration":"3.00:00:00","maximumShortTimerDuration":"6.00:00:00",'
    '"defaultHttpAsyncRequestSleepTimeMillseconds":30000}'
)


@dataclass
class History:
    """An execution's history in memory: the events, and their encoded forms for the worker."""

    events: list[Event] = field(default_factory=list)
    encoded: list[str] = field(default_factory=list)
    unfinished: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, bodies: list[str]) -> History:
        """Decode a stored history."""
        history = cls()
        for body in bodies:
            history.append(json.loads(body), body)
        return history

    def append(self, item: Event, encoded: str | None = None) -> None:
        """Add an event and keep account of the tasks that are not finished."""
        self.events.append(item)
        self.encoded.append(encode(item) if encoded is None else encoded)
        if item["EventType"] in {
            EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED, EventType.TIMER_CREATED,
        }:  # fmt: skip
            self.unfinished.add(item["EventId"])
        else:
            finished = finished_task(item)
            if finished is not None:
                self.unfinished.discard(finished)


@dataclass(frozen=True)
class Verdict:
    """How an instance stands after an episode.

    Attributes:
        status: Running, Completed, Failed or ContinuedAsNew.
        output: for an end the output, for ContinuedAsNew the next input; a JSON text.
        custom_status: a JSON text.
        reason: of a failure, as the parent sees it.
        details: of a failure, as the parent sees it.
        decisions: what to start.
        barrier: see `Outcome.barrier`.
    """

    status: str
    output: str | None = None
    custom_status: str | None = None
    reason: str = ""
    details: str = ""
    decisions: tuple[Decision, ...] = ()
    barrier: frozenset[int] = frozenset()


def request(
    history: History, new: list[str], instance: str, raw_input: str | None, parent: str | None
) -> str:
    """Build the orchestrator's input, a JSON text, out of encoded events."""
    played = [with_played(body, played=True) for body in history.encoded]
    fresh = [with_played(body, played=False) for body in new]
    return "".join((
        '{"history":[', ",".join(played + fresh),
        '],"input":', raw_input or "null",
        ',"instanceId":', json.dumps(instance),
        ',"isReplaying":', "true" if played else "false",
        ',"parentInstanceId":', json.dumps(parent),
        _CONTEXT_TAIL,
    ))  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What the worker said: a state, with the error that carried it if there was one."""

    state: dict[str, Any]
    stack: str = ""


def parse_answer(text: str) -> Answer:
    """Read a state that the orchestrator returned.

    Raises:
        OrchestrationFailure: it is no state.
    """
    try:
        state = json.loads(text)
        state["actions"][0]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise OrchestrationFailure(
            "Out of proc orchestrators must return a valid JSON schema"
        ) from error
    return Answer(state)


def parse_failure(name: str, message: str, stack: str) -> Answer:
    """Read the state out of the exception that an orchestrator's failure arrives as.

    Raises:
        OrchestrationFailure: the exception carries no state: it comes from below the orchestrator.
    """
    _, mark, data = message.partition(OUT_OF_PROC_DATA)
    if not mark:
        raise OrchestrationFailure(
            f"Exception while executing function: Functions.{name}: {message}"
        )
    # The SDK wraps the failure to carry the state: what comes before is the app's own trace.
    return Answer(parse_answer(data).state, stack.partition(_WRAPPED)[0])


def judge(name: str, instance: str, execution: str, events: list[Event], answer: Answer) -> Verdict:
    """Turn the orchestrator's state into decisions and a standing."""
    state = answer.state
    custom = json.dumps(state["customStatus"]) if state.get("customStatus") is not None else None
    try:
        outcome = Shim(state["actions"][0], instance, execution).run(events)
    except OrchestrationFailure as failure:
        return fail(name, str(failure), "", custom)
    if not outcome.drained:
        return _go_on(outcome, custom)
    if state.get("error"):
        failed = fail(name, state["error"], answer.stack, custom)
        return _with_decisions(failed, outcome)
    if outcome.continued:
        return _ended("ContinuedAsNew", _serialized(outcome.continued[0]), custom, outcome)
    if state.get("isDone"):
        return _ended("Completed", json.dumps(state.get("output")), custom, outcome)
    return _go_on(outcome, custom)


def _serialized(value: Any) -> str:
    return json.dumps(value)


def _go_on(outcome: Outcome, custom: str | None) -> Verdict:
    return Verdict(
        "Running",
        custom_status=custom,
        decisions=tuple(outcome.decisions),
        barrier=outcome.barrier,
    )


def _ended(status: str, output: str, custom: str | None, outcome: Outcome) -> Verdict:
    return Verdict(status, output, custom, decisions=tuple(outcome.decisions))


def _with_decisions(verdict: Verdict, outcome: Outcome) -> Verdict:
    return Verdict(
        verdict.status, verdict.output, verdict.custom_status, verdict.reason, verdict.details,
        tuple(outcome.decisions),
    )  # fmt: skip


def fail(name: str, error: str, stack: str, custom: str | None = None) -> Verdict:
    """Build the verdict of a failed orchestration."""
    reason = orchestrator_failed(name, error)
    details = orchestrator_details(error, stack)
    return Verdict("Failed", json.dumps(reason), custom, reason, details)


def completed_event(verdict: Verdict, timestamp: str, event_id: int) -> Event:
    """Build the last event of an execution."""
    kind = EventType.EXECUTION_COMPLETED
    return event(
        kind, timestamp, event_id,
        OrchestrationStatus=verdict.status, Result=verdict.output, Name=NAMES[kind],
    )  # fmt: skip
