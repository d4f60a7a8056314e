"""Where a request points: its type, its scope, its canonical id; and whether it may point there."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from localcloud.arm.catalogue.model import ResourceType, Scope
from localcloud.arm.errors import (
    ArmError,
    bad_request,
    conflict,
    group_not_found,
    not_found,
    resource_not_found,
    subscription_not_found,
)
from localcloud.arm.exchange import Call
from localcloud.arm.paths import Target, group_of, subscription_of
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

GROUPS = "microsoft.resources/resourcegroups"
SUBSCRIPTIONS = "microsoft.resources/subscriptions"
MANAGEMENT_GROUPS = "microsoft.management/managementgroups"
# What role assignments may be scoped to within a service, though it is no resource.
_DATA_PLANE = {
    "microsoft.search/searchservices": "indexes",
    "microsoft.containerservice/managedclusters": "namespaces",
}
# Registered in every subscription from its beginning.
ALWAYS_REGISTERED = frozenset(
    {
        "microsoft.authorization",
        "microsoft.consumption",
        "microsoft.costmanagement",
        "microsoft.management",
        "microsoft.resources",
        "microsoft.subscription",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """A resource that a request names, there or not.

    Attributes:
        type: Its type.
        id: Its id, in the casing of what exists.
        scope: The scope's id, `""` for the tenant.
        existing: The resource, when it is there.
    """

    type: ResourceType
    id: str
    scope: str
    existing: Record | None

    @property
    def name(self) -> str:
        """The last name."""
        return self.id.rpartition("/")[2]


def type_of(cloud: Cloud, call: Call, target: Target) -> ResourceType:
    """The type that a path names, once the api-version fits it.

    Raises:
        ArmError: There is no such namespace, type or api-version.
    """
    found = cloud.types.get(target.type)
    if found is None:
        namespace = target.namespace.lower()
        if not any(one.namespace.lower() == namespace for one in cloud.types.values()):
            message = f"The resource namespace '{target.namespace}' is invalid."
            raise not_found("InvalidResourceNamespace", message)
        message = (
            f"The resource type '{'/'.join(target.types)}' could not be found in the namespace"
            f" '{target.namespace}' for api version '{call.api_version}'."
        )
        raise bad_request("InvalidResourceType", message)
    check_version(call, found.name, found.versions)
    return found


def check_version(call: Call, name: str, versions: tuple[str, ...]) -> None:
    """Refuse a missing or unknown api-version.

    Raises:
        ArmError: It is.
    """
    if not call.api_version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise bad_request("MissingApiVersionParameter", message)
    if call.api_version in versions:
        return
    supported = ", ".join(versions)
    if name.startswith("Microsoft.Resources/"):
        message = f"The api-version '{call.api_version}' is invalid. The supported versions are"
        raise bad_request("InvalidApiVersionParameter", f"{message} '{supported}'.")
    message = (
        f"No registered resource provider found for API version '{call.api_version}' for type"
        f" '{name.partition('/')[2]}'. The supported api-versions are '{supported}'."
    )
    raise bad_request("NoRegisteredProviderFound", message)


def scope_kind(scope: str) -> Scope:
    """What kind of scope an id is."""
    segments = scope.strip("/").lower().split("/") if scope else []
    match segments:
        case []:
            return Scope.TENANT
        case ["subscriptions", _]:
            return Scope.SUBSCRIPTION
        case ["subscriptions", _, "resourcegroups", _]:
            return Scope.GROUP
        case ["providers", "microsoft.management", "managementgroups", _]:
            return Scope.MANAGEMENT_GROUP
        case _:
            return Scope.RESOURCE


def existing_scope(cloud: Cloud, scope: str) -> str:
    """The canonical id of a scope that is there.

    Raises:
        ArmError: The subscription, the group or the resource is not there.
    """
    if not scope:
        return ""
    if (inner := _within_service(cloud, scope)) is not None:
        return inner
    found = cloud.store.get(scope)
    if found is not None and not hidden(cloud, found):
        return found.id
    subscription = subscription_of(scope)
    if subscription and cloud.store.get(f"/subscriptions/{subscription}") is None:
        raise subscription_not_found(subscription)
    group = group_of(scope)
    if group and cloud.store.get(f"/subscriptions/{subscription}/resourceGroups/{group}") is None:
        raise group_not_found(group)
    if scope_kind(scope) is Scope.MANAGEMENT_GROUP:
        raise management_group_not_found(scope.rpartition("/")[2])
    raise resource_not_found("resource", scope.rpartition("/")[2], group)


def _within_service(cloud: Cloud, scope: str) -> str | None:
    """A scope that only a service's data plane knows, such as an index of a search service."""
    owner, _, name = scope.rpartition("/")
    owner, _, segment = owner.rpartition("/")
    service = cloud.store.get(owner) if owner else None
    if service is None or _DATA_PLANE.get(service.type.lower()) != segment.lower():
        return None
    return f"{service.id}/{segment}/{name}"


