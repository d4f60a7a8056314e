"""The types of resources that are looked at, and where everything else leads."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from landing_zone.arm_ids import normalized, resource_type
from landing_zone.hub_state.members import Lane
from landing_zone.planning import api_versions


class Kind(NamedTuple):
    """A type of resource that is looked at by itself.

    Attributes:
        name: The ARM type, in Azure's own casing.
        api_version: The pinned api-version that reads it.
        tagged: Whether it has tags of its own.
        lane: The lane of the hub that depends on it; None where none does.
    """

    name: str
    api_version: str
    tagged: bool = True
    lane: Lane | None = None


_NETWORK = api_versions.NETWORK

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name.lower(): kind
        for kind in (
            Kind("Microsoft.Resources/subscriptions", api_versions.SUBSCRIPTIONS),
            Kind("Microsoft.Resources/resourceGroups", api_versions.RESOURCES),
            Kind("Microsoft.ApiManagement/service", api_versions.API_MANAGEMENT, tagged=False),
            Kind("Microsoft.CognitiveServices/accounts", api_versions.COGNITIVE_SERVICES),
            Kind("Microsoft.ContainerRegistry/registries", api_versions.CONTAINER_REGISTRY),
            Kind("Microsoft.ContainerService/managedClusters", api_versions.CONTAINER_SERVICE),
            Kind("Microsoft.DBforPostgreSQL/flexibleServers", api_versions.POSTGRESQL),
            Kind("Microsoft.DocumentDB/databaseAccounts", api_versions.COSMOS_DB),
            Kind("Microsoft.EventGrid/systemTopics", api_versions.EVENT_GRID),
            Kind("Microsoft.KeyVault/vaults", api_versions.KEY_VAULT),
            Kind("Microsoft.ManagedIdentity/userAssignedIdentities", api_versions.MANAGED_IDENTITY),
            Kind("Microsoft.Search/searchServices", api_versions.SEARCH),
            Kind("Microsoft.Storage/storageAccounts", api_versions.STORAGE),
            Kind("Microsoft.Network/azureFirewalls", _NETWORK, lane="firewall"),
            Kind("Microsoft.Network/firewallPolicies", _NETWORK, lane="firewall"),
            Kind(
                "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
                _NETWORK,
                tagged=False,
                lane="firewall",
            ),
            Kind("Microsoft.Network/ipGroups", _NETWORK, lane="firewall"),
            Kind("Microsoft.Network/networkSecurityGroups", _NETWORK),
            Kind("Microsoft.Network/privateDnsZones", api_versions.PRIVATE_DNS, lane="dns"),
            Kind(
                "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
                api_versions.PRIVATE_DNS,
                lane="dns",
            ),
            Kind("Microsoft.Network/privateEndpoints", _NETWORK, lane="dns"),
            Kind("Microsoft.Network/publicIPAddresses", _NETWORK),
            Kind("Microsoft.Network/routeTables", _NETWORK),
            Kind("Microsoft.Network/virtualNetworks", _NETWORK, lane="network"),
        )
    }
)
"""By type in lower case. What is not here, and leads to nothing that is, is not governed."""

_EXTENSIONS: Final = frozenset(
    {
        "microsoft.authorization/locks",
        "microsoft.authorization/policyassignments",
        "microsoft.authorization/roleassignments",
        "microsoft.consumption/budgets",
        "microsoft.costmanagement/exports",
        "microsoft.eventgrid/eventsubscriptions",
        "microsoft.insights/diagnosticsettings",
        "microsoft.kubernetesconfiguration/fluxconfigurations",
        "microsoft.resources/tags",
    }
)
"""Types that stand on another resource, which is then looked at."""


class Target(NamedTuple):
    """What is looked at because of something.

    Attributes:
        id: Its normalized id.
        type: Its type in lower case.
    """

    id: str
    type: str


def target_of(resource_id: str) -> Target | None:
    """The resource that is looked at when something has happened to this one.

    A child leads to its parent, an extension to what it stands on; None where that ends at a type
    that is not governed.
    """
    current = normalized(resource_id)
    while True:
        try:
            kind = resource_type(current).lower()
        except ValueError:
            return None
        if kind in KINDS:
            return Target(current, kind)
        if kind in _EXTENSIONS:
            current = current.rpartition("/providers/")[0]
        elif kind.count("/") > 1:
            current = current.rsplit("/", 2)[0]
        else:
            return None
