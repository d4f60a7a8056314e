"""What holds for every resource of every plan, by what Azure's documentation says of its type."""

from collections import Counter
from ipaddress import IPv4Network

from hypothesis import given, settings

from landing_zone.arm_ids import normalized
from landing_zone.differences import value_at
from landing_zone.plan import Plan, Resource
from landing_zone.planning import plan
from landing_zone.tags import required_tags
from landing_zone.tenant_request import TenantRequest
from tests.azure_types import AZURE_TYPES
from tests.fakes import HUBS
from tests.unit.planned import HUB, reservation_for
from tests.unit.planned_whole import Planned, full_plans, is_arms, whole_plans
from tests.unit.strategies import TIERS, tenant_requests

ENDPOINTS = "Microsoft.Network/privateEndpoints"
ZONE_GROUPS = f"{ENDPOINTS}/privateDnsZoneGroups"
SETTINGS = "/providers/Microsoft.Insights/diagnosticSettings/"
WORKSPACE = HUB.resource_id("Microsoft.OperationalInsights/workspaces", "log-hub-weu")
KEPT_BY_AZURE = 5
"""Addresses of each subnet (learn: virtual-network/virtual-networks-faq)."""


def written(made: Plan) -> list[Resource]:
    """What the plan writes itself in Azure Resource Manager."""
    return [item for item in made.resources if is_arms(item)]


@given(whole_plans())
@settings(max_examples=40)
def test_whatever_takes_tags_has_those_required(drawn: Planned) -> None:
    """On the resource, or where its type keeps them."""
    request, made = drawn
    for item in written(made):
        path = AZURE_TYPES[item.type].tags
        found = value_at(item.body, path) if path else None
        assert found == (required_tags(request) if path else None), item.key


@given(whole_plans())
@settings(max_examples=40)
def test_whatever_has_a_public_side_is_closed(drawn: Planned) -> None:
    """As its type is closed."""
    for item in written(drawn[1]):
        closed = AZURE_TYPES[item.type].closed
        assert {path: value_at(item.body, path) for path in closed} == closed, item.key


@given(whole_plans())
@settings(max_examples=40)
def test_whatever_can_be_reached_privately_is_and_has_its_name_in_dns(drawn: Planned) -> None:
    """One endpoint each, in the spoke's subnet, with a zone group in the hub's zone."""
    made = drawn[1]
    wanted = {
        normalized(item.id): AZURE_TYPES[item.type]
        for item in written(made)
        if AZURE_TYPES[item.type].endpoint
    }
    reached: dict[str, str] = {}
    for item in made.resources:
        if item.type == ENDPOINTS:
            (link,) = item.body["properties"]["privateLinkServiceConnections"]
            target = normalized(link["properties"]["privateLinkServiceId"])
            assert link["properties"]["groupIds"] == [wanted[target].endpoint]
            assert item.body["properties"]["subnet"]["id"].endswith("/subnets/private-endpoints")
            assert target not in reached.values(), "a second endpoint"
            reached[normalized(item.id)] = target
    assert set(reached.values()) == set(wanted)
    for item in made.resources:
        if item.type == ZONE_GROUPS:
            target = reached.pop(normalized(item.id).rpartition("/privatednszonegroups/")[0])
            (zone,) = item.body["properties"]["privateDnsZoneConfigs"]
            found = zone["properties"]["privateDnsZoneId"]
            name = wanted[target].zone
            assert found == HUB.resource_id("Microsoft.Network/privateDnsZones", name)
    assert reached == {}


@given(whole_plans())
@settings(max_examples=40)
def test_whatever_has_logs_sends_them_to_the_hub(drawn: Planned) -> None:
    """Everything of the tenant's, and its subscription's activity."""
    made = drawn[1]
    scope = made.by_key["subscription-tags"].id.partition("/providers/")[0]
    wanted = [normalized(scope)]
    for item in written(made):
        logs = AZURE_TYPES[item.type].logs
        if logs and item.id.startswith(scope):
            wanted.append(normalized(item.id + logs.removeprefix(".")))
    watched = [item for item in made.resources if SETTINGS in item.id]
    found = [normalized(item.id.partition(SETTINGS)[0]) for item in watched]
    assert Counter(found) == Counter(wanted)
    for item in watched:
        properties = item.body["properties"]
        assert properties["workspaceId"] == WORKSPACE
        assert properties["logs"]
        assert all(log["enabled"] for log in properties["logs"])


def subnets(made: Plan) -> dict[str, IPv4Network]:
    """The spoke's subnets, by name."""
    properties = made.by_key["network"].body["properties"]
    return {
        item["name"]: IPv4Network(item["properties"]["addressPrefix"])
        for item in properties["subnets"]
    }


def endpoint_addresses(made: Plan) -> int:
    """What the planned endpoints take: one address each, of Cosmos DB one more for each region.

    learn: cosmos-db/how-to-configure-private-endpoints.
    """
    taken = 0
    for item in made.resources:
        if item.type == ENDPOINTS:
            (link,) = item.body["properties"]["privateLinkServiceConnections"]
            cosmos = link["properties"]["groupIds"] == ["Sql"]
            regions = made.by_key["cosmos"].body["properties"]["locations"] if cosmos else []
            taken += 1 + len(regions)
    return taken


def node_addresses(made: Plan) -> int:
    """What the nodes of an own cluster take, with those of an upgrade and the API server's."""
    if "cluster" not in made.by_key:
        return 0
    (pool,) = made.by_key["cluster"].body["properties"]["agentPoolProfiles"]
    return int(pool["maxCount"]) + int(pool["upgradeSettings"]["maxSurge"]) + 1


@given(tenant_requests())
@settings(max_examples=60)
def test_every_valid_request_has_a_plan_that_fits_its_network(request: TenantRequest) -> None:
    """No endpoint and no node is left without an address."""
    made = plan(request, HUBS, HUB, reservation_for(request))
    room = {name: subnet.num_addresses - KEPT_BY_AZURE for name, subnet in subnets(made).items()}
    assert endpoint_addresses(made) <= room["private-endpoints"]
    assert node_addresses(made) <= room["aks"]


@given(whole_plans())
@settings(max_examples=20)
def test_planning_is_pure(drawn: Planned) -> None:
    """Twice the same facts are twice the same bytes, and the facts are as they were."""
    request, made = drawn
    before = request.to_document()
    again = plan(request, HUBS, HUB, reservation_for(request))
    assert again.canonical == made.canonical
    assert request.to_document() == before


def test_the_plans_of_everything_hold_what_the_laws_are_about() -> None:
    """Laws of nothing would hold of nothing."""
    found = {item.type for made in full_plans().values() for item in written(made)}
    laws = (
        {name for name, known in AZURE_TYPES.items() if known.endpoint},
        {name for name, known in AZURE_TYPES.items() if known.logs},
        {name for name, known in AZURE_TYPES.items() if known.closed},
    )
    # PostgreSQL is the other database, and the subscription is planned as its alias.
    aside = {"Microsoft.DBforPostgreSQL/flexibleServers", "Microsoft.Resources/subscriptions"}
    assert all(law - found <= aside for law in laws)
    assert set(full_plans()) == set(TIERS)
