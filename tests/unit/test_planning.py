"""Laws of every plan, whatever was asked for."""

import re
from typing import Any

from hypothesis import given, settings

from landing_zone.arm_ids import normalized, resource_type
from landing_zone.graph import ancestors
from landing_zone.plan import Plan, Step, Undo, Write
from landing_zone.references import resolved
from landing_zone.tags import REQUIRED_TAGS, required_tags
from landing_zone.tenant_request import TenantRequest
from tests.fakes import HUBS, example_request
from tests.unit.planned import (
    HUB,
    OUTPUTS,
    SUBSCRIPTION_ID,
    plan_of,
    plans,
    strings_in,
)

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
type Planned = tuple[TenantRequest, Plan]


def takes_tags(kind: str) -> bool:
    """Whether resources of a type carry tags of their own."""
    if kind.endswith("virtualNetworkPeerings"):
        return False
    return kind == "Microsoft.Resources/resourceGroups" or kind.startswith("Microsoft.Network/")


@given(plans())
@settings(max_examples=30)
def test_planning_twice_gives_the_same_plan(drawn: Planned) -> None:
    """Down to its hash, and after storage too."""
    request, made = drawn
    assert plan_of(request).hash == made.hash
    read = Plan.model_validate_json(made.canonical)
    assert (read, read.hash) == (made, made.hash)


@given(plans())
@settings(max_examples=30)
def test_each_resource_comes_after_all_it_waits_for(drawn: Planned) -> None:
    """Read from top to bottom the plan can be applied."""
    seen: set[str] = set()
    for resource in drawn[1].resources:
        assert resource.waits_for <= seen
        seen.add(resource.key)


@given(plans())
@settings(max_examples=30)
def test_keys_and_ids_are_unique_and_ids_name_the_type(drawn: Planned) -> None:
    """Two resources never share an id; an id is one of the resource's type."""
    resources = drawn[1].resources
    ids = {normalized(resource.id) for resource in resources}
    assert len(ids) == len(resources)
    for resource in resources:
        if resource.type != "Microsoft.Resources/providers":
            assert resource_type(resource.id).lower() == resource.type.lower()


@given(plans())
@settings(max_examples=30)
def test_keys_are_fit_for_the_names_that_are_made_of_them(drawn: Planned) -> None:
    """Ids of orchestrations (100 characters), keys of rows, references."""
    request, made = drawn
    for key in made.by_key:
        instance = f"tenant-{request.tenant_id}:999.99:apply:{key}"
        assert len(instance) <= 100
        assert re.fullmatch(r"[A-Za-z0-9:._-]+", key)


@given(plans())
@settings(max_examples=30)
def test_whatever_takes_tags_carries_the_required_ones(drawn: Planned) -> None:
    """And the subscription is given them."""
    request, made = drawn
    tags = required_tags(request)
    assert set(tags) == set(REQUIRED_TAGS)
    for resource in made.resources:
        if resource.write is Write.HUB:
            continue
        assert ("tags" in resource.body) == takes_tags(resource.type)
        if takes_tags(resource.type):
            assert resource.body["tags"] == tags
    assert made.by_key["subscription-tags"].body["properties"]["tags"] == tags


@given(plans())
@settings(max_examples=30)
def test_everything_waits_for_its_place_before_it_is_made(drawn: Planned) -> None:
    """Resource groups come after every baseline policy, so that what is in them is held to it."""
    made = drawn[1]
    policies = {f"policy:{policy.name}" for policy in HUBS.baseline_policies}
    for resource in made.resources:
        if resource.type == "Microsoft.Resources/resourceGroups":
            assert policies | {"management-group"} <= resource.waits_for


@given(plans())
@settings(max_examples=30)
def test_resource_waits_for_whatever_it_lies_in_or_points_at(drawn: Planned) -> None:
    """By its id, its group and its parent; by its body, all whose ids it names."""
    made = drawn[1]
    above = ancestors(made.graph)
    for one in made.resources:
        named = [one.id, *strings_in(one.body)]
        for other in made.resources:
            if other is not one and any(f"{text}/".startswith(f"{other.id}/") for text in named):
                assert other.key in above[one.key], (one.key, other.key)


@given(plans())
@settings(max_examples=30)
def test_tenant_is_placed_in_the_management_group_of_its_tier(drawn: Planned) -> None:
    """Policy is inherited from there."""
    request, made = drawn
    group = HUBS.management_groups.tiers.of(request.isolation)
    assert f"/managementGroups/{group}/subscriptions/" in made.by_key["management-group"].id


@given(plans())
@settings(max_examples=30)
def test_adopting_neither_makes_nor_refers_to_nor_cancels_a_subscription(drawn: Planned) -> None:
    """Vending does, and everything of the tenant's own hangs on what it yields."""
    request, made = drawn
    whole = [text for resource in made.resources for text in strings_in(resource.model_dump())]
    cancels = [item.key for item in made.resources if item.undo is Undo.CANCEL_SUBSCRIPTION]
    if request.subscription.mode == "adopt":
        assert not any("${" in text for text in whole)
        assert ("subscription" in made.by_key, cancels) == (False, [])
        scope = f"/subscriptions/{request.subscription.id}"
    else:
        assert cancels == ["subscription"]
        scope = f"/subscriptions/{SUBSCRIPTION_ID}"
    own = [item.id for item in made.resources if item.id.startswith("/subscriptions/")]
    assert all(one.startswith((f"{scope}/", HUB.resource_group_id)) for one in own)


