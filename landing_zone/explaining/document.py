"""Why an operation does not come on, as JSON: for itself, and for each resource under way."""

from typing import Any, Final

from landing_zone.explaining.holders import holder_of, holder_of_operation
from landing_zone.explaining.judging import Choice, choices
from landing_zone.explaining.standing import Standing
from landing_zone.plan import Resource, Undo, Write
from landing_zone.progress import LiveWait
from landing_zone.references import resolved_where_known

STUCK_SECONDS: Final = 900.0
"""A wait for the same is called stuck after so long: what takes longest, a cluster, takes ten
minutes, and a write to the firewall five."""

_METHODS: Final = {
    Write.PUT: "PUT",
    Write.REGISTER_PROVIDER: "POST",
    Write.MERGE_TAGS: "PATCH",
    Write.HUB: "",
    Write.SECRET: "PUT",
    Write.INDEX: "PUT",
}
_UNDO_METHODS: Final = {
    Undo.DELETE: "DELETE",
    Undo.DELETE_TAGS: "PATCH",
    Undo.CANCEL_SUBSCRIPTION: "POST",
    Undo.INDEX: "DELETE",
    Undo.HUB: "",
    Undo.KEEP: "",
}


def explained(document: dict[str, Any], standing: Standing) -> dict[str, Any]:
    """The document of an operation with why it does not come on."""
    steps = [
        {**step, "resources": [_with_explanation(item, standing) for item in step["resources"]]}
        for step in document["steps"]
    ]
    stuck = sorted(key for key, wait in standing.waits.items() if is_stuck(standing, wait))
    found = operation_explanation(standing)
    return {
        **document,
        "steps": steps,
        "stuck": bool(stuck) or found["stuck"],
        "explanation": {**found, "stuckResources": stuck},
    }


def _with_explanation(item: dict[str, Any], standing: Standing) -> dict[str, Any]:
    key = item["key"]
    if key in standing.waits:
        return {**item, "explanation": resource_explanation(standing, key, item["id"])}
    failed = [one for one in choices(standing, key) if one.safe]
    return {**item, "explanation": {"actions": _actions(failed)}} if failed else item


def operation_explanation(standing: Standing) -> dict[str, Any]:
    """Why the operation itself does not come on."""
    status = standing.status
    wait = status.wait if status is not None else None
    found: dict[str, Any] = {
        "stuck": wait is not None and is_stuck(standing, wait),
        "phase": standing.phase,
        "stage": status.stage if status is not None else "",
        "heldBy": holder_of_operation(standing),
        "asked": [
            {"action": act.deed.value, "resource": act.resource, "at": act.at.isoformat()}
            for act in standing.acts.open
        ],
        "actions": _actions(choices(standing)),
    }
    if wait is not None:
        called = {"activity": wait.activity, "at": wait.at, "code": wait.code}
        found |= {"lastCall": called, **_waiting(wait)}
    return found


def resource_explanation(standing: Standing, key: str, resource_id: str) -> dict[str, Any]:
    """Why a resource does not come on.

    Args:
        standing: How the operation stands.
        key: The resource, which is waiting.
        resource_id: Its ARM id, as far as it is known.
    """
    wait, resource = standing.waits[key], standing.resource(key)
    called = {
        "activity": wait.activity,
        "method": method_of(resource, wait.activity, standing.phase) if resource else "",
        "resource": resource_id,
        "at": wait.at,
        "code": wait.code,
    }
    return {
        "stuck": is_stuck(standing, wait),
        "lastCall": called,
        **_waiting(wait),
        "heldBy": holder_of(standing, wait, key),
        "actions": _actions(choices(standing, key)),
    }


def is_stuck(standing: Standing, wait: LiveWait) -> bool:
    """Whether every call has come to the same for long."""
    return bool(wait.since) and -standing.seconds_until(wait.since) >= STUCK_SECONDS


def method_of(resource: Resource, activity: str, phase: str) -> str:
    """The method of the last call: what a beginning call is to send, once it has looked.

    Empty where we ourselves call nothing, but the hub's reconciler does.
    """
    if resource.write is Write.HUB:
        return ""
    if activity.startswith("poll"):
        return "GET"
    return _UNDO_METHODS[resource.undo] if phase == "undo" else _METHODS[resource.write]


def _waiting(wait: LiveWait) -> dict[str, Any]:
    return {
        "waitsFor": wait.cause,
        "since": wait.since,
        "nextRetry": wait.until,
        "attempts": wait.attempts,
    }


def _actions(found: tuple[Choice, ...] | list[Choice]) -> list[dict[str, Any]]:
    return [{"action": one.deed.value, "safe": one.safe, "why": one.why} for one in found]


def id_of(standing: Standing, key: str) -> str:
    """The ARM id of a resource, as far as it is known; empty where there is none of that name."""
    resource = standing.resource(key)
    if resource is None or standing.status is None:
        return ""
    return resolved_where_known(resource.id, standing.status.outputs)
