"""The document that describes an operation to people and to the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from landing_zone.contracts import OperationRef
from landing_zone.graph import critical_path
from landing_zone.plan import Plan, Resource, Step
from landing_zone.progress import LiveWait, Mark, OperationStatus, at, unmarked
from landing_zone.references import resolved_where_known


@dataclass(frozen=True)
class OperationView:
    """Everything that is known of an operation.

    Attributes:
        operation: Which one.
        state: running, succeeded, compensated or failed.
        status: How far it has come; None before it began.
        plan: The plan, once there is one.
        finished_at: When it ended.
        waits: For resources under way: what each waits for.
        code: What kind of trouble, when there was any.
        reason: The trouble, for a person.
        hint: What a person can do about it.
        keys: Those of the plan's resources that the operation was about; None for all.
    """

    operation: OperationRef
    state: str
    status: OperationStatus | None = None
    plan: Plan | None = None
    finished_at: datetime | None = None
    waits: Mapping[str, LiveWait] = field(default_factory=dict)
    code: str = ""
    reason: str = ""
    hint: str = ""
    keys: frozenset[str] | None = None


def operation_document(view: OperationView) -> dict[str, Any]:
    """The operation as JSON: its steps with their resources, times and waits."""
    status = view.status
    document: dict[str, Any] = {
        "operationId": view.operation.operation_id,
        "tenantId": view.operation.tenant_id,
        "kind": view.operation.kind.value,
        "state": view.state,
        "phase": status.phase if status else "request",
        "startedAt": status.started_at.isoformat() if status else None,
        "finishedAt": view.finished_at.isoformat() if view.finished_at else None,
        "seconds": _seconds(view),
        "planHash": view.plan.hash if view.plan else "",
        "criticalPath": _critical_path(view),
        "steps": [_request_step(view), *_planned_steps(view)],
    }
    if status and status.cause:
        document["waitingFor"] = status.cause
    if status and status.final:
        document["onlyForward"] = True
    if view.reason:
        document |= {"code": view.code, "reason": view.reason, "hint": view.hint}
    return document


def _seconds(view: OperationView) -> float | None:
    if view.status is None or view.finished_at is None:
        return None
    return round((view.finished_at - view.status.started_at).total_seconds(), 3)


def _critical_path(view: OperationView) -> dict[str, Any]:
    """The longest chain by the time that each resource really took."""
    if view.plan is None or view.status is None:
        return {"keys": [], "seconds": 0.0}
    applied = view.status.applied
    path = critical_path(view.plan.graph, lambda key: _duration(applied.get(key)))
    return {"keys": list(path.keys), "seconds": round(path.seconds, 3)}


def _duration(mark: Mark | None) -> float:
    if mark is None or mark[1] is None:
        return 0.0
    return mark[2] - mark[1]


def _request_step(view: OperationView) -> dict[str, Any]:
    status = view.status
    planned = status.planned_at if status else None
    state = "done" if planned is not None else "running" if status else "pending"
    if planned is None and view.finished_at is not None:
        state = "failed"
    return {
        "number": int(Step.REQUEST),
        "name": Step.REQUEST.title,
        "state": state,
        "startedAt": status.started_at.isoformat() if status else None,
        "finishedAt": at(status.started_at, planned) if status and planned is not None else None,
        "seconds": planned,
        "resources": [],
    }


def _planned_steps(view: OperationView) -> list[dict[str, Any]]:
    if view.plan is None or view.status is None:
        return []
    by_step: dict[Step, list[dict[str, Any]]] = {}
    for resource in view.plan.resources:
        if view.keys is not None and resource.key not in view.keys:
            continue
        by_step.setdefault(resource.step, []).append(_resource(view, view.status, resource))
    return [_step(step, by_step[step]) for step in sorted(by_step)]


def _step(step: Step, resources: list[dict[str, Any]]) -> dict[str, Any]:
    begun = [item["startedAt"] for item in resources if item["startedAt"]]
    ended = [item["finishedAt"] for item in resources if item["finishedAt"]]
    over = len(ended) == len(resources)
    started_at = min(begun, default=None)
    finished_at = max(ended, default=None) if over else None
    return {
        "number": int(step),
        "name": step.title,
        "state": _step_state({item["state"] for item in resources}, over=over),
        "startedAt": started_at,
        "finishedAt": finished_at,
        "seconds": _between(started_at, finished_at),
        "resources": resources,
    }


def _step_state(states: set[str], *, over: bool) -> str:
    if states <= {"done", "given-up"}:
        return "done"
    if over or states & {"failed", "undone", "left"}:
        return "failed"
    return "pending" if states <= {"waiting"} else "running"


def _between(start: str | None, end: str | None) -> float | None:
    if start is None or end is None:
        return None
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return round(span.total_seconds(), 3)


def _resource(view: OperationView, status: OperationStatus, resource: Resource) -> dict[str, Any]:
    resource_id = resolved_where_known(resource.id, status.outputs)
    item: dict[str, Any] = {
        "key": resource.key,
        "type": resource.type,
        "name": resource_id.rsplit("/", 1)[-1],
        "id": resource_id,
        **_state(view, status, resource),
    }
    wait = view.waits.get(resource.key)
    item["wait"] = None if wait is None else {"cause": wait.cause, "until": wait.until}
    return item


def _state(view: OperationView, status: OperationStatus, resource: Resource) -> dict[str, Any]:
    applied = status.applied.get(resource.key)
    undone = status.undone.get(resource.key)
    if undone is not None:
        found = unmarked(status.started_at, undone)
        return found | {"state": "undone" if found["state"] == "done" else "left"}
    if applied is not None:
        return unmarked(status.started_at, applied)
    wait = view.waits.get(resource.key)
    state = "running" if is_under_way(view.plan, status, resource.key) else "waiting"
    return {
        "state": state,
        "startedAt": wait.started_at if wait else None,
        "finishedAt": None,
        "attempts": wait.attempts if wait else 0,
    }


def is_under_way(plan: Plan | None, status: OperationStatus, key: str) -> bool:
    """Whether a resource's turn has come and it has not ended."""
    if plan is None or key in status.applied or status.phase != "apply":
        return False
    return all(status.applied.get(edge, "")[:1] == ("d",) for edge in plan.graph[key])