def management_group_not_found(name: str) -> ArmError:
    """404 for a management group that is not there."""
    return not_found("ManagementGroupNotFound", f"The management group '{name}' cannot be found.")


def hidden(cloud: Cloud, record: Record) -> bool:
    """Whether a fault keeps a resource from being seen for now."""
    return cloud.now() < float(record.notes.get("hiddenUntil", 0.0))


def place(cloud: Cloud, call: Call, target: Target) -> Place:
    """What a request for one resource points at.

    Raises:
        ArmError: The type, the api-version, the scope or a parent does not fit or exist.
    """
    found = type_of(cloud, call, target)
    scope = existing_scope(cloud, target.scope)
    if scope_kind(scope) not in found.scopes:
        message = f"The resource type '{found.name}' cannot stand at the scope '{scope or '/'}'."
        raise bad_request("InvalidResourceScope", message)
    parent = _parent(cloud, target, found, scope)
    known = cloud.store.get(target.id)
    if known is not None and hidden(cloud, known):
        known = None
    segment = found.name.rpartition("/")[2]
    return Place(found, known.id if known else f"{parent}/{segment}/{target.name}", scope, known)


def _parent(cloud: Cloud, target: Target, found: ResourceType, scope: str) -> str:
    """The id that a resource's own segment follows: of its parent, or of provider in scope."""
    if found.key == GROUPS:
        return scope
    if not found.parent:
        return "" if found.key == SUBSCRIPTIONS else f"{scope}/providers/{found.namespace}"
    parent_id, _, _ = target.id.rpartition("/")
    parent_id, _, _ = parent_id.rpartition("/")
    parent = cloud.store.get(parent_id)
    if parent is None:
        message = (
            f"Can not perform requested operation on nested resource. Parent resource"
            f" '{'/'.join(target.names[:-1])}' not found."
        )
        raise not_found("ParentResourceNotFound", message)
    return parent.id


def check_name(where: Place) -> None:
    """Refuse a name that Azure refuses.

    Raises:
        ArmError: It is one.
    """
    if not re.fullmatch(where.type.name_pattern, where.name):
        message = f"Resource name '{where.name}' is invalid for the type '{where.type.name}'."
        raise bad_request("InvalidResourceName", message)


def check_writable(cloud: Cloud, where: Place) -> None:
    """Refuse a write where the subscription, the provider or the group does not allow it.

    Raises:
        ArmError: One of them does not.
    """
    subscription = subscription_of(where.id)
    if not subscription:
        return
    record = cloud.store.get(f"/subscriptions/{subscription}")
    if record is not None and record.body.get("state") != "Enabled":
        message = (
            f"The subscription '{subscription}' is disabled and therefore marked as read only. You"
            " cannot perform any write actions on this subscription until it is re-enabled."
        )
        raise conflict("ReadOnlyDisabledSubscription", message)
    _check_registered(cloud, where, subscription)
    group = cloud.store.get(f"/subscriptions/{subscription}/resourceGroups/{group_of(where.id)}")
    if group is not None and group.state == "Deleting":
        message = f"The resource group '{group.name}' is in deprovisioning state and cannot"
        raise conflict("ResourceGroupBeingDeleted", f"{message} perform this operation.")


def _check_registered(cloud: Cloud, where: Place, subscription: str) -> None:
    namespace = where.type.namespace
    if namespace.lower() in ALWAYS_REGISTERED:
        return
    record = cloud.store.get(f"/subscriptions/{subscription}/providers/{namespace}")
    if record is None or record.body["registrationState"] not in {"Registered", "Registering"}:
        message = (
            f"The subscription is not registered to use namespace '{namespace}'. See"
            " https://aka.ms/rps-not-found for how to register subscriptions."
        )
        raise ArmError(HTTPStatus.CONFLICT, "MissingSubscriptionRegistration", message)
