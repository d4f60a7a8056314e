"""What a hub has for its tenants: room for node pools, and a function that takes their events."""

from typing import Any

from landing_zone.hub import HubDocument
from landing_zone.planning.node_subnets import (
    node_subnet_id,
    node_subnet_properties,
    security_group_id,
)
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import (
    HUB_NETWORK,
    HUB_SUBSCRIPTION,
    Arm,
    network_body,
    subnet_body,
    vnet,
)

WEB = "2024-11-01"
EVENTS = b.at(HUB_SUBSCRIPTION, "Microsoft.EventGrid/eventSubscriptions", "sub")
POOL = f"{b.HUB_CLUSTER}/agentPools/tcon"


def pool(subnet: str) -> dict[str, Any]:
    """An agent pool in that subnet."""
    return {"properties": {"vmSize": "Standard_D4ds_v5", "count": 1, "vnetSubnetID": subnet}}


def node_subnet(arm: Arm, hub: HubDocument) -> str:
    """A tenant's node subnet, made as the reconciler makes it; its id."""
    place = hub.hubs[0]
    assert place.node_pools is not None
    wanted = node_subnet_properties(place, place.node_pools.subnets[0])
    return str(arm.made(node_subnet_id(place, "contoso"), {"properties": wanted})["id"])


def subnets(arm: Arm) -> set[str]:
    """Names of the hub network's subnets."""
    listed = arm.get(f"{HUB_NETWORK}/subnets").body["value"]
    assert {one["name"] for one in arm.get(HUB_NETWORK).body["properties"]["subnets"]} == {
        one["name"] for one in listed
    }
    return {one["name"] for one in listed}


def test_a_node_subnet_goes_after_the_pool_that_stands_in_it(arm: Arm, hub: HubDocument) -> None:
    """Azure keeps a subnet that has nodes."""
    subnet = node_subnet(arm, hub)
    assert arm.made(POOL, pool(subnet), b.AKS)["properties"]["vnetSubnetID"] == subnet
    assert arm.delete(subnet).code == "InUseSubnetCannotBeDeleted"
    assert arm.delete(POOL, b.AKS).status == 202
    assert arm.delete(subnet).code == "InUseSubnetCannotBeDeleted"
    arm.advance(500)
    assert arm.delete(subnet).status == 202
    arm.advance(60)
    assert arm.get(subnet).status == 404


def test_a_write_of_the_hub_network_keeps_the_node_subnets(arm: Arm, hub: HubDocument) -> None:
    """One that names no subnets leaves them; one that leaves out a subnet with nodes is refused."""
    subnet = node_subnet(arm, hub)
    before = subnets(arm)
    whole = arm.get(HUB_NETWORK).body
    bare = network_body(whole["properties"]["addressSpace"]["addressPrefixes"][0])
    arm.made(HUB_NETWORK, bare)
    assert subnets(arm) == before
    arm.made(POOL, pool(subnet), b.AKS)
    others = [
        subnet_body(one["properties"]["addressPrefix"], one["name"])
        for one in whole["properties"]["subnets"]
        if one["name"] != "nodes-contoso"
    ]
    bare["properties"]["subnets"] = others
    assert arm.put(HUB_NETWORK, bare).code == "InUseSubnetCannotBeDeleted"
    assert subnets(arm) == before


def test_what_node_subnets_refer_to_stays(arm: Arm, hub: HubDocument) -> None:
    """Their way to the firewall and what keeps them apart."""
    place = hub.hubs[0]
    assert place.node_pools is not None
    node_subnet(arm, hub)
    table = place.resource_id("Microsoft.Network/routeTables", place.node_pools.route_table)
    (route,) = arm.get(table).body["properties"]["routes"]
    assert route["properties"]["addressPrefix"] == "0.0.0.0/0"
    assert route["properties"]["nextHopIpAddress"] == "10.0.0.4"
    assert arm.delete(table).code == "InUseRouteTableCannotBeDeleted"
    group = security_group_id(place)
    assert arm.delete(group).code == "InUseNetworkSecurityGroupCannotBeDeleted"


def test_pools_of_a_cluster_stand_in_one_network(arm: Arm) -> None:
    """Azure puts none into another."""
    network = vnet(arm.group())
    arm.made(network, network_body("10.16.0.0/24", [subnet_body("10.16.0.0/25", "nodes")]))
    assert arm.put(POOL, pool(f"{network}/subnets/nodes"), b.AKS).code == "InvalidParameter"


def subscribed(function: str) -> dict[str, Any]:
    """A subscription whose events a function takes."""
    inner = {"resourceId": function, "maxEventsPerBatch": 1}
    return {"properties": {"destination": {"endpointType": "AzureFunction", "properties": inner}}}


def test_events_go_to_a_function_that_is_there(arm: Arm, hub: HubDocument) -> None:
    """The hub's is; another, or the app that it is in, is none."""
    function = hub.hubs[0].resource_events
    assert function is not None
    app = function.rpartition("/functions/")[0]
    for wrong in (f"{function}s", app, b.HUB_SEARCH):
        refused = arm.put(EVENTS, subscribed(wrong), b.EVENTS)
        assert (refused.status, refused.code) == (400, "Endpoint validation")
    assert arm.made(EVENTS, subscribed(function), b.EVENTS)["name"] == "sub"


def test_a_function_is_read_and_not_made_here(arm: Arm, hub: HubDocument) -> None:
    """It is deployed with its app."""
    function = str(hub.hubs[0].resource_events)
    found = arm.get(function, WEB)
    assert found.body["properties"]["config"]["bindings"][0]["type"] == "eventGridTrigger"
    assert arm.get(function.rpartition("/functions/")[0], WEB).body["kind"] == "functionapp,linux"
    assert arm.put(f"{function}-2", {"properties": {}}, WEB).status == 405
    assert arm.delete(function, WEB).status == 405
