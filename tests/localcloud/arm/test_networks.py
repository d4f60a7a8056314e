"""Networks, subnets and peerings behave towards each other as in Azure."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.arm.behaviours.addresses import first_free, first_overlap
from localcloud.arm.routes.groups import deletion_layers
from tests.localcloud.arm.conftest import (
    HUB_NETWORK,
    Arm,
    network_body,
    subnet_body,
    vnet,
)
from tests.localcloud.arm.test_strictness import guard


def peering(network: str, name: str = "p") -> str:
    """Id of a peering."""
    return f"{network}/virtualNetworkPeerings/{name}"


def peering_body(remote: str, **properties: Any) -> dict[str, Any]:
    """The body of a peering."""
    return {"properties": {"remoteVirtualNetwork": {"id": remote}} | properties}


def state_of(arm: Arm, path: str) -> str:
    """A peering's state."""
    return str(arm.get(path).body["properties"]["peeringState"])


def peered(arm: Arm) -> str:
    """A spoke network, peered with the hub on both sides."""
    network = str(arm.made(vnet(arm.group()), network_body())["id"])
    arm.made(peering(network), peering_body(HUB_NETWORK))
    arm.made(peering(HUB_NETWORK), peering_body(network))
    return network


def test_a_network_without_a_subnet_list_keeps_its_subnets(arm: Arm) -> None:
    """A PUT that leaves the list out changes no subnet; an empty list removes them."""
    network = vnet(arm.group())
    arm.made(network, network_body(subnets=[subnet_body("10.16.0.0/25", "a")]))
    kept = arm.made(network, network_body())
    assert [one["name"] for one in kept["properties"]["subnets"]] == ["a"]
    assert arm.made(network, network_body(subnets=[]))["properties"]["subnets"] == []


def test_a_subnet_in_use_is_neither_dropped_nor_moved_nor_deleted(arm: Arm) -> None:
    """The hub's firewall keeps its subnet as it is."""
    subnet = f"{HUB_NETWORK}/subnets/AzureFirewallSubnet"
    dropped = arm.put(HUB_NETWORK, network_body("10.0.0.0/20", []))
    moved = arm.put(subnet, subnet_body("10.0.4.0/26"))
    assert dropped.code == "InUseSubnetCannotBeDeleted"
    assert moved.code == "InUsePrefixCannotBeDeleted"
    assert arm.delete(subnet).code == "InUseSubnetCannotBeDeleted"
    assert arm.delete(HUB_NETWORK).code == "InUseVirtualNetworkCannotBeDeleted"


def test_a_guard_shows_its_subnets_and_stays_while_it_has_one(arm: Arm) -> None:
    """Back references are filled in, and block the deletion."""
    group = arm.group()
    nsg = f"{group}/providers/Microsoft.Network/networkSecurityGroups/n"
    arm.made(nsg, guard())
    network = vnet(group)
    body = network_body(
        subnets=[subnet_body("10.16.0.0/25", "a", networkSecurityGroup={"id": nsg})]
    )
    arm.made(network, body)
    assert arm.get(nsg).body["properties"]["subnets"] == [{"id": f"{network}/subnets/a"}]
    assert arm.delete(nsg).code == "InUseNetworkSecurityGroupCannotBeDeleted"
    arm.made(f"{network}/subnets/a", subnet_body("10.16.0.0/25"))
    assert arm.delete(nsg).status == 202


def test_both_sides_of_a_peering_become_connected(arm: Arm) -> None:
    """One side is Initiated; once the other is written both are Connected."""
    network = str(arm.made(vnet(arm.group()), network_body())["id"])
    first = arm.made(peering(network), peering_body(HUB_NETWORK))["properties"]
    assert (first["peeringState"], first["peeringSyncLevel"]) == ("Initiated", "FullyInSync")
    assert first["remoteAddressSpace"] == {"addressPrefixes": ["10.0.0.0/20"]}
    second = arm.made(peering(HUB_NETWORK), peering_body(network))["properties"]
    assert second["peeringState"] == state_of(arm, peering(network)) == "Connected"
    assert second["resourceGuid"] == first["resourceGuid"]


def test_a_removed_peering_leaves_the_other_side_disconnected(arm: Arm) -> None:
    """And that side must be written or removed before a new one connects."""
    network = peered(arm)
    arm.delete(peering(network))
    arm.advance(60)
    assert state_of(arm, peering(HUB_NETWORK)) == "Disconnected"
    refused = arm.put(peering(network), peering_body(HUB_NETWORK))
    assert refused.code == "RemotePeeringIsDisconnected"
    arm.made(peering(HUB_NETWORK), peering_body(network))
    arm.made(peering(network), peering_body(HUB_NETWORK))
    assert state_of(arm, peering(HUB_NETWORK)) == "Connected"


def test_an_orphan_in_the_hub_blocks_the_next_peering_of_that_network(arm: Arm) -> None:
    """Two peerings of one network never reference the same remote."""
    network = peered(arm)
    reply = arm.put(peering(HUB_NETWORK, "q"), peering_body(network))
    assert reply.code == "AnotherPeeringAlreadyReferencesRemoteVnet"
    assert peering(HUB_NETWORK) in reply.body["error"]["message"]


