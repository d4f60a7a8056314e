"""What was read, as it may be written back: without what Azure says of a resource by itself.

The paths are those that Microsoft's descriptions of the pinned api-versions call read only
(github.com/Azure/bicep-types-az); `[]` stands for any item of a list, `{}` for any key of a map.
"""

from collections.abc import Mapping
from typing import Any, Final

_ENVELOPE: Final = frozenset({".id", ".name", ".type", ".etag", ".eTag", ".systemData"})
_MAPS: Final = frozenset({".identity.userAssignedIdentities", ".properties.addonProfiles"})

CLUSTER: Final = _ENVELOPE | {
    ".identity.principalId",
    ".identity.tenantId",
    ".identity.userAssignedIdentities{}.clientId",
    ".identity.userAssignedIdentities{}.principalId",
    ".properties.addonProfiles{}.identity",
    ".properties.agentPoolProfiles[].currentOrchestratorVersion",
    ".properties.agentPoolProfiles[].eTag",
    ".properties.agentPoolProfiles[].localDNSProfile.state",
    ".properties.agentPoolProfiles[].provisioningState",
    ".properties.agentPoolProfiles[].status",
    ".properties.azurePortalFQDN",
    ".properties.currentKubernetesVersion",
    ".properties.fqdn",
    ".properties.ingressProfile.webAppRouting.identity",
    ".properties.maxAgentPools",
    ".properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs",
    ".properties.networkProfile.natGatewayProfile.effectiveOutboundIPs",
    ".properties.oidcIssuerProfile.issuerURL",
    ".properties.podIdentityProfile.userAssignedIdentities[].provisioningInfo",
    ".properties.podIdentityProfile.userAssignedIdentities[].provisioningState",
    ".properties.powerState",
    ".properties.privateFQDN",
    ".properties.privateLinkResources[].privateLinkServiceID",
    ".properties.provisioningState",
    ".properties.resourceUID",
    ".properties.status",
}

ROUTE_TABLE: Final = _ENVELOPE | {
    ".properties.provisioningState",
    ".properties.resourceGuid",
    ".properties.routes[].etag",
    ".properties.routes[].id",
    ".properties.routes[].properties.hasBgpOverride",
    ".properties.routes[].properties.provisioningState",
    ".properties.routes[].type",
    ".properties.subnets",
}

SUBNET: Final = _ENVELOPE | {
    ".properties.applicationGatewayIPConfigurations",
    ".properties.delegations[].etag",
    ".properties.delegations[].id",
    ".properties.delegations[].properties.actions",
    ".properties.delegations[].properties.provisioningState",
    ".properties.delegations[].type",
    ".properties.ipConfigurationProfiles",
    ".properties.ipConfigurations",
    ".properties.ipamPoolPrefixAllocations[].allocatedAddressPrefixes",
    ".properties.privateEndpoints",
    ".properties.provisioningState",
    ".properties.purpose",
    ".properties.resourceNavigationLinks",
    ".properties.serviceAssociationLinks",
    ".properties.serviceEndpoints[].provisioningState",
}


def written_back(body: Mapping[str, Any], read_only: frozenset[str]) -> dict[str, Any]:
    """The body of a PUT that changes nothing.

    Args:
        body: What was read.
        read_only: Paths that are left out.
    """
    kept: dict[str, Any] = _writable(body, "", read_only)
    return kept


def _writable(value: Any, path: str, read_only: frozenset[str]) -> Any:
    match value:
        case Mapping():
            inner = {
                name: ("{}" if path in _MAPS else f".{name}", one)
                for name, one in value.items()
                if one is not None
            }
            return {
                name: _writable(one, path + step, read_only)
                for name, (step, one) in inner.items()
                if path + step not in read_only
            }
        case list():
            return [_writable(one, f"{path}[]", read_only) for one in value]
        case _:
            return value
