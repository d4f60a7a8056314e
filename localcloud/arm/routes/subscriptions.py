"""Subscriptions: read, cancelled, enabled again, renamed."""

from http import HTTPStatus
from typing import Any

from localcloud.arm.behaviours.hierarchy import GROUP, group_id
from localcloud.arm.errors import bad_request, conflict, method_not_allowed, subscription_not_found
from localcloud.arm.events import emit_for
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.paths import Target, subscription_of
from localcloud.arm.placing import check_version, type_of
from localcloud.arm.routes.listing import page
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

TYPE = "Microsoft.Resources/subscriptions"
_ACTIONS = ("2020-09-01", "2021-10-01")
_OLD = "2016-06-01"
_LONGEST_NAME = 64


def new_record(cloud: Cloud, guid: str, name: str, tags: dict[str, str]) -> Record:
    """A subscription that has just been made."""
    return Record(
        f"/subscriptions/{guid}",
        TYPE,
        {
            "subscriptionId": guid,
            "tenantId": cloud.directory,
            "displayName": name,
            "state": "Enabled",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "EnterpriseAgreement_2014-09-01",
                "spendingLimit": "Off",
            },
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "tags": tags,
        },
        created=cloud.now(),
        changed=cloud.now(),
    )


def shown(record: Record, version: str) -> dict[str, Any]:
    """A subscription as it is answered; the oldest api-version knows less of it."""
    body = {"id": record.id} | record.body
    if version == _OLD:
        for name in ("managedByTenants", "tags", "tenantId"):
            body.pop(name, None)
    return body


def one(cloud: Cloud, call: Call, target: Target) -> Answer:
    """One subscription.

    Raises:
        ArmError: It is not there.
    """
    found = type_of(cloud, call, target)
    if call.method != "GET":
        raise method_not_allowed(call.method, found.name)
    return Answer(body=shown(_required(cloud, target.id), call.api_version))


def all_(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Every subscription.

    Raises:
        ArmError: The api-version is not known.
    """
    found = type_of(cloud, call, target)
    if call.method != "GET":
        raise method_not_allowed(call.method, found.name)
    records = cloud.store.of_type(TYPE)
    return page(call, [shown(record, call.api_version) for record in records])


def _required(cloud: Cloud, subscription_id: str) -> Record:
    record = cloud.store.get(subscription_id)
    if record is None:
        raise subscription_not_found(subscription_of(subscription_id))
    return record


def _acted_on(cloud: Cloud, call: Call, target: Target) -> Record:
    if call.method != "POST":
        raise method_not_allowed(call.method, "Microsoft.Subscription")
    check_version(call, f"Microsoft.Subscription/{target.types[0]}", _ACTIONS)
    return _required(cloud, target.scope)


def cancel(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Disable a subscription; it must be empty, unless the caller says that it need not be.

    Raises:
        ArmError: It holds resources.
    """
    record = _acted_on(cloud, call, target)
    ignore = call.query.get("ignoreresourcecheck", "false").lower() == "true"
    held = [
        one
        for one in cloud.store.within(record.id)
        if cloud.store.type_of(one).tracked and not cloud.store.type_of(one).hidden
    ]
    if held and not ignore:
        message = (
            f"The subscription {record.body['subscriptionId']} cannot be cancelled because it holds"
            f" {len(held)} resources. Delete them first, or set IgnoreResourceCheck to true."
        )
        raise conflict("ResourcesExistingOnSubscription", message)
    return _changed(cloud, call, record, "cancel", state="Disabled")


def enable(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Enable a cancelled subscription again.

    Raises:
        ArmError: It is not there.
    """
    return _changed(cloud, call, _acted_on(cloud, call, target), "enable", state="Enabled")


def rename(cloud: Cloud, call: Call, target: Target) -> Answer:
    """Give a subscription another name.

    Raises:
        ArmError: It is not there, or the name does not fit.
    """
    record = _acted_on(cloud, call, target)
    body = call.body()
    name = body.get("subscriptionName")
    if set(body) != {"subscriptionName"} or not isinstance(name, str):
        raise bad_request("InvalidRequestContent", "The body is {'subscriptionName': a string}.")
    if not 0 < len(name) <= _LONGEST_NAME:
        message = f"A subscription's name has 1 to {_LONGEST_NAME} characters."
        raise bad_request("InvalidSubscriptionName", message)
    return _changed(cloud, call, record, "rename", displayName=name)


def _changed(cloud: Cloud, call: Call, record: Record, action: str, **values: str) -> Answer:
    with cloud.store.transaction():
        record.body.update(values)
        record.touch(cloud.now())
        cloud.store.put(record)
        name = f"Microsoft.Subscription/{action}/action"
        emit_for(cloud, call, "Action", record.id, name)
    hold = cloud.profile.of(TYPE).write
    return Answer(HTTPStatus.OK, {"subscriptionId": record.body["subscriptionId"]}, hold=hold)


def join_group(cloud: Cloud, guid: str, group_name: str) -> Record:
    """Place a subscription in a management group, out of the one that it was in."""
    group = cloud.store.get(group_id(group_name))
    base = group.id if group is not None else group_id(cloud.directory)
    member = Record(f"{base}/subscriptions/{guid}", f"{GROUP}/subscriptions", {})
    for old in cloud.store.of_type(member.type):
        if old.name.lower() == guid.lower() and old.key != member.key:
            cloud.store.remove(old)
    cloud.store.put(member)
    return member