@given(plans())
@settings(max_examples=30)
def test_the_hub_is_left_to_its_reconciler(drawn: Planned) -> None:
    """It is shared: a tenant's plan writes nothing there itself."""
    in_hub = [item for item in drawn[1].resources if item.id.startswith(HUB.resource_group_id)]
    assert {item.key for item in in_hub} == {"hub:firewall", "peering:hub"}
    assert {(item.write, item.undo) for item in in_hub} == {(Write.HUB, Undo.HUB)}


@given(plans())
@settings(max_examples=30)
def test_roles_are_the_least_that_do(drawn: Planned) -> None:
    """All see the subscription; only contributors change, and only the workload's group."""
    request, made = drawn
    owner = str(request.owner.group)
    readers = {owner, *map(str, request.access.readers)}
    contributors = {owner, *map(str, request.access.contributors)}
    granted: set[tuple[str, str, str]] = set()
    for item in made.resources:
        if item.type == "Microsoft.Authorization/roleAssignments":
            properties = item.body["properties"]
            role = properties["roleDefinitionId"].rsplit("/", 1)[-1]
            scope = item.id.partition("/providers/")[0]
            granted.add((role, scope, properties["principalId"]))
    group = made.by_key["resource-group:workload"].id
    scope = group.partition("/resourceGroups/")[0]
    assert granted == {(READER, scope, group) for group in readers} | {
        (CONTRIBUTOR, made.by_key["resource-group:workload"].id, one) for one in contributors
    }


@given(plans())
@settings(max_examples=30)
def test_budget_is_what_was_asked_for(drawn: Planned) -> None:
    """Its amount, its alerts, from the first of the month of the reservation."""
    request, made = drawn
    properties = made.by_key["budget"].body["properties"]
    assert properties["amount"] == float(request.budget.monthly)
    assert properties["timePeriod"]["startDate"] == "2026-03-01T00:00:00Z"
    thresholds = [item["threshold"] for item in properties["notifications"].values()]
    assert thresholds == [float(percent) for percent in request.budget.alert_at]


@given(plans())
@settings(max_examples=30)
def test_once_the_subscription_is_known_nothing_stays_open(drawn: Planned) -> None:
    """Every reference is one to the subscription."""
    for resource in drawn[1].resources:
        texts = strings_in(resolved([resource.id, resource.body], OUTPUTS))
        assert not any("${" in text for text in texts)


def test_steps_of_the_plan_are_those_that_are_built() -> None:
    """Subscription, network and hub; vended, in the example's tier."""
    made = plan_of(example_request())
    assert {resource.step for resource in made.resources} == {
        Step.SUBSCRIPTION,
        Step.NETWORK,
        Step.DNS_AND_FIREWALL,
    }
    assert made.by_key["subscription"].id.endswith("/aliases/spokewright-contoso-research")


def registered(**data: Any) -> set[str]:
    """The providers that a request with this data registers."""
    request = example_request(ai={}, data={"storage": False, "database": "none"} | data)
    return {
        resource.name
        for resource in plan_of(request).resources
        if resource.type == "Microsoft.Resources/providers"
    }


def test_providers_are_those_that_the_request_needs() -> None:
    """Each choice of data adds its own."""
    least = registered()
    assert least == {
        "Microsoft.Network",
        "Microsoft.KeyVault",
        "Microsoft.ManagedIdentity",
        "Microsoft.EventGrid",
    }
    assert registered(storage=True) - least == {"Microsoft.Storage"}
    assert registered(database="cosmos") - least == {"Microsoft.DocumentDB"}
    assert registered(database="postgresql") - least == {"Microsoft.DBforPostgreSQL"}
    assert registered(vectorIndex="dedicated") - least == {"Microsoft.Search"}


def test_vended_subscription_has_the_workload_of_its_environment() -> None:
    """Development and test are cheaper."""
    workloads = {
        environment: plan_of(example_request(environment=environment))
        .by_key["subscription"]
        .body["properties"]["workload"]
        for environment in ("dev", "test", "prod")
    }
    assert workloads == {"dev": "DevTest", "test": "DevTest", "prod": "Production"}


def test_other_tenants_plan_shares_no_id() -> None:
    """Two tenants never write the same resource."""
    one, other = (
        {
            resolved(item.id, vended)
            for item in plan_of(example_request(tenantId=tenant)).resources
            if item.write is not Write.HUB
        }
        for tenant, vended in (
            ("contoso", {"subscription": {"subscriptionId": "1"}}),
            ("fabrikam", {"subscription": {"subscriptionId": "2"}}),
        )
    )
    assert one & other == set()
