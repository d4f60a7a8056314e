"""What the rules of networks decide beyond the laws that all rules keep."""

from typing import Any

import pytest

from landing_zone.arm_ids import normalized
from landing_zone.remediation.model import ByHand, Fix, HubRefresh
from landing_zone.remediation.names import RuleName
from tests.unit.remediation.drifts import adding
from tests.unit.remediation.estate import (
    GROUNDS,
    HUB_GROUND,
    world_of,
)
from tests.unit.remediation.model_arm import Model
from tests.unit.remediation.ruled import GROUP, IPS, NAMESPACE, NODEPOOL, deleted, only, planned


def address(**properties: Any) -> dict[str, Any]:
    """A public IP address with the tenant's tags."""
    return {"tags": dict(NAMESPACE.tags), "properties": {"ipAddress": "20.1.2.3", **properties}}


def test_unattached_public_ip_address_is_deleted() -> None:
    """And is no violation once it is gone."""
    model = Model({f"{IPS}/one": address()})
    (violation,) = model.look(NAMESPACE, f"{IPS}/one").violations
    assert deleted(violation) == [f"{IPS}/one"]
    model.fix(violation)
    assert model.look(NAMESPACE, f"{IPS}/one").violations == ()


@pytest.mark.parametrize("user", ["ipConfiguration", "natGateway"])
def test_attached_public_ip_address_is_left_to_a_person(user: str) -> None:
    """Who is told what it is attached to."""
    attached = address(**{user: {"id": "/subscriptions/x/nic/ipconfig"}})
    (violation,) = Model({f"{IPS}/one": attached}).look(NAMESPACE, f"{IPS}/one").violations
    assert isinstance(violation.fix, ByHand)
    assert "/subscriptions/x/nic/ipconfig" in violation.fix.advice


def test_public_ip_address_of_the_hub_is_its_own() -> None:
    """The firewall and the gateway have one."""
    key = f"{HUB_GROUND.hub.resource_group_id}/providers/Microsoft.Network/publicIPAddresses/p"
    assert Model({normalized(key): address()}).look(HUB_GROUND, key).violations == ()


def test_two_spokes_that_are_peered_are_parted_on_both_sides() -> None:
    """At one further read, which no compliant network costs."""
    mine, theirs = (planned(one, "microsoft.network/virtualnetworks") for one in GROUNDS[:2])
    model = Model(world_of(NAMESPACE) | world_of(NODEPOOL))
    for one, other in ((mine, theirs), (theirs, mine)):
        rogue = {"name": "rogue", "properties": {"remoteVirtualNetwork": {"id": other}}}
        adding("virtualNetworkPeerings", rogue)(model.world[one])
    looked = model.look(NAMESPACE, mine)
    violation = only(looked.violations, RuleName.FOREIGN_PEERING)
    assert looked.reads == 2
    assert [
        path.lower().partition("/virtualnetworkpeerings/")[0] for path in deleted(violation)
    ] == [
        mine,
        theirs,
    ]
    model.fix(violation)
    assert model.look(NAMESPACE, mine).violations == ()
    assert model.look(NODEPOOL, theirs).violations == ()


def test_disconnected_peering_is_written_again_together_with_the_hub() -> None:
    """Both sides have to be."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    peering = model.world[network]["properties"]["virtualNetworkPeerings"][0]
    peering["properties"]["peeringState"] = "Disconnected"
    (violation,) = model.look(NAMESPACE, network).violations
    assert isinstance(violation.fix, Fix)
    assert violation.fix.hub == HubRefresh(hub=NAMESPACE.hub.name, lane="network")


def subnet(name: str) -> dict[str, Any]:
    """A subnet that nobody planned."""
    return {"name": name, "etag": 'W/"7"', "properties": {"addressPrefix": "10.16.3.224/28"}}


def test_subnet_that_nobody_planned_gets_the_tenants_own_table_and_group() -> None:
    """Written back with what it has, unless it has changed since."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    adding("subnets", subnet("mine"))(model.world[network])
    (violation,) = model.look(NAMESPACE, network).violations
    assert isinstance(violation.fix, Fix)
    (write,) = violation.fix.writes
    assert write.if_match == 'W/"7"'
    properties = (write.body or {})["properties"]
    assert properties["routeTable"]["id"].endswith("rt-tenant-1")
    assert "networkSecurityGroups" in properties["networkSecurityGroup"]["id"]
    model.fix(violation)
    assert model.look(NAMESPACE, network).violations == ()


