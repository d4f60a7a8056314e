"""Laws of every planned spoke network: closed to the internet, its way out the firewall."""

from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from hypothesis import given, settings

from landing_zone.plan import Plan
from landing_zone.tenant_request import TenantRequest
from tests.unit.planned import HUB, plans, properties_in, reservation_for, strings_in

FIREWALL = str(HUB.firewall.private_ip)
type Planned = tuple[TenantRequest, Plan]


def subnets(made: Plan) -> dict[str, dict[str, Any]]:
    """The properties of each subnet by its name."""
    found = made.by_key["network"].body["properties"]["subnets"]
    return {subnet["name"]: subnet["properties"] for subnet in found}


@given(plans())
@settings(max_examples=30)
def test_subnets_are_disjoint_and_fill_the_reservation(drawn: Planned) -> None:
    """The network has the reserved range and nothing else."""
    request, made = drawn
    reserved = reservation_for(request).address_range
    space = made.by_key["network"].body["properties"]["addressSpace"]["addressPrefixes"]
    ranges = [IPv4Network(subnet["addressPrefix"]) for subnet in subnets(made).values()]
    assert space == [str(reserved)]
    assert all(one.subnet_of(reserved) for one in ranges)
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))
    assert sum(one.num_addresses for one in ranges) == reserved.num_addresses


@given(plans())
@settings(max_examples=30)
def test_every_subnet_has_its_security_group_and_the_route_to_the_firewall(
    drawn: Planned,
) -> None:
    """None has a way out of its own."""
    made = drawn[1]
    for name, subnet in subnets(made).items():
        group = made.by_key[f"security-group:{name}"]
        assert subnet["networkSecurityGroup"] == {"id": group.id}
        assert subnet["routeTable"] == {"id": made.by_key["route-table"].id}
        assert subnet["defaultOutboundAccess"] is False
        assert {group.key, "route-table"} <= made.by_key["network"].waits_for


@given(plans())
@settings(max_examples=30)
def test_default_route_leads_to_the_firewall(drawn: Planned) -> None:
    """Only there, and no gateway's routes come in beside it; its DNS is the firewall's too."""
    made = drawn[1]
    table = made.by_key["route-table"].body["properties"]
    hops = [route["properties"] for route in table["routes"]]
    assert hops == [
        {
            "addressPrefix": "0.0.0.0/0",
            "nextHopType": "VirtualAppliance",
            "nextHopIpAddress": FIREWALL,
        }
    ]
    assert table["disableBgpRoutePropagation"] is True
    dns = made.by_key["network"].body["properties"]["dhcpOptions"]
    assert dns == {"dnsServers": [FIREWALL]}


@given(plans())
@settings(max_examples=30)
def test_nothing_public_is_planned(drawn: Planned) -> None:
    """No public address, no gateway, and every security group shuts the internet out."""
    made = drawn[1]
    kinds = {resource.type for resource in made.resources}
    assert not any("public" in kind.lower() or "natGateways" in kind for kind in kinds)
    bodies = [resource.body for resource in made.resources]
    assert not any(name.lower().startswith("publicip") for name, _ in properties_in(bodies))
    assert not any("/publicipaddresses/" in text.lower() for text in strings_in(bodies))
    for name in subnets(made):
        rules = made.by_key[f"security-group:{name}"].body["properties"]["securityRules"]
        first = min((rule["properties"] for rule in rules), key=lambda rule: rule["priority"])
        assert first["priority"] == 100
        assert (first["direction"], first["access"]) == ("Inbound", "Deny")
        assert first["sourceAddressPrefix"] == "Internet"


@given(plans())
@settings(max_examples=30)
def test_both_peerings_point_at_each_other(drawn: Planned) -> None:
    """Traffic that the firewall forwards is let in; gateways are not shared."""
    made = drawn[1]
    network = made.by_key["network"].id
    remotes = {"peering:spoke": HUB.network_id, "peering:hub": network}
    homes = {"peering:spoke": network, "peering:hub": HUB.network_id}
    for key, remote in remotes.items():
        peering = made.by_key[key]
        properties = peering.body["properties"]
        assert peering.id.startswith(f"{homes[key]}/virtualNetworkPeerings/")
        assert properties["remoteVirtualNetwork"] == {"id": remote}
        assert properties["allowForwardedTraffic"] is True
        assert (properties["allowGatewayTransit"], properties["useRemoteGateways"]) == (
            False,
            False,
        )
        assert peering.ready == {"properties.peeringState": "Connected"}
        assert "network" in peering.waits_for


@given(plans())
@settings(max_examples=30)
def test_private_endpoints_are_held_to_rules_and_agents_are_delegated(drawn: Planned) -> None:
    """Each subnet is made for what lives in it."""
    found = subnets(drawn[1])
    assert found["private-endpoints"]["privateEndpointNetworkPolicies"] == "Enabled"
    services = [item["properties"]["serviceName"] for item in found["agents"]["delegations"]]
    assert services == ["Microsoft.App/environments"]
    assert "delegations" not in found["aks"]
