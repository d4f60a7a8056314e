"""Instances as the management API shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.durable.events import NAMES, Event, EventType

if TYPE_CHECKING:
    from localcloud.functions_host.durable.store import Instance

_SCHEDULED = {
    EventType.TASK_COMPLETED: EventType.TASK_SCHEDULED,
    EventType.TASK_FAILED: EventType.TASK_SCHEDULED,
    EventType.SUB_ORCHESTRATION_COMPLETED: EventType.SUB_ORCHESTRATION_CREATED,
    EventType.SUB_ORCHESTRATION_FAILED: EventType.SUB_ORCHESTRATION_CREATED,
}
_HIDDEN = frozenset({EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED})
_TIDIED = ("EventId", "Version", "Tags", "Correlation", "OrchestrationInstance", "ParentInstance",
           "TimerId", "TaskScheduledId", "RetryOf")  # fmt: skip


def describe(
    instance: Instance, *, show_input: bool, history: list[Event] | None = None
) -> dict[str, Any]:
    """Build the status document of an instance."""
    document = {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status,
        "input": parse(instance.input) if show_input else None,
        "customStatus": parse(instance.custom_status),
        "output": parse(instance.output),
        "createdTime": _seconds(instance.created),
        "lastUpdatedTime": _seconds(instance.updated),
    }
    if history is not None:
        document["historyEvents"] = history
    return document


def _seconds(text: str) -> str:
    return text[:19] + "Z"


def parse(text: str | None) -> Any:
    """Read a JSON text; what is none is shown as it is."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def readable_history(
    events: list[Event], *, show_input: bool, show_output: bool
) -> list[dict[str, Any]]:
    """Shape a history for people: names for numbers, and an end joined with its beginning."""
    begun = {(e["EventType"], e["EventId"]): e for e in events}
    joined: set[int] = set()
    shown: list[dict[str, Any]] = []
    for item in events:
        kind = EventType(item["EventType"])
        if kind in _HIDDEN:
            continue
        entry = {**item, "EventType": NAMES[kind]}
        start = begun.get((_SCHEDULED.get(kind, -1), item.get("TaskScheduledId", -1)))
        if start is not None:
            joined.add(id(start))
            entry["FunctionName"] = start["Name"]
            entry["ScheduledTime"] = start["Timestamp"]
        _tidy(entry, kind, show_input=show_input, show_output=show_output)
        entry["_source"] = id(item)
        shown.append(entry)
    return [e for e in shown if e.pop("_source") not in joined]


def _tidy(entry: dict[str, Any], kind: EventType, *, show_input: bool, show_output: bool) -> None:
    if kind == EventType.EXECUTION_STARTED:
        entry["FunctionName"] = entry.pop("Name")
    if "Result" in entry:
        result = entry.pop("Result")
        if show_output:
            entry["Result"] = parse(result)
    if not show_input:
        entry.pop("Input", None)
    for field in _TIDIED:
        entry.pop(field, None)
