"""The hub under many tenants at once: few writes, nobody forgotten, nothing left behind."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

import pytest

from landing_zone.audit import AuditEntry
from landing_zone.hub_state.members import Lane, chain_of
from tests.end_to_end.checks import (
    address_ranges,
    assert_audit_verifies,
    assert_connected,
    assert_whole,
    audit_records,
    checked_cloud,
    leftovers,
)
from tests.end_to_end.cloud import Cloud, example, wait_for

SPEED = 200.0
SEED = 20_260_601
KINDS = ("/ipgroups/", "/rulecollectiongroups/")
IN_NETWORK = ("/vnet-hub-weu/virtualnetworkpeerings/", "/vnet-hub-weu/subnets/")
HOST = ("localcloud.functions_host --app", "localcloud.functions_host.worker")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local cloud of the hub's own, whose requests are counted."""
    settings = {"SPOKEWRIGHT_HUB_COLLECT_SECONDS": "2"}
    with checked_cloud(tmp_path_factory.mktemp("busy"), speed=SPEED, **settings) as found:
        yield found


def firewall_writes(cloud: Cloud) -> list[dict[str, Any]]:
    """What was written of the firewall, refusals too."""
    return [
        item
        for item in cloud.requests()
        if item["method"] in {"PUT", "DELETE"}
        and any(kind in item["url"].lower() for kind in KINDS)
    ]


def hub_writes(cloud: Cloud, lane: Lane) -> Counter[str]:
    """How often each resource of a lane of the hub was written, refusals too, by its id."""
    kinds = KINDS if lane == "firewall" else IN_NETWORK
    paths = [
        urlsplit(item["url"]).path.lower()
        for item in cloud.requests()
        if item["method"] in {"PUT", "DELETE"}
    ]
    return Counter(path for path in paths if any(kind in path for kind in kinds))


def audited(cloud: Cloud, lane: Lane) -> list[tuple[AuditEntry, AuditEntry]]:
    """The audit chain of a lane, once the lane is at rest: each write as it began and ended."""
    chain = chain_of("hub-weu", lane)

    def at_rest() -> bool:
        records = audit_records(cloud, chain)
        return bool(records) and records[-1].entry.outcome != "begun"

    wait_for(at_rest, f"the {lane} to be at rest")
    entries = [record.entry for record in assert_audit_verifies(cloud, chain)]
    return list(zip(entries[::2], entries[1::2], strict=True))


def allowed(cloud: Cloud, profile: str) -> Counter[str]:
    """The ranges that a profile lets out, as ARM holds them."""
    groups = [
        item
        for item in cloud.resources()
        if str(item["id"]).lower().endswith(f"/ipgroups/spokewright-hub-weu-{profile}")
    ]
    return Counter(one for item in groups for one in item["properties"]["ipAddresses"])


def own_rules(cloud: Cloud) -> Counter[str]:
    """The tenants that have a rule of their own."""
    return Counter(
        rule["name"]
        for item in cloud.resources()
        if "/rulecollectiongroups/spokewright-fqdns-" in str(item["id"]).lower()
        for collection in item["properties"]["ruleCollections"]
        for rule in collection["rules"]
    )


def assert_served(cloud: Cloud, tenants: list[str]) -> None:
    """Each is active and stands in the hub once, with its range, its rule and its peering."""
    for tenant in tenants:
        found = cloud.settled(tenant, 110)
        assert found["state"] == "active", found.get("reason")
        assert_whole(cloud, tenant)
        assert_connected(cloud, tenant)
    ranges = {str(one) for one in address_ranges(cloud, tenants)}
    assert len(ranges) == len(tenants)
    for profile in ("azure", "github"):
        found = allowed(cloud, profile)
        assert {one: found[one] for one in ranges} == dict.fromkeys(ranges, 1)
    rules = own_rules(cloud)
    assert {one: rules[one] for one in tenants} == dict.fromkeys(tenants, 1)


def test_tenants_at_once_cost_a_few_firewall_writes(busy: Cloud) -> None:
    """Each write serves all who wait; Azure refuses none."""
    tenants = [f"crowd-{number:02}" for number in range(6)]
    before = len(firewall_writes(busy))
    for tenant in tenants:
        assert busy.post(example(tenantId=tenant)).status == 202
    assert_served(busy, tenants)
    writes = firewall_writes(busy)[before:]
    assert len(writes) <= 8
    assert not [item for item in busy.requests() if item["status"] == 409]


def test_a_tenant_that_fails_leaves_nothing_in_the_hub(busy: Cloud) -> None:
    """Its range is in no group and in no rule, while the others stay."""
    assert busy.post(example(tenantId="crowd-stays")).status == 202
    busy.settled("crowd-stays")
    before = {str(item["id"]).lower() for item in busy.resources()}
    kept = allowed(busy, "azure")
    match = {"method": "PUT", "type": "Microsoft.Network/routeTables", "nth": 1}
    fault = {"preset": "disallowed-by-policy", "match": match}
    assert busy.arm("/_local/faults", fault).status == 201
    assert busy.post(example(tenantId="crowd-fails")).status == 202
    tenant = busy.settled("crowd-fails", 110)
    assert busy.arm("/_local/faults", method="DELETE").status < 300
    assert (tenant["state"], tenant["openWork"]) == ("failed", [])
    assert "RequestDisallowedByPolicy" in tenant["reason"] or "policy" in tenant["reason"]
    assert leftovers(busy, tenant, before) == set()
    assert allowed(busy, "azure") == kept
    assert own_rules(busy)["crowd-fails"] == 0


