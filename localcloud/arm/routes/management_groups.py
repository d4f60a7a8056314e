"""Management groups, and the subscriptions in them."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from localcloud.arm import operations
from localcloud.arm.behaviours.hierarchy import (
    DEEPEST,
    GROUP,
    MEMBER,
    ancestors,
    children_of,
    depth,
    group_id,
    height,
    members_of,
)
from localcloud.arm.errors import bad_request, method_not_allowed, not_found, subscription_not_found
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target
from localcloud.arm.placing import (
    Place,
    check_name,
    hidden,
    management_group_not_found,
    place,
    type_of,
)
from localcloud.arm.routes.listing import page
from localcloud.arm.routes.subscriptions import join_group
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud
from localcloud.arm.writing import check_shape

_DESCENDANT = "Microsoft.Management/managementGroups"


def one(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Answer a request for a management group.

    Raises:
        ArmError: It is refused.
    """
    where = place(cloud, call, target)
    if call.method == "PUT":
        return _put(cloud, call, where)
    if where.existing is None:
        if call.method == "DELETE":
            return Answer(HTTPStatus.NO_CONTENT)
        raise management_group_not_found(where.name)
    match call.method:
        case "GET":
            recurse = call.query.get("$recurse", "").lower() == "true"
            expand = call.query.get("$expand", "")
            return Answer(body=shown(cloud, where.existing, expand, recurse=recurse))
        case "DELETE":
            return _delete(cloud, call, where.existing)
        case method:
            raise method_not_allowed(method, where.type.name)