def test_subnet_in_another_region_is_left_to_a_person() -> None:
    """A route table is of the region of its subnets."""
    key = f"{GROUP}/providers/microsoft.network/virtualnetworks/elsewhere"
    body = {"location": "northeurope", "tags": dict(NAMESPACE.tags), "properties": {}}
    model = Model({key: {"id": key, **body}})
    adding("subnets", subnet("mine"))(model.world[key])
    (violation,) = model.look(NAMESPACE, key).violations
    assert isinstance(violation.fix, ByHand)
    assert "its own region" in violation.fix.advice


def test_gateway_subnet_is_left_to_a_person() -> None:
    """Azure takes no route to the firewall there."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    gateway = subnet("GatewaySubnet")
    model.world[network]["properties"]["subnets"].append({**gateway, "id": f"{network}/subnets/g"})
    (violation,) = model.look(NAMESPACE, network).violations
    assert isinstance(violation.fix, ByHand)


def test_planned_subnet_that_is_gone_is_made_again() -> None:
    """It holds nothing itself."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    del model.world[network]["properties"]["subnets"][1]
    violation = only(model.look(NAMESPACE, network).violations, RuleName.MISSING_RESOURCE)
    model.fix(violation)
    assert model.look(NAMESPACE, network).violations == ()


def test_policies_of_private_endpoints_are_turned_on_again() -> None:
    """Without them neither routes nor security groups hold for the endpoints."""
    network = planned(NAMESPACE, "microsoft.network/virtualnetworks")
    model = Model(world_of(NAMESPACE))
    for one in model.world[network]["properties"]["subnets"]:
        if one["name"] == "private-endpoints":
            one["properties"]["privateEndpointNetworkPolicies"] = "Disabled"
    (violation,) = model.look(NAMESPACE, network).violations
    assert violation.rule == RuleName.FORCED_TUNNELLING
    model.fix(violation)
    assert model.look(NAMESPACE, network).violations == ()


def test_planned_rule_whose_place_is_taken_is_left_to_a_person() -> None:
    """The other rule does no harm, so it is not deleted."""
    group = planned(NAMESPACE, "microsoft.network/networksecuritygroups")
    model = Model(world_of(NAMESPACE))
    rule = model.world[group]["properties"]["securityRules"][0]
    rule |= {"name": "mine", "id": f"{group}/securityRules/mine"}
    rule["properties"] = {**rule["properties"], "sourceAddressPrefix": "10.0.0.0/8"}
    (violation,) = model.look(NAMESPACE, group).violations
    assert isinstance(violation.fix, ByHand)
    assert "mine" in violation.fix.advice


@pytest.mark.parametrize(
    "source", ["10.1.2.0/24", "VirtualNetwork", "AzureLoadBalancer", "100.64.0.0/16", "fd00::/8"]
)
def test_sources_inside_may_come_in(source: str) -> None:
    """Private addresses and the two tags of Azure's own inside."""
    group = planned(NAMESPACE, "microsoft.network/networksecuritygroups")
    model = Model(world_of(NAMESPACE))
    properties = {
        "direction": "Inbound",
        "access": "Allow",
        "priority": 400,
        "sourceAddressPrefixes": [source],
    }
    adding("securityRules", {"name": "inside", "properties": properties})(model.world[group])
    assert model.look(NAMESPACE, group).violations == ()


def test_any_open_source_among_several_is_found() -> None:
    """One prefix of the internet is enough."""
    group = planned(NAMESPACE, "microsoft.network/networksecuritygroups")
    model = Model(world_of(NAMESPACE))
    properties = {
        "direction": "inbound",
        "access": "allow",
        "priority": 400,
        "sourceAddressPrefixes": ["10.0.0.0/8", "1.2.3.0/24"],
    }
    adding("securityRules", {"name": "mixed", "properties": properties})(model.world[group])
    (violation,) = model.look(NAMESPACE, group).violations
    assert "1.2.3.0/24" in violation.detail
