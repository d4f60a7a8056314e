"""Step 5: a private endpoint, and its DNS records, for every service that can have one."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import NamedTuple

from landing_zone import naming
from landing_zone.plan import Resource
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.network import NETWORK
from landing_zone.planning.scope import Scope

_KIND = "Microsoft.Network/privateEndpoints"


class PrivateLink(NamedTuple):
    """How a type of resource is reached privately.

    Attributes:
        group: The sub-resource that an endpoint connects to.
        zone: The private DNS zone of its names.
    """

    group: str
    zone: str


# https://learn.microsoft.com/azure/private-link/private-endpoint-dns.
PRIVATE_LINKS = MappingProxyType(
    {
        "Microsoft.CognitiveServices/accounts": PrivateLink(
            "account", "privatelink.cognitiveservices.azure.com"
        ),
        "Microsoft.DBforPostgreSQL/flexibleServers": PrivateLink(
            "postgresqlServer", "privatelink.postgres.database.azure.com"
        ),
        "Microsoft.DocumentDB/databaseAccounts": PrivateLink(
            "Sql", "privatelink.documents.azure.com"
        ),
        "Microsoft.KeyVault/vaults": PrivateLink("vault", "privatelink.vaultcore.azure.net"),
        "Microsoft.Search/searchServices": PrivateLink(
            "searchService", "privatelink.search.windows.net"
        ),
        "Microsoft.Storage/storageAccounts": PrivateLink(
            "blob", "privatelink.blob.core.windows.net"
        ),
    }
)


def private_endpoints(scope: Scope, resources: Sequence[Resource]) -> Iterator[Resource]:
    """An endpoint and a zone group for each of the resources that takes one.

    Raises:
        ConfigurationError: The hub has no private DNS zone for one of them.
    """
    for target in resources:
        link = PRIVATE_LINKS.get(target.type)
        if link is not None:
            yield _endpoint(scope, target, link)
            yield _zone_group(scope, target, link)


def _names(scope: Scope, target: Resource) -> tuple[str, str]:
    """The endpoint's key and name."""
    return f"endpoint:{target.key}", naming.private_endpoint(
        scope.request, target.key.replace(":", "-")
    )


def _endpoint(scope: Scope, target: Resource, link: PrivateLink) -> Resource:
    key, name = _names(scope, target)
    connection = {
        "name": link.group,
        "properties": {"privateLinkServiceId": target.id, "groupIds": [link.group]},
    }
    return regional(
        scope,
        key=key,
        step=target.step,
        kind=_KIND,
        resource_id=scope.network_id(_KIND, name),
        api_version=api_versions.NETWORK,
        group="network",
        properties={
            "subnet": {"id": scope.subnet_id("private-endpoints")},
            "privateLinkServiceConnections": [connection],
            "customNetworkInterfaceName": f"nic-{name}",
        },
        after=frozenset({target.key, NETWORK}),
    )


def _zone_group(scope: Scope, target: Resource, link: PrivateLink) -> Resource:
    key, name = _names(scope, target)
    kind = f"{_KIND}/privateDnsZoneGroups"
    zone = {
        "name": link.zone.replace(".", "-"),
        "properties": {"privateDnsZoneId": scope.dns_zone_id(link.zone)},
    }
    return Resource(
        key=f"dns:{target.key}",
        step=target.step,
        type=kind,
        id=scope.network_id(kind, name, "default"),
        api_version=api_versions.NETWORK,
        body={"properties": {"privateDnsZoneConfigs": [zone]}},
        after=frozenset({key}),
    )
