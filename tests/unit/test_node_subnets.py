"""The subnets of tenants' node pools: disjoint, apart from each other, and only where offered."""

from datetime import date
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.addressing import ranges_of
from landing_zone.capacity import CapacityExceeded, demand_of, place
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub, NodePools
from landing_zone.planning.node_subnets import (
    node_pools_of,
    node_subnet_id,
    node_subnet_properties,
    security_group,
)
from landing_zone.reservation import Reservation
from tests.fakes import example_request
from tests.unit.planned import HUB
from tests.unit.planned_whole import NODES, wanting, whole_plan_of

TODAY = date(2026, 3, 14)
RANGE = IPv4Network("10.0.12.0/22")
ADDRESSES = st.integers(int(RANGE[0]), int(RANGE[-1])).map(IPv4Address)


def hub_with(length: int, limit: str = str(RANGE)) -> Hub:
    """A hub whose node pools have subnets of that size, cut from that range."""
    pools = NodePools(
        address_range=IPv4Network(limit), prefix_length=length, route_table="rt-node-pools"
    )
    return HUB.model_copy(update={"node_pools": pools})


def placed(hub: Hub, held: list[Reservation], seen: list[IPv4Network], nodes: int = 1) -> Any:
    """What one more tenant of tier nodepool is given."""
    compute = {"cpu": 1, "memoryGiB": 1, "nodes": NODES | {"max": nodes}}
    demand = demand_of(example_request(isolation="nodepool", compute=compute))
    return place(
        hub,
        held,
        {"nodeSubnets": len(held)},
        prefix_length=24,
        claims=demand.claims,
        seen=seen,
        today=TODAY,
    )


@given(
    st.integers(24, 29),
    st.lists(st.tuples(st.sampled_from(["come", "come", "go"]), st.integers(0, 40)), max_size=40),
    st.lists(st.tuples(ADDRESSES, st.integers(25, 29)), max_size=3),
)
def test_subnets_are_disjoint_within_the_range_and_released(
    length: int, happenings: list[tuple[str, int]], orphans: list[tuple[IPv4Address, int]]
) -> None:
    """Whoever comes and goes, and whatever stands there already; none is lost."""
    hub, every = hub_with(length), RANGE.subnets(new_prefix=length)
    seen = [IPv4Network((str(at), size), strict=False) for at, size in orphans]
    free = [one for one in every if not any(one.overlaps(other) for other in seen)]
    held: list[Reservation] = []
    for what, which in happenings:
        if what == "go" and held:
            held.pop(which % len(held))
        elif len(held) < len(free):
            held.append(placed(hub, held, seen))
        else:
            with pytest.raises(CapacityExceeded, match="node pool subnets"):
                placed(hub, held, seen)
    given_away = [one.node_subnet for one in held if one.node_subnet is not None]
    assert len(given_away) == len(held)
    assert all(one in free for one in given_away)
    assert not any(one.overlaps(other) for one, other in combinations(given_away, 2))


def test_other_tiers_hold_none() -> None:
    """Though their requests may describe nodes."""
    for tier in ("namespace", "cluster"):
        claims = demand_of(example_request(isolation=tier)).claims
        found = place(HUB, [], {}, prefix_length=24, claims=claims, seen=[], today=TODAY)
        assert found.node_subnet is None


def test_hub_without_a_range_takes_no_node_pools() -> None:
    """And says what it lacks."""
    bare = HUB.model_copy(update={"node_pools": None})
    with pytest.raises(CapacityExceeded) as caught:
        placed(bare, [], [])
    assert "hub-weu: binding limit: node pool subnets (asked 1, left 0 of 0" in str(caught.value)
    with pytest.raises(PermanentError, match="NodePoolsNotOffered"):
        node_subnet_properties(bare, RANGE)