@pytest.mark.parametrize("prefix", ["10.0.0.0/20", "10.0.0.0/8", "10.0.8.0/24"])
def test_overlapping_networks_are_not_peered(arm: Arm, prefix: str) -> None:
    """Address spaces that overlap refuse the peering."""
    network = str(arm.made(vnet(arm.group()), network_body(prefix))["id"])
    reply = arm.put(peering(network), peering_body(HUB_NETWORK))
    assert (reply.status, reply.code) == (400, "VnetAddressSpacesOverlap")


def test_two_spokes_with_one_range_are_not_peered_with_one_hub(arm: Arm) -> None:
    """The second network of a range that is already peered is refused."""
    peered(arm)
    other = str(arm.made(vnet(arm.group()), network_body())["id"])
    reply = arm.put(peering(HUB_NETWORK, "q"), peering_body(other))
    assert reply.code == "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet"


def test_a_wider_network_leaves_its_peerings_out_of_sync(arm: Arm) -> None:
    """The remote side still has the old address space, until it is written again."""
    network = peered(arm)
    body = network_body()
    body["properties"]["addressSpace"]["addressPrefixes"].append("10.17.0.0/24")
    arm.made(network, body)
    assert arm.get(peering(network)).body["properties"]["peeringSyncLevel"] == "LocalNotInSync"
    assert arm.get(peering(HUB_NETWORK)).body["properties"]["peeringSyncLevel"] == "RemoteNotInSync"


def test_a_network_goes_after_its_peerings(arm: Arm) -> None:
    """A network with a peering is refused, and gone once the peering is."""
    network = peered(arm)
    assert arm.delete(network).code == "InUseVirtualNetworkCannotBeDeleted"
    arm.delete(peering(network))
    arm.advance(60)
    assert arm.delete(network).status == 202
    arm.advance(60)
    assert arm.get(network).status == 404
    assert arm.delete(network).status == 204


def test_one_writer_at_a_time_on_a_network(arm: Arm) -> None:
    """A subnet, a peering or the network itself is refused while another is being written."""
    network = str(arm.made(vnet(arm.group()), network_body())["id"])
    assert arm.put(f"{network}/subnets/a", subnet_body("10.16.0.0/26")).status == 201
    busy = arm.put(f"{network}/subnets/b", subnet_body("10.16.0.64/26"))
    assert (busy.status, busy.code) == (409, "AnotherOperationInProgress")
    remote = arm.put(peering(HUB_NETWORK), peering_body(network))
    assert (remote.status, remote.code) == (409, "ReferencedResourceNotProvisioned")
    arm.advance(4)
    assert arm.put(f"{network}/subnets/b", subnet_body("10.16.0.64/26")).status == 201


@given(st.data())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_group_is_emptied_so_that_nothing_is_missed(arm: Arm, data: st.DataObject) -> None:
    """Each layer holds only what nothing that is left refers to or stands in."""
    group = arm.group()
    guards = [
        f"{group}/providers/Microsoft.Network/networkSecurityGroups/n{number}"
        for number in range(data.draw(st.integers(1, 3)))
    ]
    for path in guards:
        arm.made(path, guard())
    for number in range(data.draw(st.integers(1, 3))):
        chosen = data.draw(st.lists(st.sampled_from(guards), max_size=4))
        subnets = [
            subnet_body(
                f"10.{30 + number}.{index}.0/24", f"s{index}", networkSecurityGroup={"id": one}
            )
            for index, one in enumerate(chosen)
        ]
        arm.made(vnet(group, f"v{number}"), network_body(f"10.{30 + number}.0.0/16", subnets))
    store = arm.cloud.store
    record = store.get(group)
    assert record is not None
    layers = deletion_layers(store, record)
    left = {one.key for layer in layers for one in layer}
    assert len(left) == sum(len(layer) for layer in layers)
    for layer in layers:
        for one in layer:
            users = {user.key for user in store.blocking_referrers(one.id)}
            inner = {child.key for child in store.children(one.id)}
            assert not (users | inner) & left
        left -= {one.key for one in layer}


ranges = st.builds(
    lambda start, length: IPv4Network((start << 8, length), strict=False),
    st.integers(0x0A1000, 0x0A1040),
    st.integers(20, 28),
)


@given(st.lists(ranges, min_size=2, max_size=8))
def test_overlaps_are_found_exactly_where_there_are_some(networks: list[IPv4Network]) -> None:
    """The sweep agrees with comparing every pair."""
    pairs = any(
        one.overlaps(other) for index, one in enumerate(networks) for other in networks[index + 1 :]
    )
    named = [(str(index), one) for index, one in enumerate(networks)]
    assert (first_overlap(named) is not None) == pairs


@given(st.integers(24, 29), st.integers(0, 300))
@settings(max_examples=50)
def test_azure_keeps_five_addresses_of_each_subnet(length: int, taken: int) -> None:
    """As many addresses are given out as the range holds, less five, and never one twice."""
    subnet = IPv4Network(("10.9.0.0", length))
    used: set[Any] = set()
    for _ in range(taken):
        address = first_free(subnet, used)
        if address is None:
            break
        assert address not in used
        used.add(address)
    assert len(used) == min(taken, subnet.num_addresses - 5)
