"""Rewinding a failed orchestration: its failures are taken out of history, and it goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from localcloud.functions_host.durable.events import NAMES, Event, EventType, encode, event

if TYPE_CHECKING:
    from localcloud.functions_host.durable.hub import Effects, Hub
    from localcloud.functions_host.durable.store import Instance

_FAILURES = frozenset({EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_FAILED})


def rewind(hub: Hub, instance: Instance, effects: Effects) -> list[str]:
    """Rewrite the history of a failed instance and its failed children; return all their ids.

    A failed activity loses its scheduling too, so that it runs again; of a retried task all
    attempts and timers go. A failed child keeps its creation: the child is rewound itself and
    reports to the same task.
    """
    events: list[Event] = [json.loads(body) for body in hub.store.history(instance.id)]
    failed = {e["TaskScheduledId"] for e in events if e["EventType"] in _FAILURES}
    attempts = {e["EventId"]: e["RetryOf"] for e in events if "RetryOf" in e}
    chains = {attempts.get(task, task) for task in failed}
    gone = chains | {task for task, first in attempts.items() if first in chains}
    children = _failed_children(hub, events, failed - attempts.keys() - set(attempts.values()))
    gone -= children.keys()
    now = hub.timestamp()
    rewritten = [encode(_rewrite(item, gone, now)) for item in events]
    hub.store.replace_history(instance.id, rewritten)
    hub.store.save_instance(instance.with_(status="Running", output=None, updated=now))
    note = event(EventType.GENERIC, now, Data="Rewind")
    hub.post(effects, instance.id, instance.execution, note)
    rewound = [instance.id]
    for child in children.values():
        rewound += rewind(hub, child, effects)
    return rewound


def _failed_children(hub: Hub, events: list[Event], failed: set[int]) -> dict[int, Instance]:
    """Find the children, by task, that can be rewound in their turn."""
    found: dict[int, Instance] = {}
    for item in events:
        created = item["EventType"] == EventType.SUB_ORCHESTRATION_CREATED
        if created and item["EventId"] in failed:
            child = hub.store.instance(item["InstanceId"])
            if child is not None and child.status == "Failed":
                found[item["EventId"]] = child
    return found


def _rewrite(item: Event, gone: set[int], now: str) -> Event:
    kind = EventType(item["EventType"])
    task = item.get("TaskScheduledId", item.get("TimerId", item["EventId"]))
    ended = kind == EventType.EXECUTION_COMPLETED or kind in _FAILURES
    if ended or task in gone:
        return event(EventType.GENERIC, now, Data=f"Rewound: {NAMES[kind]}")
    return item
