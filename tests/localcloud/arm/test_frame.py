"""Subscriptions, groups, tags, locks, roles, policies and budgets."""

import uuid
from typing import Any

import pytest

from tests.localcloud.arm.conftest import (
    BILLING,
    GROUPS,
    HUB_NETWORK,
    HUB_SUBSCRIPTION,
    TIER,
    Arm,
    alias_body,
    network_body,
    subnet_body,
    vnet,
)
from tests.localcloud.arm.test_networks import peering, peering_body

ALIASES = "/providers/Microsoft.Subscription/aliases"
MANAGEMENT = "/providers/Microsoft.Management/managementGroups"
ALIAS_VERSION = "2021-10-01"
MANAGEMENT_VERSION = "2023-04-01"
ROLE_VERSION = "2022-04-01"
POLICY_VERSION = "2026-06-01"
LOCK_VERSION = "2020-05-01"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
DEFINITION = (
    f"{MANAGEMENT}/contoso/providers/Microsoft.Authorization/policyDefinitions/deny-public-ip"
)


def test_an_alias_becomes_a_subscription_after_a_while(arm: Arm) -> None:
    """It is Accepted without an id, and then Succeeded with one, in its management group."""
    first = arm.put(f"{ALIASES}/a", alias_body(), ALIAS_VERSION)
    assert first.status == 201
    assert first.body["properties"]["provisioningState"] == "Accepted"
    assert "subscriptionId" not in first.body["properties"]
    assert first.headers["Retry-After"] == "15"
    arm.advance(60)
    done = arm.get(f"{ALIASES}/a", ALIAS_VERSION).body["properties"]
    assert done["provisioningState"] == "Succeeded"
    guid = done["subscriptionId"]
    subscription = arm.get(f"/subscriptions/{guid}", "2022-12-01").body
    assert subscription["tags"] == {"tenantId": "t"}
    assert arm.get(f"{TIER}/subscriptions/{guid}", MANAGEMENT_VERSION).status == 200


def test_an_alias_is_made_once(arm: Arm) -> None:
    """Asking again, before or after it is there, gives the same subscription."""
    arm.put(f"{ALIASES}/a", alias_body(), ALIAS_VERSION)
    assert arm.put(f"{ALIASES}/A", alias_body(), ALIAS_VERSION).status == 200
    arm.advance(60)
    again = arm.put(f"{ALIASES}/a", alias_body(), ALIAS_VERSION)
    assert again.status == 200
    assert again.body["properties"]["subscriptionId"]
    assert len(arm.get("/subscriptions", "2022-12-01").body["value"]) == 2


def test_an_alias_adopts_a_subscription(arm: Arm) -> None:
    """A subscription that exists is given the alias, and no new one is made."""
    guid = arm.subscription().rpartition("/")[2]
    made = arm.made(f"{ALIASES}/b", {"properties": {"subscriptionId": guid}}, ALIAS_VERSION)
    assert made["properties"]["subscriptionId"] == guid
    assert len(arm.get("/subscriptions", "2022-12-01").body["value"]) == 2


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ({"displayName": "x", "workload": "Production"}, 400),
        ({"displayName": "x", "workload": "Play", "billingScope": BILLING}, 400),
        ({"displayName": "x", "workload": "DevTest", "billingScope": "/providers/other"}, 401),
        ({"subscriptionId": str(uuid.uuid4())}, 404),
        (
            {
                "displayName": "x",
                "workload": "DevTest",
                "billingScope": BILLING,
                "additionalProperties": {"managementGroupId": f"{MANAGEMENT}/none"},
            },
            404,
        ),
    ],
)
def test_an_alias_that_cannot_be_is_refused(
    arm: Arm, properties: dict[str, Any], status: int
) -> None:
    """What is missing, unknown or not allowed is said at once."""
    assert arm.put(f"{ALIASES}/a", {"properties": properties}, ALIAS_VERSION).status == status


def test_a_subscription_with_resources_is_not_cancelled(arm: Arm) -> None:
    """Unless the caller says that they do not matter; it is then read-only until enabled."""
    group = arm.group()
    arm.made(vnet(group), network_body())
    scope = group.partition("/resourceGroups")[0]
    cancel = f"{scope}/providers/Microsoft.Subscription/cancel"
    refused = arm.call("POST", cancel, ALIAS_VERSION)
    assert (refused.status, refused.code) == (409, "ResourcesExistingOnSubscription")
    forced = arm.call("POST", f"{cancel}?IgnoreResourceCheck=true", ALIAS_VERSION)
    assert forced.status == 200
    assert arm.put(vnet(group, "w"), network_body()).code == "ReadOnlyDisabledSubscription"
    arm.call("POST", f"{scope}/providers/Microsoft.Subscription/enable", ALIAS_VERSION)
    assert arm.put(vnet(group, "w"), network_body()).status == 201


