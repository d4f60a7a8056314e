"""All three isolation tiers at once, by what Azure Resource Manager then holds."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from landing_zone.applying import is_as_wanted
from landing_zone.arm_ids import normalized
from landing_zone.differences import value_at
from landing_zone.plan import Write
from tests.azure_types import AZURE_TYPES, AzureType
from tests.end_to_end.checks import assert_audit_verifies
from tests.end_to_end.cloud import Cloud
from tests.end_to_end.tiers import SCOPE, Onboarded, is_own, planned

ENDPOINTS = "Microsoft.Network/privateEndpoints"
ZONE_GROUPS = f"{ENDPOINTS}/privateDnsZoneGroups"
SETTINGS = "/providers/microsoft.insights/diagnosticsettings/"
RECORDS = "Microsoft.Network/privateDnsZones/A"

type Items = list[dict[str, Any]]


@pytest.fixture
def token(access: dict[str, Any]) -> str:
    """A token for ARM."""
    return str(access["credential"].get_token(SCOPE).token)


@pytest.fixture(scope="module")
def holdings(cloud: Cloud, tiers: tuple[Onboarded, ...]) -> list[tuple[Onboarded, Items]]:
    """What ARM holds of each tenant: in its subscription, and in the hub what its plan names."""
    everything = cloud.resources()
    found = []
    for one in tiers:
        answer = cloud.call("GET", one.tenant["links"]["operation"]).json()
        named = {
            normalized(resource["id"]) for step in answer["steps"] for resource in step["resources"]
        }
        items = [item for item in everything if _is_of(item, one, named)]
        assert len(items) > 60
        found.append((one, items))
    return found


def _is_of(item: dict[str, Any], one: Onboarded, named: set[str]) -> bool:
    key = normalized(item["id"])
    inside = f"{key}/".startswith(f"{one.subscription.lower()}/")
    return inside or (key in named and _tenant_of(item) == one.document["tenantId"])


def _tenant_of(item: dict[str, Any]) -> str | None:
    """Whose the item is by its tags: what the plan only reads is the hub's."""
    path = AZURE_TYPES[item["type"]].tags if item["type"] in AZURE_TYPES else ""
    return value_at(item, f"{path}.tenantId") if path else None


def of_type(items: Items, kind: str) -> Items:
    """The items of a type."""
    return [item for item in items if item["type"] == kind]


def facts(items: Items) -> Iterator[tuple[dict[str, Any], AzureType]]:
    """Each item with what Azure's documentation says of its type."""
    for item in items:
        yield item, AZURE_TYPES[item["type"]]


def test_whatever_takes_tags_has_those_required(holdings: list[tuple[Onboarded, Items]]) -> None:
    """The subscription, its groups, its resources, and the tenant's part of the hub."""
    for one, items in holdings:
        for item, known in facts(items):
            if known.tags:
                assert value_at(item, known.tags) == one.tags, item["id"]


def test_whatever_has_a_public_side_is_closed(holdings: list[tuple[Onboarded, Items]]) -> None:
    """As its type is closed, by what ARM answers and not by what it was sent."""
    for _, items in holdings:
        for item, known in facts(items):
            assert {path: value_at(item, path) for path in known.closed} == known.closed, item["id"]


def test_whatever_can_be_reached_privately_is_and_has_its_name_in_dns(
    cloud: Cloud, holdings: list[tuple[Onboarded, Items]]
) -> None:
    """One approved endpoint each, whose addresses stand in the hub's zone."""
    names = {normalized(item["id"]): item for item in of_type(cloud.resources(), RECORDS)}
    for one, items in holdings:
        wanted = {normalized(item["id"]): known for item, known in facts(items) if known.endpoint}
        assert len(wanted) >= 4
        reached: dict[str, AzureType] = {}
        for item in of_type(items, ENDPOINTS):
            (link,) = item["properties"]["privateLinkServiceConnections"]
            target = normalized(link["properties"]["privateLinkServiceId"])
            state = link["properties"]["privateLinkServiceConnectionState"]["status"]
            assert (state, link["properties"]["groupIds"]) == (
                "Approved",
                [wanted[target].endpoint],
            )
            reached[normalized(item["id"])] = wanted.pop(target)
        assert wanted == {}, one.document["tenantId"]
        for item in of_type(items, ZONE_GROUPS):
            known = reached.pop(normalized(item["id"]).rpartition("/privatednszonegroups/")[0])
            (zone,) = item["properties"]["privateDnsZoneConfigs"]
            assert zone["properties"]["privateDnsZoneId"].endswith(f"/{known.zone}")
            for record in zone["properties"]["recordSets"]:
                path = f"{zone['properties']['privateDnsZoneId']}/A/{record['recordSetName']}"
                written = names[normalized(path)]["properties"]["aRecords"]
                assert [one["ipv4Address"] for one in written] == record["ipAddresses"]
        assert reached == {}, one.document["tenantId"]


def test_whatever_has_logs_sends_them_to_the_hub(
    cloud: Cloud, holdings: list[tuple[Onboarded, Items]]
) -> None:
    """Once each."""
    found = Counter(
        normalized(item["id"]).partition(SETTINGS)[0]
        for item in cloud.resources()
        if SETTINGS in normalized(item["id"])
        and item["properties"]["workspaceId"].endswith("/workspaces/log-hub-weu")
        and any(log["enabled"] for log in item["properties"]["logs"])
    )
    for _, items in holdings:
        own = [(item, known) for item, known in facts(items) if known.logs]
        assert len(own) >= 8
        for item, known in own:
            path = normalized(item["id"] + known.logs.removeprefix("."))
            assert found[path] == 1, path


def test_planning_after_applying_is_empty(
    cloud: Cloud, tiers: tuple[Onboarded, ...], token: str
) -> None:
    """Each resource of each plan is as wanted, by what ARM answers for it."""
    for one in tiers:
        resources = [pair for pair in planned(cloud, one, token) if pair[0].write is not Write.HUB]
        differing = [item.key for item, current in resources if not is_as_wanted(item, current)]
        assert differing == []
        assert sum(is_own(item) for item, _ in resources) > 60


def test_asking_once_more_writes_nothing(cloud: Cloud, tiers: tuple[Onboarded, ...]) -> None:
    """The same documents are the same tenants."""
    before = len(cloud.requests())
    for one in tiers:
        answer = cloud.post(one.document)
        assert (answer.status, answer.json()["state"]) == (200, "active")
    assert all(sent["method"] == "GET" for sent in cloud.requests()[before:])


def test_each_tier_has_the_runtime_that_it_is_named_for(
    cloud: Cloud, tiers: tuple[Onboarded, ...], token: str
) -> None:
    """A namespace; a namespace on nodes of its own; a cluster."""
    runtimes = ("agentPools", "managedNamespaces", "managedClusters")
    found = {}
    for one in tiers:
        kinds = {
            item.type.rpartition("/")[2] for item, _ in planned(cloud, one, token) if is_own(item)
        }
        found[one.document["isolation"]] = kinds & set(runtimes)
    assert found == {
        "namespace": {"managedNamespaces"},
        "nodepool": {"agentPools", "managedNamespaces"},
        "cluster": {"managedClusters"},
    }


def test_the_audit_of_each_tenant_verifies(cloud: Cloud, tiers: tuple[Onboarded, ...]) -> None:
    """Three chains that were written at once."""
    for one in tiers:
        assert len(assert_audit_verifies(cloud, one.document["tenantId"])) > 60
