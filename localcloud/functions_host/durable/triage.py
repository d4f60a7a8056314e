"""Sorts the messages of an instance: what becomes history now, what waits, what is too late."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.functions_host.durable.events import Event, EventType, event, finished_task

if TYPE_CHECKING:
    from localcloud.functions_host.durable.episode import History
    from localcloud.functions_host.durable.store import Instance, Message

_CONTROL = frozenset(
    {
        EventType.EXECUTION_TERMINATED,
        EventType.EXECUTION_SUSPENDED,
        EventType.EXECUTION_RESUMED,
    }
)


@dataclass
class Triage:
    """The sorted messages.

    Attributes:
        status: the instance's standing once suspensions and resumptions are applied.
        new: the events of this episode, beginning with OrchestratorStarted; may be empty.
        consumed: the messages that are dealt with.
        terminated: the event that ends the instance at once.
    """

    status: str
    new: list[Event] = field(default_factory=list)
    consumed: list[int] = field(default_factory=list)
    terminated: Event | None = None


def sort_messages(
    instance: Instance, history: History, messages: list[Message], now: str
) -> Triage:
    """Sort an instance's messages; while it is suspended all but control messages wait."""
    triage = Triage(instance.status)
    letters: list[tuple[int, Event]] = []
    for message in messages:
        if message.execution not in {None, instance.execution}:
            triage.consumed.append(message.id)  # for an execution that is over
            continue
        item: Event = json.loads(message.body)
        if item["EventType"] in _CONTROL:
            _control(triage, message.id, item, pending=not history.events)
        else:
            letters.append((message.id, item))
    if triage.terminated is None and triage.status != "Suspended":
        _admit(triage, letters, history, now)
    return triage


def _control(triage: Triage, message: int, item: Event, *, pending: bool) -> None:
    triage.consumed.append(message)
    match item["EventType"]:
        case EventType.EXECUTION_TERMINATED:
            triage.terminated = item
        case EventType.EXECUTION_SUSPENDED:
            triage.status = "Suspended"
        case _ if triage.status == "Suspended":
            triage.status = "Pending" if pending else "Running"


def _admit(triage: Triage, letters: list[tuple[int, Event]], history: History, now: str) -> None:
    unfinished = set(history.unfinished)
    admitted: list[Event] = []
    for number, item in letters:
        triage.consumed.append(number)
        task = finished_task(item)
        if task is not None:
            if task not in unfinished:
                continue  # it was told before
            unfinished.discard(task)
        admitted.append(item)
    # After continue-as-new, events of before wait in front of the new execution's start.
    admitted.sort(key=lambda item: item["EventType"] != EventType.EXECUTION_STARTED)
    if admitted:
        triage.new = [event(EventType.ORCHESTRATOR_STARTED, now), *admitted]
