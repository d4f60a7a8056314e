"""Laws of every plan of the whole landing zone, whatever was asked for."""

import re

import pytest
from hypothesis import given, settings

from landing_zone.arm_ids import normalized, resource_type
from landing_zone.errors import ConfigurationError
from landing_zone.graph import ancestors
from landing_zone.plan import Plan, Step
from landing_zone.planning import plan
from landing_zone.tags import required_tags
from tests.fakes import HUBS, example_request
from tests.unit.planned import (
    HUB,
    VENDED,
    plan_of,
    properties_in,
    reservation_for,
    strings_in,
)
from tests.unit.planned_whole import (
    Planned,
    bound_resources,
    full_plans,
    is_arms,
    is_written,
    outputs_of,
    wanting,
    whole_plan_of,
    whole_plans,
)
from tests.unit.strategies import TIERS

# Types whose descriptions have no tags of the resource's own.
UNTAGGED = {
    "Microsoft.Subscription/aliases",
    "Microsoft.Management/managementGroups/subscriptions",
    "Microsoft.Resources/providers",
    "Microsoft.Authorization/policyAssignments",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Consumption/budgets",
    "Microsoft.CostManagement/exports",
    "Microsoft.Insights/diagnosticSettings",
    "Microsoft.KubernetesConfiguration/fluxConfigurations",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
    "Microsoft.Storage/storageAccounts/blobServices/containers",
    "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments",
    "Microsoft.DBforPostgreSQL/flexibleServers/administrators",
    "Microsoft.DBforPostgreSQL/flexibleServers/databases",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions",
    "Microsoft.ApiManagement/service/products",
    "Microsoft.ApiManagement/service/products/apiLinks",
    "Microsoft.ApiManagement/service/products/policies",
    "Microsoft.ApiManagement/service/subscriptions",
    # The account has the tags; that of its database would be sent in a body of its own.
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases",
}
# How the names of properties end that hold a secret.
SECRET = ("password", "primarykey", "secondarykey", "accountkey", "sastoken", "connectionstring")
# Providers that every subscription has from its beginning.
BUILT_IN = {
    "Microsoft.Authorization",
    "Microsoft.Consumption",
    "Microsoft.CostManagement",
    "Microsoft.Resources",
}
IDENTITIES = "userAssignedIdentities"


@given(whole_plans())
@settings(max_examples=25)
def test_same_facts_give_the_same_whole_plan(drawn: Planned) -> None:
    """Down to its hash, and after storage too."""
    request, made = drawn
    assert whole_plan_of(request).hash == made.hash
    read = Plan.model_validate_json(made.canonical)
    assert (read, read.hash) == (made, made.hash)


@given(whole_plans())
@settings(max_examples=25)
def test_whole_plan_holds_every_step_and_the_plan_of_the_network(drawn: Planned) -> None:
    """Each step makes something, and what is planned for the network alone is among it."""
    request, made = drawn
    assert {item.step for item in made.resources} == set(Step) - {Step.REQUEST}
    assert set(plan_of(request).by_key) <= set(made.by_key)


@given(whole_plans())
@settings(max_examples=25)
def test_ids_are_unique_and_name_the_type(drawn: Planned) -> None:
    """Two resources that are written never share an id."""
    written = [item for item in drawn[1].resources if is_written(item)]
    assert len({normalized(item.id) for item in written}) == len(written)
    for item in written:
        if item.type != "Microsoft.Resources/providers":
            assert resource_type(item.id).lower() == item.type.lower()


@given(whole_plans())
@settings(max_examples=25)
def test_keys_of_the_whole_plan_fit_what_is_made_of_them(drawn: Planned) -> None:
    """Ids of orchestrations (100 characters), keys of rows, references."""
    request, made = drawn
    for key in made.by_key:
        assert len(f"tenant-{request.tenant_id}:999.99:apply:{key}") <= 100
        assert re.fullmatch(r"[a-z0-9:_-]+", key)