def test_a_subscription_is_in_one_management_group(arm: Arm) -> None:
    """Placing it in another takes it out of the first."""
    guid = arm.subscription().rpartition("/")[2]
    other = f"{MANAGEMENT}/contoso-platform/subscriptions/{guid}"
    assert arm.call("PUT", other, MANAGEMENT_VERSION).status == 200
    assert arm.get(other, MANAGEMENT_VERSION).status == 200
    assert arm.get(f"{TIER}/subscriptions/{guid}", MANAGEMENT_VERSION).status == 404


def test_management_groups_go_six_levels_deep(arm: Arm) -> None:
    """The seventh is refused; a group with children is not deleted, nor put below itself."""
    parent = f"{MANAGEMENT}/contoso"
    for level in range(2, 7):
        body = {"properties": {"details": {"parent": {"id": parent}}}}
        parent = str(arm.made(f"{MANAGEMENT}/level{level}", body, MANAGEMENT_VERSION)["id"])
    body = {"properties": {"details": {"parent": {"id": parent}}}}
    deep = arm.put(f"{MANAGEMENT}/level7", body, MANAGEMENT_VERSION)
    assert deep.code == "ManagementGroupDepthLimitExceeded"
    circle = arm.put(f"{MANAGEMENT}/level2", body, MANAGEMENT_VERSION)
    assert circle.code == "InvalidManagementGroupParent"
    full = arm.delete(f"{MANAGEMENT}/level2", MANAGEMENT_VERSION)
    assert full.code == "ManagementGroupHasChildren"
    assert arm.delete(f"{MANAGEMENT}/level6", MANAGEMENT_VERSION).status == 202


def test_a_group_is_emptied_in_order_and_takes_its_time(arm: Arm) -> None:
    """Nothing goes before what depends on it; the Location says 202 until it is done."""
    group = arm.group()
    guard = f"{group}/providers/Microsoft.Network/networkSecurityGroups/n"
    arm.made(guard, {"location": "westeurope"})
    guarded = subnet_body("10.16.0.0/25", "a", networkSecurityGroup={"id": guard})
    network = vnet(group)
    arm.made(network, network_body(subnets=[guarded]))
    arm.made(peering(network), peering_body(HUB_NETWORK))
    begun = arm.delete(group, GROUPS)
    location = begun.headers["Location"].removeprefix("https://localhost").partition("?")[0]
    assert begun.status == 202
    assert arm.put(vnet(group, "w"), network_body()).code == "ResourceGroupBeingDeleted"
    gone: list[str] = []
    while arm.get(location, GROUPS).status == 202:
        arm.advance(1)
        for one in (guard, network, f"{network}/subnets/a", peering(network)):
            if arm.cloud.store.get(one) is None and one not in gone:
                gone.append(one)
    assert gone.index(f"{network}/subnets/a") < gone.index(guard)
    assert gone.index(peering(network)) < gone.index(network)
    assert arm.get(group, GROUPS).code == "ResourceGroupNotFound"


def test_a_group_that_others_need_is_not_deleted(arm: Arm) -> None:
    """What is referred to from elsewhere stays, and the operation fails and names it."""
    group = arm.group()
    other = f"{group.partition('/resourceGroups')[0]}/resourceGroups/other"
    arm.made(other, {"location": "westeurope"}, GROUPS)
    guard = f"{group}/providers/Microsoft.Network/networkSecurityGroups/n"
    arm.made(guard, {"location": "westeurope"})
    guarded = subnet_body("10.16.0.0/25", "a", networkSecurityGroup={"id": guard})
    arm.made(vnet(other), network_body(subnets=[guarded]))
    begun = arm.delete(group, GROUPS)
    arm.advance(100)
    location = begun.headers["Location"].removeprefix("https://localhost").partition("?")[0]
    ended = arm.get(location, GROUPS)
    assert (ended.status, ended.code) == (409, "ResourceGroupDeletionBlocked")
    assert arm.get(guard).status == 200


def test_a_lock_keeps_what_is_below_it(arm: Arm) -> None:
    """A delete below a locked scope is refused until the lock is gone."""
    group = arm.group()
    arm.made(vnet(group), network_body())
    lock = f"{group}/providers/Microsoft.Authorization/locks/keep"
    arm.made(lock, {"properties": {"level": "CanNotDelete"}}, LOCK_VERSION)
    for path, version in ((vnet(group), "2025-09-01"), (group, GROUPS)):
        refused = arm.delete(path, version)
        assert (refused.status, refused.code) == (409, "ScopeLocked")
    assert arm.delete(lock, LOCK_VERSION).status == 200
    assert arm.delete(vnet(group)).status == 202


def test_tags_are_merged_replaced_and_deleted_on_their_own(arm: Arm) -> None:
    """The Tags API changes the resource's own tags, and nothing else of it."""
    group = arm.group()
    network = vnet(group)
    arm.made(network, network_body() | {"tags": {"a": "1"}})
    tags = f"{network}/providers/Microsoft.Resources/tags/default"
    steps = (
        ("Merge", {"A": "2", "b": "3"}, {"a": "2", "b": "3"}),
        ("Delete", {"b": ""}, {"a": "2"}),
        ("Replace", {"c": "4"}, {"c": "4"}),
    )
    for operation, asked, expected in steps:
        body = {"operation": operation, "properties": {"tags": asked}}
        assert arm.call("PATCH", tags, GROUPS, body).status == 200
        assert arm.get(network).body["tags"] == expected
    assert arm.call("DELETE", tags, GROUPS).status == 200
    assert arm.get(tags, GROUPS).body["properties"]["tags"] == {}