@pytest.mark.parametrize(("length", "most"), [(29, 2), (28, 10), (27, 26), (26, 58)])
def test_nodes_and_those_of_an_upgrade_fit_into_the_subnet(length: int, most: int) -> None:
    """Azure keeps five addresses, and an upgrade brings a node more."""
    hub = hub_with(length)
    pool = whole_plan_of(wanting("nodepool")).by_key["node-pool"].body["properties"]
    assert most + int(pool["upgradeSettings"]["maxSurge"]) + 5 == 2 ** (32 - length)
    assert placed(hub, [], [], nodes=most).node_subnet is not None
    with pytest.raises(CapacityExceeded, match=f"asked {most + 1}, left {most} of {most} nodes"):
        placed(hub, [], [], nodes=most + 1)


def test_egress_of_the_tenant_is_that_of_its_nodes_too() -> None:
    """The firewall knows both ranges; a tenant of shared nodes has its spoke alone."""
    sources = {
        tier: whole_plan_of(wanting(tier)).by_key["hub:firewall"].body["sources"]
        for tier in ("namespace", "nodepool")
    }
    spoke, nodes = sources["nodepool"]
    assert sources["namespace"] == [spoke]
    assert IPv4Network(nodes).subnet_of(node_pools_of(HUB).address_range)
    claims = demand_of(wanting("nodepool")).claims
    assert (claims["ipGroup:azure"], claims["firewallAddresses"]) == (2, 3)


def allows(rules: list[dict[str, Any]], source: IPv4Address, target: IPv4Address) -> bool:
    """What a security group does with a packet; Azure's default lets the network's own pass."""
    for rule in sorted((one["properties"] for one in rules), key=lambda one: int(one["priority"])):
        sides = ((source, "sourceAddressPrefix"), (target, "destinationAddressPrefix"))
        if all(address in IPv4Network(rule[side]) for address, side in sides):
            return bool(rule["access"] == "Allow")
    return True


@given(st.integers(23, 29), ADDRESSES, ADDRESSES)
def test_nodes_reach_those_of_their_own_tenant_only(
    length: int, source: IPv4Address, target: IPv4Address
) -> None:
    """Within a subnet everything passes, between two nothing."""
    rules = security_group(hub_with(length))["properties"]["securityRules"]
    same = IPv4Network((str(source), length), strict=False)
    assert allows(rules, source, target) == (target in same)


@pytest.mark.parametrize("outside", ["10.0.8.4", "10.0.0.4", "10.244.3.7"])
def test_the_cluster_itself_and_pods_pass(outside: str) -> None:
    """System nodes, the firewall, and pods, which keep their own addresses between nodes."""
    rules = security_group(HUB)["properties"]["securityRules"]
    node, other = RANGE[5], IPv4Address(outside)
    assert allows(rules, other, node)
    assert allows(rules, node, other)


def test_rules_are_as_many_as_azure_takes() -> None:
    """Of the largest range that the document may name, with priorities of their own."""
    rules = security_group(hub_with(29, "10.0.0.0/20"))["properties"]["securityRules"]
    priorities = {rule["properties"]["priority"] for rule in rules}
    assert len(rules) == len(priorities) == len({rule["name"] for rule in rules}) == 513
    assert all(100 <= priority <= 4096 for priority in priorities)


def test_a_subnet_has_its_place_in_the_hub_network() -> None:
    """Under the tenant's name, whatever its length."""
    found = node_subnet_id(HUB, "contoso")
    assert found == f"{HUB.network_id}/subnets/nodes-contoso"
    assert len(node_subnet_id(HUB, "a" * 20).rpartition("/")[2]) <= 80


@pytest.mark.parametrize(
    ("shown", "ranges"),
    [
        ({"addressPrefix": "10.0.12.0/27"}, ["10.0.12.0/27"]),
        ({"addressPrefixes": ["10.0.12.0/27", "fd00::/64"]}, ["10.0.12.0/27"]),
        ({"remoteAddressSpace": {"addressPrefixes": ["10.16.0.0/24"]}}, ["10.16.0.0/24"]),
        ({}, []),
    ],
)
def test_ranges_in_use_are_read_as_arm_shows_them(shown: dict[str, Any], ranges: list[str]) -> None:
    """Of subnets and of peerings."""
    assert ranges_of({"properties": shown}) == ranges