def all_(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Every management group, briefly.

    Raises:
        ArmError: The api-version is not known.
    """
    found = type_of(cloud, call, target)
    if call.method != "GET":
        raise method_not_allowed(call.method, found.name)
    return page(call, [_brief(cloud, record) for record in cloud.store.of_type(GROUP)])


def _brief(cloud: Cloud, record: Record) -> dict[str, Any]:
    properties = {
        "tenantId": cloud.directory,
        "displayName": record.properties["displayName"],
    }
    return {"id": record.id, "type": GROUP, "name": record.name, "properties": properties}


def shown(
    cloud: Cloud, record: Record, expand: str = "", *, recurse: bool = False
) -> dict[str, Any]:
    """A management group as it is answered."""
    body = _brief(cloud, record)
    details: dict[str, Any] = {
        "version": record.notes.get("version", 1),
        "updatedTime": datetime.fromtimestamp(record.changed, UTC).isoformat(),
        "updatedBy": record.notes.get("updatedBy", ""),
    }
    parent = cloud.store.get(record.properties["details"]["parent"].get("id", "/"))
    if parent is not None:
        details["parent"] = {
            "id": parent.id,
            "name": parent.name,
            "displayName": parent.properties["displayName"],
        }
    body["properties"]["details"] = details
    if expand.lower() == "children":
        body["properties"]["children"] = _children(cloud, record, recurse=recurse)
    return body


def _children(cloud: Cloud, record: Record, *, recurse: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for child in children_of(cloud.store, record):
        entry = {
            "type": GROUP,
            "id": child.id,
            "name": child.name,
            "displayName": child.properties["displayName"],
        }
        if recurse:
            entry["children"] = _children(cloud, child, recurse=True)
        found.append(entry)
    for member_record in _visible_members(cloud, record):
        name = member_record.name
        found.append(
            {
                "type": "/subscriptions",
                "id": f"/subscriptions/{name}",
                "name": name,
                "displayName": _subscription_name(cloud, name),
            }
        )
    return found


def _visible_members(cloud: Cloud, record: Record) -> list[Record]:
    return [one for one in members_of(cloud.store, record) if not hidden(cloud, one)]


def _subscription_name(cloud: Cloud, guid: str) -> str:
    record = cloud.store.get(f"/subscriptions/{guid}")
    return str(record.body["displayName"]) if record is not None else guid


def _put(cloud: Cloud, call: Call, where: Place) -> Answer:
    check_name(where)
    body = call.body()
    check_shape(where.type.model, body)
    asked = body.get("properties") or {}
    parent_id = ((asked.get("details") or {}).get("parent") or {}).get("id")
    record = where.existing or Record(where.id, GROUP, {}, created=cloud.now())
    known = record.properties.get("details", {}).get("parent", {}).get("id")
    parent = cloud.store.get(parent_id or known or group_id(cloud.directory))
    if parent is None or parent.type != GROUP:
        raise management_group_not_found(str(parent_id).rpartition("/")[2])
    _check_depth(cloud, record, parent)
    with cloud.store.transaction():
        record.properties["displayName"] = (
            asked.get("displayName") or record.properties.get("displayName") or where.name
        )
        record.properties["details"] = {"parent": {"id": parent.id}}
        record.notes["updatedBy"] = call.principal
        record.notes["version"] = record.notes.get("version", 0) + 1
        record.touch(cloud.now())
        cloud.store.put(record)
        seconds = cloud.profile.of(GROUP).write
        operation = operations.begin(cloud, call, "write", record, seconds=seconds, accepted=True)
    headers = operations.headers_of(call, operation, location=True)
    return Answer(HTTPStatus.ACCEPTED, None, headers)


def _check_depth(cloud: Cloud, record: Record, parent: Record) -> None:
    if record.key == parent.key or record.key in ancestors(cloud.store, parent.id):
        message = f"The group '{record.name}' cannot stand below itself."
        raise bad_request("InvalidManagementGroupParent", message)
    if depth(cloud.store, parent) + 1 + height(cloud.store, record) > DEEPEST:
        message = f"Management groups go {DEEPEST} levels deep below the root."
        raise bad_request("ManagementGroupDepthLimitExceeded", message)


def _delete(cloud: Cloud, call: Call, record: Record) -> Answer:
    if children_of(cloud.store, record) or members_of(cloud.store, record):
        message = f"The management group '{record.name}' has children and cannot be deleted."
        raise bad_request("ManagementGroupHasChildren", message)
    if not record.properties["details"]["parent"]:
        raise bad_request("BadRequest", "The root management group cannot be deleted.")
    with cloud.store.transaction():
        seconds = cloud.profile.of(GROUP).delete
        operation = operations.begin(cloud, call, "delete", record, seconds=seconds, accepted=True)
    headers = operations.headers_of(call, operation, location=True)
    return Answer(HTTPStatus.ACCEPTED, None, headers)


def _group(cloud: Cloud, call: Call, target: Target) -> Record:
    type_of(cloud, call, target)
    return _existing(cloud, target.names[0])


def _existing(cloud: Cloud, name: str) -> Record:
    record = cloud.store.get(group_id(name))
    if record is None:
        raise management_group_not_found(name)
    return record


def descendants(cloud: Cloud, call: Call, target: Target) -> Answer:
    """All groups and subscriptions below a group.

    Raises:
        ArmError: The group is not there.
    """
    if call.method != "GET":
        raise method_not_allowed(call.method, GROUP)
    found: list[dict[str, Any]] = []
    pending = [_existing(cloud, target.names[0])]
    while pending:
        above = pending.pop(0)
        for child in children_of(cloud.store, above):
            pending.append(child)
            name = child.properties["displayName"]
            found.append(_descendant(child.id, GROUP, child.name, name, above))
        for one_member in _visible_members(cloud, above):
            guid = one_member.name
            name = _subscription_name(cloud, guid)
            kind = f"{_DESCENDANT}/subscriptions"
            found.append(_descendant(f"/subscriptions/{guid}", kind, guid, name, above))
    return page(call, found)


def _descendant(
    item_id: str, kind: str, name: str, display_name: str, above: Record
) -> dict[str, Any]:
    properties = {"displayName": display_name, "parent": {"id": above.id}}
    return {"id": item_id, "type": kind, "name": name, "properties": properties}


def member(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Answer a request for a subscription in a management group.

    Raises:
        ArmError: The group or the subscription is not there.
    """
    group = _group(cloud, call, target)
    guid = target.name.lower()
    known = cloud.store.get(f"{group.id}/subscriptions/{guid}")
    latency = cloud.profile.of(MEMBER)
    match call.method:
        case "GET":
            if known is None or hidden(cloud, known):
                message = f"Subscription '{guid}' is not visible in the group '{group.name}'."
                raise not_found("NotFound", message)
            return Answer(body=shown_member(cloud, known))
        case "PUT":
            return _join(cloud, call, group, guid)
        case "DELETE":
            if known is None:
                return Answer(HTTPStatus.NO_CONTENT)
            with cloud.store.transaction():
                join_group(cloud, guid, cloud.directory)
            return Answer(HTTPStatus.OK, hold=latency.delete)
        case method:
            raise method_not_allowed(method, MEMBER)


def _join(cloud: Cloud, call: Call, group: Record, guid: str) -> Answer:
    if cloud.store.get(f"/subscriptions/{guid}") is None:
        raise subscription_not_found(guid)
    with cloud.store.transaction():
        record = join_group(cloud, guid, group.name)
        if call.effect.hidden_resource:
            record.notes["hiddenUntil"] = cloud.now() + call.effect.hidden_resource
            cloud.store.put(record)
    return Answer(body=shown_member(cloud, record), hold=cloud.profile.of(MEMBER).write)


def shown_member(cloud: Cloud, record: Record) -> dict[str, Any]:
    """A subscription in a management group as it is answered."""
    properties = {
        "tenant": cloud.directory,
        "displayName": _subscription_name(cloud, record.name),
        "parent": {"id": record.id.rpartition("/subscriptions/")[0]},
        "state": "Active",
    }
    return {"id": record.id, "type": MEMBER, "name": record.name, "properties": properties}


def members(cloud: Cloud, call: Call, target: Target) -> Answer:
    """The subscriptions of a group.

    Raises:
        ArmError: The group is not there.
    """
    if call.method != "GET":
        raise method_not_allowed(call.method, MEMBER)
    found = _visible_members(cloud, _group(cloud, call, target))
    return page(call, [shown_member(cloud, one) for one in found])