def test_resources_are_listed_by_type_and_by_tag(arm: Arm) -> None:
    """The generic list takes the filters of Azure Resource Manager, and no others."""
    scope = HUB_SUBSCRIPTION
    by_type = f"{scope}/resources?$filter=resourceType eq 'Microsoft.Network/azureFirewalls'"
    found = arm.get(by_type, GROUPS).body["value"]
    assert [one["name"] for one in found] == ["afw-hub-weu"]
    assert arm.get(f"{scope}/resources?$filter=colour eq 'red'", GROUPS).status == 400
    page = arm.get(f"{scope}/resources?$top=3", GROUPS).body
    assert len(page["value"]) == 3
    assert "$skiptoken=3" in page["nextLink"]


def test_resource_groups_are_listed_by_tag(arm: Arm) -> None:
    """A list of groups takes a filter on a tag's name and value."""
    scope = arm.subscription()
    for name, owner in (("a", "x"), ("b", "y")):
        body = {"location": "westeurope", "tags": {"owner": owner}}
        arm.made(f"{scope}/resourceGroups/{name}", body, GROUPS)
    text = "tagName eq 'owner' and tagValue eq 'y'"
    found = arm.call("GET", f"{scope}/resourcegroups?$filter={text}", GROUPS).body["value"]
    assert [one["name"] for one in found] == ["b"]


def role(scope: str, name: str = "") -> str:
    """Id of a role assignment."""
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name or uuid.uuid4()}"


def role_body(principal: str, guid: str = READER) -> dict[str, Any]:
    """The body of a role assignment."""
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    return {"properties": {"roleDefinitionId": definition, "principalId": principal}}


def test_a_role_assignment_is_unique_and_never_changes(arm: Arm) -> None:
    """The same one again is fine, another of the same content or another content is not."""
    scope, principal = arm.subscription(), str(uuid.uuid4())
    first = role(scope)
    assert arm.put(first, role_body(principal), ROLE_VERSION).status == 201
    assert arm.put(first, role_body(principal), ROLE_VERSION).status == 200
    twin = arm.put(role(scope), role_body(principal), ROLE_VERSION)
    assert (twin.status, twin.code) == (409, "RoleAssignmentExists")
    changed = arm.put(first, role_body(str(uuid.uuid4())), ROLE_VERSION)
    assert changed.code == "RoleAssignmentUpdateNotPermitted"
    unknown = arm.put(role(scope), role_body(principal, str(uuid.uuid4())), ROLE_VERSION)
    assert unknown.code == "RoleDefinitionDoesNotExist"
    assert arm.put(role(scope, "mine"), role_body(principal), ROLE_VERSION).status == 400


def test_a_policy_is_assigned_where_its_definition_can_be_seen(arm: Arm) -> None:
    """A subscription outside the definition's management group cannot be assigned it."""
    scope = arm.subscription()
    assignment = f"{scope}/providers/Microsoft.Authorization/policyAssignments/deny"
    body = {"properties": {"policyDefinitionId": DEFINITION}}
    assert arm.put(assignment, body, POLICY_VERSION).status == 201
    missing = {"properties": {"policyDefinitionId": f"{DEFINITION}-not"}}
    assert arm.put(assignment, missing, POLICY_VERSION).code == "PolicyDefinitionNotFound"
    guid = scope.rpartition("/")[2]
    root = f"{MANAGEMENT}/{arm.cloud.directory}/subscriptions/{guid}"
    arm.call("PUT", root, MANAGEMENT_VERSION)
    assert arm.put(assignment, body, POLICY_VERSION).code == "InvalidCreatePolicyAssignmentRequest"
    assert arm.delete(DEFINITION, POLICY_VERSION).code == "PolicyDefinitionInUse"


def budget_body(start: str = "2027-01-01T00:00:00Z", **changed: Any) -> dict[str, Any]:
    """The body of a budget."""
    notification = {
        "enabled": True,
        "operator": "GreaterThanOrEqualTo",
        "threshold": 80,
        "contactEmails": ["a@b.example"],
    }
    properties = {
        "amount": 5000,
        "category": "Cost",
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": start},
        "notifications": {"at80": notification},
    }
    return {"properties": properties | changed}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (budget_body(), 201),
        (budget_body("2027-01-02T00:00:00Z"), 400),
        (budget_body(amount=0), 400),
        (budget_body(timeGrain="Hourly"), 400),
        (budget_body(notifications={"x": {"enabled": True, "operator": "EqualTo"}}), 400),
    ],
)
def test_a_budget_needs_an_amount_and_a_month(arm: Arm, body: dict[str, Any], status: int) -> None:
    """A budget starts on the first of a month, and its notifications reach somebody."""
    path = f"{arm.subscription()}/providers/Microsoft.Consumption/budgets/b"
    assert arm.put(path, body, "2024-08-01").status == status
