"""Step 5, tier `cluster`: a private Kubernetes cluster in the spoke, its way out the firewall."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from landing_zone import naming
from landing_zone.errors import ConfigurationError
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.identities import identity_id, identity_key, user_assigned_identity
from landing_zone.planning.making import regional
from landing_zone.planning.network import NETWORK, ROUTE_TABLE
from landing_zone.planning.roles import Role, role_assignment
from landing_zone.planning.scope import Scope
from landing_zone.references import reference

CLUSTER = "cluster"

_KIND = "Microsoft.ContainerService/managedClusters"
_PURPOSE = "cluster"
_IDENTITY = identity_key(_PURPOSE)

# Ranges within a cluster, the first that no network of the hub overlaps: pods, then services.
# None of those that Azure keeps for itself (learn: aks/configure-azure-cni).
_INNER_RANGES = (
    (IPv4Network("100.64.0.0/16"), IPv4Network("100.65.0.0/16")),
    (IPv4Network("192.168.0.0/17"), IPv4Network("192.168.128.0/17")),
    (IPv4Network("172.16.0.0/16"), IPv4Network("172.17.0.0/16")),
)


def cluster_resources(scope: Scope) -> Iterator[Resource]:
    """The control plane's identity with its three roles, and the cluster.

    Raises:
        ConfigurationError: The hub has no zone for the API server's name, or its networks leave no
            range for the cluster's inside.
    """
    yield user_assigned_identity(scope, _PURPOSE, Step.RUNTIME_AND_DATA)
    roles = list(_control_plane_roles(scope))
    yield from roles
    yield _cluster(scope, frozenset(role.key for role in roles))


def _zone_id(scope: Scope) -> str:
    return scope.dns_zone_id(f"privatelink.{scope.hub.region}.azmk8s.io")


def _control_plane_roles(scope: Scope) -> Iterator[Resource]:
    """What learn: aks/private-clusters and aks/egress-udr ask for, where the cluster needs it."""
    kind = "Microsoft.Network/virtualNetworks"
    network = scope.network_id(kind, naming.virtual_network(scope.request))
    routes = scope.network_id("Microsoft.Network/routeTables", naming.route_table(scope.request))
    granted = (
        ("network", network, Role.NETWORK_CONTRIBUTOR, {NETWORK}),
        ("routes", routes, Role.NETWORK_CONTRIBUTOR, {ROUTE_TABLE}),
        ("api-server-zone", _zone_id(scope), Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, set[str]()),
    )
    for name, target, role, after in granted:
        yield role_assignment(
            scope,
            key=f"cluster:{name}",
            target=target,
            role=role,
            principal=reference(_IDENTITY, "principalId"),
            after=frozenset(after),
            step=Step.RUNTIME_AND_DATA,
        )


def _cluster(scope: Scope, roles: frozenset[str]) -> Resource:
    prod = scope.request.environment == "prod"
    return regional(
        scope,
        key=CLUSTER,
        step=Step.RUNTIME_AND_DATA,
        kind=_KIND,
        resource_id=scope.cluster_id,
        api_version=api_versions.CONTAINER_SERVICE,
        group="workload",
        top={
            "sku": {"name": "Base", "tier": "Standard" if prod else "Free"},
            "identity": {
                "type": "UserAssigned",
                "userAssignedIdentities": {identity_id(scope, _PURPOSE): {}},
            },
        },
        properties=_access_properties(scope) | _node_properties(scope),
        # Nodes pull their images through the firewall: without a way out the cluster fails.
        after=roles | scope.ways_out | {_IDENTITY, NETWORK},
        outputs={"issuer": "properties.oidcIssuerProfile.issuerURL"},
    )


def _access_properties(scope: Scope) -> dict[str, Any]:
    """Who reaches the API server, and how it knows them."""
    return {
        "fqdnSubdomain": naming.world_wide("aks", scope.request, salt=scope.salt),
        "enableRBAC": True,
        "disableLocalAccounts": True,
        "publicNetworkAccess": "Disabled",
        "aadProfile": {
            "managed": True,
            "enableAzureRBAC": True,
            "tenantID": scope.directory_id,
        },
        "apiServerAccessProfile": {
            "enablePrivateCluster": True,
            "enablePrivateClusterPublicFQDN": False,
            "privateDNSZone": _zone_id(scope),
            "disableRunCommand": True,
        },
        "oidcIssuerProfile": {"enabled": True},
        "securityProfile": {"workloadIdentity": {"enabled": True}},
    }


def _node_properties(scope: Scope) -> dict[str, Any]:
    """What runs the workloads, and what it is connected to."""
    pods, services = _inner_ranges(scope)
    return {
        "nodeResourceGroup": naming.resource_group(scope.request, "nodes"),
        "autoUpgradeProfile": {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"},
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkDataplane": "cilium",
            "networkPolicy": "cilium",
            "outboundType": "userDefinedRouting",
            "loadBalancerSku": "standard",
            "podCidr": str(pods),
            "serviceCidr": str(services),
            "dnsServiceIP": str(services[10]),
        },
        "agentPoolProfiles": [_node_pool(scope)],
    }


def _inner_ranges(scope: Scope) -> tuple[IPv4Network, IPv4Network]:
    outside = (*scope.hub.network.address_space, *scope.hub.spoke_pool)
    for pair in _INNER_RANGES:
        if not any(inner.overlaps(outer) for inner in pair for outer in outside):
            return pair
    raise ConfigurationError(
        f"hub {scope.hub.name} leaves no private range for the inside of a tenant's cluster"
    )


def _node_pool(scope: Scope) -> dict[str, Any]:
    nodes = scope.request.compute.nodes
    if nodes is None:
        raise AssertionError("a request of tier cluster always describes its nodes")
    return {
        "name": "system",
        "mode": "System",
        "type": "VirtualMachineScaleSets",
        "vmSize": nodes.size,
        "osType": "Linux",
        "enableAutoScaling": True,
        "enableNodePublicIP": False,
        "count": nodes.min,
        "minCount": nodes.min,
        "maxCount": nodes.max,
        # A request is held to the addresses that this takes.
        "upgradeSettings": {"maxSurge": "1"},
        "vnetSubnetID": scope.subnet_id("aks"),
        "tags": scope.tags,
    }
