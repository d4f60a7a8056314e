"""The decisions of applying one planned resource: what to send, and what an answer means."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from landing_zone.arm_ids import subscription_scope
from landing_zone.differences import Difference, differences, leftovers, value_at
from landing_zone.plan import Resource, Undo, Write
from landing_zone.planning import api_versions
from landing_zone.references import Outputs, known_parts, resolved

_IN_PROGRESS = frozenset(
    {
        "accepted",
        "creating",
        "updating",
        "deleting",
        "running",
        "registering",
        "registeringdns",
        "resolvingdns",
        "provisioning",
        "starting",
        "stopping",
    }
)
_STATE: Final = "properties.provisioningState"
_POWER: Final = "properties.powerState.code"
_POWER_ACTIONS: Final[Mapping[str, str]] = MappingProxyType({"Running": "start", "Stopped": "stop"})


class Request(NamedTuple):
    """One request to ARM.

    Attributes:
        method: PUT, PATCH, POST or DELETE.
        path: The id, with an action behind it where there is one.
        api_version: The api-version.
        body: What is sent.
    """

    method: str
    path: str
    api_version: str
    body: dict[str, Any] | None


def bound(resource: Resource, outputs: Outputs) -> Resource:
    """The resource with its references resolved.

    Raises:
        PermanentError: An output is not known (`UnresolvedReference`).
    """
    values = {"id": resolved(resource.id, outputs), "body": resolved(resource.body, outputs)}
    if resource.recovery is not None:
        kept = resolved(resource.recovery.id, outputs)
        values["recovery"] = resource.recovery.model_copy(update={"id": kept})
    return resource.model_copy(update=values)


def bound_to_go(resource: Resource, outputs: Outputs) -> Resource:
    """The resource as it is needed to take it back: of its body, only what is known is resolved.

    Raises:
        PermanentError: Its id refers to an output that is not known (`UnresolvedReference`).
    """
    body = known_parts(resource.body, outputs)
    return bound(resource.model_copy(update={"body": {}}), outputs).model_copy(
        update={"body": body}
    )


def is_settling(body: Mapping[str, Any] | None) -> bool:
    """Whether ARM is still working on the resource."""
    if body is None:
        return False
    properties = body.get("properties")
    state = properties.get("provisioningState") if isinstance(properties, dict) else None
    state = state or body.get("registrationState")
    return isinstance(state, str) and state.lower() in _IN_PROGRESS


def is_as_wanted(
    resource: Resource, current: dict[str, Any] | None, before: Resource | None = None
) -> bool:
    """Whether nothing needs to be written.

    Args:
        resource: The resource, its references resolved.
        current: What ARM holds; None where there is nothing.
        before: The same resource as it was last applied, where that is known.

    Raises:
        ValueError: ARM does not hold it: it is written on a data plane.
    """
    if current is None:
        _require_in_arm(resource)
        return False
    return next(shortfalls(resource, current, before), None) is None


def shortfalls(
    resource: Resource, current: dict[str, Any], before: Resource | None = None
) -> Iterator[Difference]:
    """All in which what is there is not as wanted: for any of them, it is written.

    Args:
        resource: The resource, its references resolved.
        current: What ARM holds.
        before: The same resource as it was last applied, where that is known: what that asked for
            and this one does not is to go. Tags are not taken away, as those of others are kept.

    Raises:
        ValueError: ARM does not hold it: it is written on a data plane.
    """
    _require_in_arm(resource)
    if resource.write is Write.REGISTER_PROVIDER:
        state = current.get("registrationState")
        if str(state).lower() != "registered":
            yield Difference("registrationState", "Registered", state)
        return
    if resource.write is Write.POWER:
        wanted, power = value_at(resource.body, _POWER), value_at(current, _POWER)
        if power != wanted:
            yield Difference(_POWER, wanted, power)
        return
    if _failed(current):
        yield Difference(_STATE, "Succeeded", value_at(current, _STATE))
    yield from differences(resource.body, current)
    if before is not None and before.write is resource.write is Write.PUT:
        kept = {name: value for name, value in before.body.items() if name != "tags"}
        yield from leftovers(kept, resource.body, current)


def _require_in_arm(resource: Resource) -> None:
    if resource.write.on_data_plane:
        raise _not_in_arm(resource)


def _not_in_arm(resource: Resource) -> ValueError:
    return ValueError(f"{resource.key} is written on a data plane, which ARM does not show")


def _failed(current: dict[str, Any]) -> bool:
    state = value_at(current, _STATE)
    return isinstance(state, str) and state.lower() in {"failed", "canceled"}


def apply_request(resource: Resource, current: dict[str, Any] | None) -> Request:
    """What brings the resource into being.

    Tags that others put on it are sent along, so that a PUT does not erase them.

    Raises:
        ValueError: It is not ours to write in ARM, but the hub reconciler's, or on a data plane.
    """
    match resource.write:
        case Write.REGISTER_PROVIDER:
            return Request("POST", f"{resource.id}/register", resource.api_version, None)
        case Write.MERGE_TAGS:
            body = {"operation": "Merge", **resource.body}
            return Request("PATCH", resource.id, resource.api_version, body)
        case Write.POWER:
            action = _POWER_ACTIONS[value_at(resource.body, _POWER)]
            return Request("POST", f"{resource.id}/{action}", resource.api_version, None)
        case Write.PUT:
            return Request("PUT", resource.id, resource.api_version, _put_body(resource, current))
        case Write.HUB:
            raise ValueError(f"{resource.key} is written by the hub's reconciler alone")
        case Write.SECRET | Write.INDEX:
            raise _not_in_arm(resource)


def recovery_request(resource: Resource) -> Request:
    """What brings back a resource that Azure keeps as a deleted one.

    Raises:
        ValueError: Nothing that is deleted is kept of this one.
    """
    if resource.recovery is None:
        raise ValueError(f"{resource.key} is gone once it is deleted")
    properties = {**resource.body.get("properties", {}), **resource.recovery.properties}
    body = {**resource.body, "properties": properties}
    return Request("PUT", resource.id, resource.api_version, body)


def _put_body(resource: Resource, current: dict[str, Any] | None) -> dict[str, Any] | None:
    if not resource.body:
        return None
    if "tags" not in resource.body or current is None:
        return resource.body
    return {**resource.body, "tags": {**(current.get("tags") or {}), **resource.body["tags"]}}


def undo_requests(
    resource: Resource, current: dict[str, Any] | None, subscription: dict[str, Any] | None = None
) -> tuple[Request, ...]:
    """What takes the resource back, in order; nothing when it is not there.

    Args:
        resource: The resource, its references resolved.
        current: What ARM holds; None where there is nothing.
        subscription: The subscription that an alias stands for: one that is cancelled already is
            not cancelled again, one that cannot be seen is.
    """
    if current is None:
        return ()
    match resource.undo:
        case Undo.KEEP | Undo.HUB | Undo.INDEX:
            return ()
        case Undo.DELETE:
            return (Request("DELETE", resource.id, resource.api_version, None),)
        case Undo.DELETE_TAGS | Undo.RESTORE_TAGS:
            # A subscription that is cancelled takes none, and needs none any more.
            return () if tags_are_back(resource, current) else _tags_back(resource)
        case Undo.RETURN:
            # Joining one group leaves the other (learn: rest/api/managementgroups/
            # management-group-subscriptions/create).
            place = str((resource.former or {})["placement"])
            return (Request("PUT", place, resource.api_version, None),)
        case Undo.CANCEL_SUBSCRIPTION:
            return (*_cancellation(resource, current, subscription), _delete(resource))


def _tags_back(resource: Resource) -> tuple[Request, ...]:
    changes = [("Delete", resource.body)]
    if resource.former is not None:
        changes.append(("Merge", resource.former))
    return tuple(
        Request("PATCH", resource.id, resource.api_version, {"operation": verb, **body})
        for verb, body in changes
    )


def tags_are_back(resource: Resource, current: dict[str, Any]) -> bool:
    """Whether of the tags that a resource merges none is there, but those that were before it."""
    former = _tags(resource.former)
    ours = _tags(resource.body).keys() | former.keys()
    return {name: value for name, value in _tags(current).items() if name in ours} == former


def _tags(body: dict[str, Any] | None) -> dict[str, str]:
    """The tags of a body of the Tags API; their names compare without regard to case."""
    found = value_at(body or {}, "properties.tags") or {}
    return {str(name).lower(): str(value) for name, value in found.items()}


def _delete(resource: Resource) -> Request:
    return Request("DELETE", resource.id, resource.api_version, None)


def vended_subscription(resource: Resource, alias: dict[str, Any] | None) -> str:
    """ARM id of the subscription that an alias stands for; empty for what is no alias."""
    if resource.undo is not Undo.CANCEL_SUBSCRIPTION or alias is None:
        return ""
    subscription = value_at(alias, "properties.subscriptionId")
    return subscription_scope(subscription) if subscription else ""


def _cancellation(
    resource: Resource, alias: dict[str, Any], subscription: dict[str, Any] | None
) -> tuple[Request, ...]:
    scope = vended_subscription(resource, alias)
    cancelled = (subscription or {}).get("state") in {"Warned", "Disabled", "Deleted"}
    if not scope or cancelled:
        return ()
    path = f"{scope}/providers/Microsoft.Subscription/cancel"
    return (Request("POST", path, api_versions.CANCELLATION, None),)


def outputs_of(resource: Resource, current: dict[str, Any]) -> dict[str, str]:
    """The outputs that others refer to, as far as they are there."""
    found = {name: value_at(current, path) for name, path in resource.outputs.items()}
    return {name: str(value) for name, value in found.items() if value}


def is_ready(resource: Resource, current: dict[str, Any] | None) -> bool:
    """Whether the resource's own condition holds."""
    return current is not None and all(
        value_at(current, path) == value for path, value in resource.ready.items()
    )