def node_subnets(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """Properties of the subnets of tenants' node pools, by the subnet's name."""
    return {
        str(item["id"]).rpartition("/")[2]: item["properties"]
        for item in cloud.resources()
        if "/vnet-hub-weu/subnets/nodes-" in str(item["id"]).lower()
    }


def pool_subnet(cloud: Cloud, tenant_id: str) -> str:
    """Name of the subnet in which a tenant's node pool stands."""
    (found,) = [
        item["properties"]["vnetSubnetID"]
        for item in cloud.resources()
        if "/agentpools/" in str(item["id"]).lower()
        and item["properties"].get("nodeLabels") == {"tenant": tenant_id}
    ]
    return str(found).rpartition("/")[2]


def test_each_node_pool_stands_in_a_subnet_of_its_own(busy: Cloud) -> None:
    """Disjoint, within the hub's range, routed to the firewall, closed to other tenants' nodes."""
    tenants = [f"pooled-{number}" for number in range(2)]
    for tenant in tenants:
        assert busy.post(example(tenantId=tenant, isolation="nodepool")).status == 202
    for tenant in tenants:
        found = busy.settled(tenant, 110)
        assert found["state"] == "active", found.get("reason")
        assert_whole(busy, tenant)
        assert pool_subnet(busy, tenant) == f"nodes-{tenant}"
    subnets = [node_subnets(busy)[f"nodes-{tenant}"] for tenant in tenants]
    ranges = [IPv4Network(one["addressPrefix"]) for one in subnets]
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))
    assert all(one.subnet_of(IPv4Network("10.0.12.0/22")) for one in ranges)
    for one in subnets:
        assert one["routeTable"]["id"].endswith("/rt-hub-weu-node-pools")
        assert one["networkSecurityGroup"]["id"].endswith("/spokewright-hub-weu-node-pools")
    (limit,) = [
        one
        for one in busy.call("GET", "/api/capacity").json()["hubs"][0]["limits"]
        if one["limit"] == "nodeSubnets"
    ]
    assert (limit["total"], limit["used"]) == (32, len(tenants))


@pytest.mark.nightly
def test_a_node_pool_that_fails_leaves_its_subnet_to_others(busy: Cloud) -> None:
    """It is removed once the nodes are gone, and no range is lost."""
    before = {str(item["id"]).lower() for item in busy.resources()}
    match = {
        "method": "PUT",
        "type": "Microsoft.ContainerService/managedClusters/managedNamespaces",
    }
    fault = {"preset": "disallowed-by-policy", "match": match | {"nth": 1}}
    assert busy.arm("/_local/faults", fault).status == 201
    assert busy.post(example(tenantId="pooled-fails", isolation="nodepool")).status == 202
    tenant = busy.settled("pooled-fails", 110)
    assert busy.arm("/_local/faults", method="DELETE").status < 300
    assert (tenant["state"], tenant["openWork"]) == ("failed", [])
    assert leftovers(busy, tenant, before) == set()
    assert "nodes-pooled-fails" not in node_subnets(busy)


@pytest.mark.parametrize("lane", ["firewall", "network"])
def test_each_write_to_the_hub_stands_in_its_audit_once(busy: Cloud, lane: Lane) -> None:
    """As it began, with the tenants that it was for, and how it ended."""
    assert busy.post(example(tenantId=f"audited-{lane}")).status == 202
    assert busy.settled(f"audited-{lane}", 110)["state"] == "active"
    writes = audited(busy, lane)
    assert Counter(begun.resource.lower() for begun, _ in writes) == hub_writes(busy, lane)
    for begun, over in writes:
        assert (begun.outcome, begun.resource) == ("begun", over.resource)
        assert over.outcome == "ended"
        assert begun.details["lane"] == lane
    last = [begun for begun, _ in writes if f"audited-{lane}" in begun.details["tenants"]]
    assert last
    assert {begun.details["method"] for begun in last} == {"PUT"}


@pytest.mark.nightly
def test_everyone_is_served_although_the_host_is_killed(busy: Cloud) -> None:
    """At any moment, more than once; each once."""
    dice = random.Random(SEED)  # noqa: S311 - moments of a test
    tenants = [f"killed-{number}" for number in range(5)]
    for tenant in tenants:
        assert busy.post(example(tenantId=tenant)).status == 202
    for part in HOST:
        # The moment itself is what is tested, so this is a wait for a time and not for an event.
        time.sleep(dice.uniform(0.5, 3.0))
        wait_for(partial(busy.kill, part), f"{part} to be there")
        wait_for(busy.is_up, "all parts to be back")
    assert_served(busy, tenants)
    for lane in ("firewall", "network"):
        for begun, over in audited(busy, lane):
            assert (begun.outcome, begun.resource) == ("begun", over.resource)
            assert over.outcome in {"ended", "failed", "unknown"}
