"""The subnet of a tenant's node pool, in the network of the hub's shared cluster.

The plan asks for it and the hub's reconciler writes it: that network takes one writer at a time.
"""

from ipaddress import IPv4Network
from typing import Any, Final

from landing_zone import naming
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub, NodePools
from landing_zone.plan import Resource, Step, Undo, Write
from landing_zone.planning import api_versions
from landing_zone.planning.scope import Scope

NODE_SUBNET: Final = "hub:node-subnet"

_SUBNET: Final = "Microsoft.Network/virtualNetworks/subnets"
_FIRST_PRIORITY: Final = 100
_LAST_PRIORITY: Final = 4096


def node_subnet(scope: Scope) -> Resource:
    """What the plan asks of the hub; it needs nothing but the reservation.

    Raises:
        PermanentError: The hub offers no node pools, or the reservation holds no subnet.
    """
    prefix = scope.reservation.node_subnet
    if prefix is None:
        raise PermanentError(
            "NodeSubnetNotReserved",
            f"the reservation in {scope.hub.name} holds no subnet for the node pool",
            "release the reservation and ask for the tenant again",
        )
    return Resource(
        key=NODE_SUBNET,
        step=Step.RUNTIME_AND_DATA,
        type=_SUBNET,
        id=node_subnet_id(scope.hub, scope.request.tenant_id),
        api_version=api_versions.NETWORK,
        body={"properties": node_subnet_properties(scope.hub, prefix)},
        write=Write.HUB,
        undo=Undo.HUB,
    )


def node_subnet_id(hub: Hub, tenant_id: str) -> str:
    """ARM id of the subnet of a tenant's node pool."""
    return hub.resource_id(_SUBNET, hub.network.name, naming.node_subnet(tenant_id))


def node_subnet_properties(hub: Hub, prefix: IPv4Network) -> dict[str, Any]:
    """Properties of a tenant's subnet: all that leaves it goes to the firewall.

    Raises:
        PermanentError: The hub offers no node pools.
    """
    routes = node_pools_of(hub).route_table
    return {
        "addressPrefix": str(prefix),
        "defaultOutboundAccess": False,
        "networkSecurityGroup": {"id": security_group_id(hub)},
        "routeTable": {"id": hub.resource_id("Microsoft.Network/routeTables", routes)},
    }


def security_group_id(hub: Hub) -> str:
    """ARM id of the security group that all tenants' node subnets share."""
    name = f"spokewright-{hub.name}-node-pools"
    return hub.resource_id("Microsoft.Network/networkSecurityGroups", name)


def security_group(hub: Hub) -> dict[str, Any]:
    """Its body: the nodes of a tenant reach each other, and those of no other tenant.

    The rules follow from the hub document alone, so that no tenant that comes or goes changes them.
    They speak of nodes only. Pods of an overlay network keep their own addresses from node to node,
    and nodes reach pods: both must pass (learn: aks/concepts-network-azure-cni-overlay, network
    security groups), and are held apart by the namespaces' network policies. The cluster's system
    nodes must reach all nodes (learn: aks/node-pool-unique-subnet): they stand outside the range.

    Raises:
        PermanentError: The hub offers no node pools.
    """
    pools = node_pools_of(hub)
    within = [
        _rule(f"within-{str(one).replace('/', '-')}", _FIRST_PRIORITY + at, "Allow", one)
        for at, one in enumerate(pools.subnets)
    ]
    others = _rule("deny-other-tenants", _LAST_PRIORITY, "Deny", pools.address_range)
    return {"location": hub.region, "properties": {"securityRules": [*within, others]}}


def _rule(name: str, priority: int, access: str, within: IPv4Network) -> dict[str, Any]:
    return {
        "name": name,
        "properties": {
            "direction": "Inbound",
            "access": access,
            "priority": priority,
            "protocol": "*",
            "sourceAddressPrefix": str(within),
            "sourcePortRange": "*",
            "destinationAddressPrefix": str(within),
            "destinationPortRange": "*",
        },
    }


def node_pools_of(hub: Hub) -> NodePools:
    """Where the hub puts tenants' node pools.

    Raises:
        PermanentError: Nowhere (`NodePoolsNotOffered`).
    """
    if hub.node_pools is None:
        raise PermanentError(
            "NodePoolsNotOffered",
            f"hub {hub.name} names no range for the subnets of tenants' node pools",
            "add nodePools to the hub document",
        )
    return hub.node_pools
