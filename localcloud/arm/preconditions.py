"""What must hold before a resource is written or deleted, whatever its type."""

from http import HTTPStatus
from typing import Any

from landing_zone.arm_ids import normalized
from localcloud.arm.catalogue.model import Reference, ResourceType
from localcloud.arm.errors import ArmError, bad_request, conflict, not_provisioned, other_operation
from localcloud.arm.exchange import Call
from localcloud.arm.operations import status_url
from localcloud.arm.paths import subscription_of
from localcloud.arm.state.bodies import values_at
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

_LOCK = "Microsoft.Authorization/locks"
# Writing a peering leaves the network itself as it is, so others may go on referring to it.
_LEAVES_HOST_READY = frozenset({"microsoft.network/virtualnetworks/virtualnetworkpeerings"})


def check_etag(call: Call, existing: Record | None) -> None:
    """Hold `If-Match` and `If-None-Match` against what is there.

    Raises:
        ArmError: 412.
    """
    wanted, unwanted = call.headers.get("if-match"), call.headers.get("if-none-match")
    present = existing is not None
    failed = bool(unwanted) and present and unwanted in {"*", _quoted(existing)}
    if wanted:
        fits = present and (wanted == "*" or _bare(wanted) == _etag(existing))
        failed = failed or not fits
    if failed:
        raise ArmError(
            HTTPStatus.PRECONDITION_FAILED,
            "PreconditionFailed",
            "The condition set by the If-Match or If-None-Match header is not met.",
        )


def _etag(record: Record | None) -> str:
    return record.etag if record is not None else ""


def _quoted(record: Record | None) -> str:
    return f'W/"{_etag(record)}"'


def _bare(etag: str) -> str:
    return etag.strip().removeprefix("W/").strip('"')


def host_of(resource_id: str, found: ResourceType) -> str:
    """Key of the resource that a write holds: the instance of `found.lock` in the id."""
    if not found.lock:
        return ""
    key = normalized(resource_id)
    for _ in range(found.key.count("/") - found.lock.count("/")):
        key = key.rpartition("/")[0].rpartition("/")[0]
    return key


def check_host_free(cloud: Cloud, call: Call, found: ResourceType, host: str) -> None:
    """Refuse to start while someone else writes the host.

    Raises:
        ArmError: 409 with the type's own code.
    """
    if host and (running := cloud.store.operation_on(host)) is not None:
        raise other_operation(found.conflict, status_url(call, running))


def check_name_free(cloud: Cloud, found: ResourceType, resource_id: str) -> None:
    """Refuse a name that another resource has, where names are unique in all of Azure.

    Raises:
        ArmError: With the type's own status and code.
    """
    if found.taken is not None and name_taken(cloud, found, resource_id) is not None:
        name = resource_id.rpartition("/")[2]
        raise ArmError(found.taken.status, found.taken.code, f"The name '{name}' is already taken.")


def name_taken(cloud: Cloud, found: ResourceType, resource_id: str) -> Record | None:
    """The other resource of a type that has the same name."""
    key = normalized(resource_id)
    name = key.rpartition("/")[2]
    others = (one for one in cloud.store.of_type(found.name) if one.key != key)
    return next((one for one in others if one.name.lower() == name), None)


def check_references(
    cloud: Cloud, found: ResourceType, resource_id: str, body: dict[str, Any], location: str
) -> None:
    """Refuse ids that name nothing, or something that is not ready.

    Raises:
        ArmError: 400, or 409 ReferencedResourceNotProvisioned.
    """
    for reference in found.references:
        for value in values_at(body, reference.path):
            target = _referenced(cloud, reference, resource_id, value)
            _check_ready(cloud, reference, resource_id, target)
            if reference.same_region:
                _check_near(cloud, target, resource_id, location)


def _referenced(cloud: Cloud, reference: Reference, user: str, value: Any) -> Record:
    if not isinstance(value, str) or not value.startswith(("/subscriptions/", "/providers/")):
        message = (
            f"Property id '{value}' at path '{reference.path}' is invalid. Expect fully qualified"
            " resource Id that start with '/subscriptions/{subscriptionId}' or"
            " '/providers/{resourceProviderNamespace}/'."
        )
        raise bad_request("LinkedInvalidPropertyId", message)
    target = cloud.store.get(value)
    fits = target is not None and reference.type.lower() in {"", target.type.lower()}
    if target is None or not fits:
        message = (
            f"Resource {value} referenced by resource {user} was not found. Please make sure that"
            " the referenced resource exists, and that both resources are in the same region."
        )
        raise bad_request("InvalidResourceReference", message)
    return target


def _check_ready(cloud: Cloud, reference: Reference, user: str, target: Record) -> None:
    if not reference.waits:
        return
    running = cloud.store.operation_on(target.key)
    busy = running is not None and running.type.lower() not in _LEAVES_HOST_READY
    if busy or target.state.lower() != "succeeded":
        raise not_provisioned(target.id, user)


def _check_near(cloud: Cloud, target: Record, user: str, location: str) -> None:
    parent = cloud.store.get(target.parent)
    region = target.location or (parent.location if parent is not None else "")
    if region != location or subscription_of(target.id) != subscription_of(user):
        message = (
            f"Resource {target.id} referenced by resource {user} was not found. Please make sure"
            " that the referenced resource exists, and that both resources are in the same region."
        )
        raise bad_request("InvalidResourceReference", message)


def check_unlocked(cloud: Cloud, resource_id: str, *, deleting: bool) -> None:
    """Refuse what a lock at the resource or above it forbids.

    Raises:
        ArmError: 409 ScopeLocked.
    """
    key = normalized(resource_id)
    levels = {"CanNotDelete", "ReadOnly"} if deleting else {"ReadOnly"}
    locks = [
        lock.id
        for lock in cloud.store.of_type(_LOCK)
        if lock.properties["level"] in levels and _covers(lock.parent, key)
    ]
    if locks:
        raise scope_locked(resource_id, locks, "delete" if deleting else "write")


def scope_locked(resource_id: str, locks: list[str], verb: str) -> ArmError:
    """409 for what a lock forbids."""
    scopes = ", ".join(f"'{lock}'" for lock in locks)
    return conflict(
        "ScopeLocked",
        f"The scope '{resource_id}' cannot perform {verb} operation because following scope(s) are"
        f" locked: {scopes}. Please remove the lock and try again.",
    )


def _covers(scope: str, key: str) -> bool:
    return key == scope or key.startswith(scope + "/")
