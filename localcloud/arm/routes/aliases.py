"""Subscription aliases: how subscriptions are made, or adopted."""

import uuid
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from landing_zone.arm_ids import normalized
from localcloud.arm import operations
from localcloud.arm.errors import ArmError, bad_request
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target
from localcloud.arm.placing import (
    Place,
    check_name,
    existing_scope,
    management_group_not_found,
    place,
)
from localcloud.arm.profile import retry_headers
from localcloud.arm.rendering import render
from localcloud.arm.routes import resources
from localcloud.arm.routes.subscriptions import join_group, new_record
from localcloud.arm.state.records import Operation, Record
from localcloud.arm.tags import check_tags
from localcloud.arm.world import Cloud
from localcloud.arm.writing import check_shape

_ACCEPTED = "Accepted"


def one(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Answer a request for an alias.

    Raises:
        ArmError: It is refused.
    """
    where = place(cloud, call, target)
    if call.method == "PUT":
        return _put(cloud, call, where)
    answer = resources.handle_place(cloud, call, where)
    if call.method == "GET" and answer.body["properties"]["provisioningState"] == _ACCEPTED:
        answer.headers |= retry_headers(cloud.profile.of(where.type.name).poll)
    return answer


def _put(cloud: Cloud, call: Call, where: Place) -> Answer:
    check_name(where)
    body = call.body()
    check_shape(where.type.model, body)
    asked = body.get("properties") or {}
    further = asked.get("additionalProperties") or {}
    if where.existing is not None and where.existing.state != "Failed":
        # An alias is made once; asking again gives what it has become.
        return Answer(HTTPStatus.OK, render(cloud.store, where.existing))
    adopted = str(asked.get("subscriptionId") or "").lower()
    _check(cloud, asked, further, adopted)
    with cloud.store.transaction():
        record = _record(cloud, where, asked, further, adopted)
        cloud.store.put(record)
        latency = cloud.profile.of(where.type.name)
        operations.begin(cloud, call, "alias", record, seconds=latency.write)
    headers = retry_headers(latency.poll)
    return Answer(HTTPStatus.CREATED, render(cloud.store, record), headers)


def _check(cloud: Cloud, asked: dict[str, Any], further: dict[str, Any], adopted: str) -> None:
    if adopted:
        existing_scope(cloud, f"/subscriptions/{adopted}")
    elif not all(asked.get(name) for name in ("displayName", "billingScope", "workload")):
        message = "A new subscription needs displayName, billingScope and workload."
        raise bad_request("BadRequest", message)
    elif normalized(asked["billingScope"]) != normalized(cloud.hub.billing_scope):
        message = f"The billing scope '{asked['billingScope']}' is not one that the caller may use."
        raise ArmError(HTTPStatus.UNAUTHORIZED, "UserNotAuthorized", message)
    check_tags(further.get("tags") or {})
    group = further.get("managementGroupId")
    if group and cloud.store.get(group) is None:
        raise management_group_not_found(group.rpartition("/")[2])


def _record(
    cloud: Cloud, where: Place, asked: dict[str, Any], further: dict[str, Any], adopted: str
) -> Record:
    record = Record(where.id, where.type.name, {}, created=cloud.now(), changed=cloud.now())
    record.properties.update(
        {
            name: asked[name]
            for name in ("displayName", "workload", "billingScope", "resellerId")
            if asked.get(name)
        }
    )
    if further.get("managementGroupId"):
        record.properties["managementGroupId"] = further["managementGroupId"]
    if further.get("tags"):
        record.properties["tags"] = further["tags"]
    record.properties["provisioningState"] = _ACCEPTED
    record.notes["subscription"] = adopted or str(uuid.uuid4())
    record.notes["adopted"] = bool(adopted)
    return record


def ended(cloud: Cloud, operation: Operation) -> None:
    """The alias has its subscription, or has failed."""
    record = cloud.store.get(operation.target)
    if record is None:
        operations.end(cloud, operation)
        return
    record.properties["provisioningState"] = "Failed" if operation.failure else "Succeeded"
    if not operation.failure:
        _give_subscription(cloud, record)
    cloud.store.put(record)
    operations.end(cloud, operation, operation.failure)
    if not operation.failure:
        target = f"/subscriptions/{record.notes['subscription']}"
        operations.tell(cloud, replace(operation, type="Microsoft.Subscription/aliases"), target)


def _give_subscription(cloud: Cloud, record: Record) -> None:
    guid = record.notes["subscription"]
    properties = record.properties
    properties["subscriptionId"] = guid
    known = cloud.store.get(f"/subscriptions/{guid}")
    if known is None:
        name = properties.get("displayName", record.name)
        known = new_record(cloud, guid, name, dict(properties.get("tags", {})))
    elif "tags" in properties:
        known.body["tags"] = dict(properties["tags"])
    cloud.store.put(known)
    group = properties.get("managementGroupId", "")
    if group or not record.notes["adopted"]:
        join_group(cloud, guid, group.rpartition("/")[2] or cloud.directory)