@given(whole_plans())
@settings(max_examples=25)
def test_resource_of_the_whole_plan_waits_for_what_it_lies_in_or_points_at(drawn: Planned) -> None:
    """By its id, its group and its parent; by its body, all whose ids it names."""
    made = drawn[1]
    above = ancestors(made.graph)
    for one in made.resources:
        named = [one.id, *strings_in(one.body), *one.body.get("identity", {}).get(IDENTITIES, {})]
        for other in made.resources:
            if other.step is Step.DNS_AND_FIREWALL or other is one or other.id == one.id:
                continue
            if any(f"{text}/".startswith(f"{other.id}/") for text in named):
                assert other.key in above[one.key], (one.key, other.key)


@given(whole_plans())
@settings(max_examples=25)
def test_nothing_is_made_before_its_provider_is_registered(drawn: Planned) -> None:
    """A subscription refuses the types of a provider that it has not registered."""
    made = drawn[1]
    above = ancestors(made.graph)
    for item in made.resources:
        namespace = item.type.partition("/")[0]
        own = "/resourceGroups/rg-" in item.id and not item.id.startswith(HUB.resource_group_id)
        if own and namespace not in BUILT_IN:
            provider = f"provider:{namespace.lower().replace('.', '-')}"
            assert provider in above[item.key], item.key


@given(whole_plans())
@settings(max_examples=25)
def test_whatever_can_be_tagged_has_the_required_tags(drawn: Planned) -> None:
    """In the hub too, so that a tenant's part of it is known."""
    request, made = drawn
    for item in made.resources:
        if is_arms(item) and item.key != "subscription-tags":
            # An agent pool has them among its properties.
            has = item.body.get("tags") or item.body.get("properties", {}).get("tags")
            assert has == (None if item.type in UNTAGGED else required_tags(request)), item.key


@given(whole_plans())
@settings(max_examples=25)
def test_no_secret_stands_in_a_plan(drawn: Planned) -> None:
    """Neither a property that holds one nor a text that looks like one."""
    bodies = [item.body for item in drawn[1].resources]
    for name, _ in properties_in(bodies):
        assert not name.lower().endswith(SECRET), name
    for text in strings_in(bodies):
        assert not re.search("(?:sig|accountkey|password)=", text.lower())


@given(whole_plans())
@settings(max_examples=25)
def test_whole_plan_stays_within_what_a_custom_status_can_show(drawn: Planned) -> None:
    """Beside one resource for each group, about a hundred at most."""
    request, made = drawn
    groups = len(request.access.contributors) + len(request.access.readers)
    assert len(made.resources) - groups <= 105


@pytest.mark.parametrize("tier", TIERS)
def test_references_of_a_whole_plan_are_all_yielded(tier: str) -> None:
    """Whatever is referred to is an output of a resource of the plan."""
    made = full_plans()[tier]
    assert "${" not in str([item.model_dump() for item in bound_resources(made)])
    assert {"subscription", "identity:workload", "event-topic"} <= set(outputs_of(made))


def test_whole_plans_of_two_tenants_share_nothing_but_what_they_only_read() -> None:
    """Two tenants never write the same resource, whatever their tiers."""
    for tier in TIERS:
        one, other = (
            {
                item.id
                for item in bound_resources(whole_plan_of(wanting(tier, tenantId=tenant)))
                if is_written(item) and VENDED not in item.id
            }
            for tenant in ("contoso", "fabrikam")
        )
        assert one & other == set()


def test_hub_without_a_zone_is_named_before_anything_is_made() -> None:
    """A private endpoint without its DNS records would be reached by nobody."""
    bare = HUB.model_copy(update={"private_dns_zones": ()})
    request = example_request()
    with pytest.raises(ConfigurationError, match=r"hub-weu has no private DNS zone privatelink\."):
        plan(request, HUBS, bare, reservation_for(request))
