"""Step 3: the spoke network, closed to the internet, and what step 4 asks of the hub for it."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from landing_zone import naming
from landing_zone.addressing import spoke_subnets
from landing_zone.plan import Resource, Step, Undo, Write
from landing_zone.planning import api_versions
from landing_zone.planning.scope import Scope

ROUTE_TABLE = "route-table"
NETWORK = "network"
# What the firewall lets out.
HUB_EGRESS = "hub:firewall"

_PEERING_TYPE = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
_RESOURCE_GROUP = frozenset({"resource-group:network", "provider:microsoft-network"})


def network_resources(scope: Scope) -> Iterator[Resource]:
    """All resources of steps 3 and 4, but for the resource group that step 2 made."""
    subnets = _subnets(scope)
    for name in subnets:
        yield _security_group(scope, name)
    yield _route_table(scope)
    yield _network(scope, subnets)
    yield _spoke_peering(scope)
    yield _hub_peering(scope)
    yield _hub_egress(scope)


def _subnets(scope: Scope) -> dict[str, IPv4Network]:
    ranges = spoke_subnets(scope.reservation.address_range)
    return {
        "aks": ranges.aks,
        "private-endpoints": ranges.private_endpoints,
        "agents": ranges.agents,
    }


def _security_group_id(scope: Scope, subnet: str) -> str:
    name = naming.network_security_group(scope.request, subnet)
    return scope.network_id("Microsoft.Network/networkSecurityGroups", name)


def _security_group(scope: Scope, subnet: str) -> Resource:
    return _resource(
        scope,
        key=f"security-group:{subnet}",
        kind="Microsoft.Network/networkSecurityGroups",
        resource_id=_security_group_id(scope, subnet),
        properties={"securityRules": [_deny_internet()]},
        after=_RESOURCE_GROUP,
    )


def _deny_internet() -> dict[str, Any]:
    """Azure's default rules deny it too; ours stands above whatever is added below it."""
    return {
        "name": "deny-internet-inbound",
        "properties": {
            "description": "Nothing from the internet enters a spoke",
            "direction": "Inbound",
            "access": "Deny",
            "priority": 100,
            "protocol": "*",
            "sourceAddressPrefix": "Internet",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "*",
        },
    }


def _route_table_id(scope: Scope) -> str:
    name = naming.route_table(scope.request)
    return scope.network_id("Microsoft.Network/routeTables", name)


def _route_table(scope: Scope) -> Resource:
    return _resource(
        scope,
        key=ROUTE_TABLE,
        kind="Microsoft.Network/routeTables",
        resource_id=_route_table_id(scope),
        properties={
            "disableBgpRoutePropagation": True,
            "routes": [
                {
                    "name": "default-to-firewall",
                    "properties": {
                        "addressPrefix": "0.0.0.0/0",
                        "nextHopType": "VirtualAppliance",
                        "nextHopIpAddress": str(scope.hub.firewall.private_ip),
                    },
                }
            ],
        },
        after=_RESOURCE_GROUP,
    )


def _network_id(scope: Scope) -> str:
    name = naming.virtual_network(scope.request)
    return scope.network_id("Microsoft.Network/virtualNetworks", name)


def _network(scope: Scope, subnets: dict[str, IPv4Network]) -> Resource:
    return _resource(
        scope,
        key=NETWORK,
        kind="Microsoft.Network/virtualNetworks",
        resource_id=_network_id(scope),
        properties={
            "addressSpace": {"addressPrefixes": [str(scope.reservation.address_range)]},
            "dhcpOptions": {"dnsServers": [str(scope.hub.firewall.private_ip)]},
            "subnets": [_subnet(scope, name, prefix) for name, prefix in subnets.items()],
        },
        after=frozenset({ROUTE_TABLE, *(f"security-group:{name}" for name in subnets)}),
    )


def _subnet(scope: Scope, name: str, prefix: IPv4Network) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "addressPrefix": str(prefix),
        "defaultOutboundAccess": False,
        "networkSecurityGroup": {"id": _security_group_id(scope, name)},
        "routeTable": {"id": _route_table_id(scope)},
    }
    match name:
        case "private-endpoints":
            # Without it, security groups and routes do not apply to private endpoints.
            properties["privateEndpointNetworkPolicies"] = "Enabled"
        case "agents":
            properties["delegations"] = [
                {
                    "name": "agents",
                    "properties": {"serviceName": "Microsoft.App/environments"},
                }
            ]
    return {"name": name, "properties": properties}


def _spoke_peering(scope: Scope) -> Resource:
    peering = naming.spoke_peering(scope.hub.name)
    return Resource(
        key="peering:spoke",
        step=Step.NETWORK,
        type=_PEERING_TYPE,
        id=f"{_network_id(scope)}/virtualNetworkPeerings/{peering}",
        api_version=api_versions.NETWORK,
        body={"properties": peering_properties(scope.hub.network_id)},
        after=frozenset({NETWORK}),
        ready={"properties.peeringState": "Connected"},
    )


def _hub_peering(scope: Scope) -> Resource:
    """Written by the hub's reconciler: the hub network takes one writer at a time."""
    peering = naming.hub_peering(scope.request.tenant_id)
    return Resource(
        key="peering:hub",
        step=Step.DNS_AND_FIREWALL,
        type=_PEERING_TYPE,
        id=f"{scope.hub.network_id}/virtualNetworkPeerings/{peering}",
        api_version=api_versions.NETWORK,
        body={"properties": peering_properties(_network_id(scope))},
        after=frozenset({NETWORK}),
        write=Write.HUB,
        undo=Undo.HUB,
        ready={"properties.peeringState": "Connected"},
    )


def _hub_egress(scope: Scope) -> Resource:
    """What the firewall lets out: it needs the range alone, so it is asked for first of all."""
    egress = scope.request.egress
    return Resource(
        key=HUB_EGRESS,
        step=Step.DNS_AND_FIREWALL,
        type="Microsoft.Network/firewallPolicies",
        id=scope.hub.resource_id("Microsoft.Network/firewallPolicies", scope.hub.firewall.policy),
        api_version=api_versions.NETWORK,
        body={
            "sources": [str(one) for one in _sources(scope)],
            "profiles": sorted(egress.profiles),
            "fqdns": sorted(egress.fqdns),
        },
        write=Write.HUB,
        undo=Undo.HUB,
    )


def _sources(scope: Scope) -> Iterator[IPv4Network]:
    """Where the tenant's traffic comes from: pods of an overlay leave by their node's address.

    That of pods on nodes that tenants share cannot be told apart here, and is the platform's.
    (learn: aks/concepts-network-azure-cni-overlay)
    """
    yield scope.reservation.address_range
    if scope.reservation.node_subnet is not None:
        yield scope.reservation.node_subnet


def peering_properties(remote_network: str) -> dict[str, Any]:
    """Properties of either side of a peering between the hub and a spoke."""
    return {
        "remoteVirtualNetwork": {"id": remote_network},
        "allowVirtualNetworkAccess": True,
        "allowForwardedTraffic": True,
        "allowGatewayTransit": False,
        "useRemoteGateways": False,
    }


def _resource(
    scope: Scope,
    *,
    key: str,
    kind: str,
    resource_id: str,
    properties: dict[str, Any],
    after: frozenset[str],
) -> Resource:
    return Resource(
        key=key,
        step=Step.NETWORK,
        type=kind,
        id=resource_id,
        api_version=api_versions.NETWORK,
        body={
            "location": scope.request.region,
            "tags": scope.tags,
            "properties": properties,
        },
        after=after,
    )
