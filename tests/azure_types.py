"""What Azure's types can do, written down from Azure's documentation and not from our planner.

So a test that holds a plan, or what Azure Resource Manager holds, against it can fail.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class AzureType(NamedTuple):
    """What matters of a type.

    Attributes:
        tags: Path of its tags; empty where it has none.
        closed: What its public side is closed by: path of a property to its value.
        endpoint: Sub-resource that a private endpoint connects to; empty where there is none.
        zone: Private DNS zone of that sub-resource.
        logs: Path below the resource at which its logs are had, `.` for the resource itself;
            empty where it has none.
    """

    tags: str = ""
    closed: Mapping[str, Any] = {}
    endpoint: str = ""
    zone: str = ""
    logs: str = ""


_OFF: Final = {"properties.publicNetworkAccess": "Disabled"}

# Tags: the type's description at the pinned api-version has them (github: Azure/bicep-types-az).
# Private endpoints: learn: private-link/private-endpoint-overview#private-link-resource and
# private-link/private-endpoint-dns. Logs: learn: azure-monitor/reference/logs-index.
# Public access: the `publicNetworkAccess` of the type's template reference (learn:
# azure/templates), of AKS learn: aks/private-clusters.
AZURE_TYPES: Final[Mapping[str, AzureType]] = {
    "Microsoft.ApiManagement/service/products": AzureType(),
    "Microsoft.ApiManagement/service/products/apiLinks": AzureType(),
    "Microsoft.ApiManagement/service/products/policies": AzureType(),
    "Microsoft.ApiManagement/service/subscriptions": AzureType(),
    "Microsoft.Authorization/policyAssignments": AzureType(),
    "Microsoft.Authorization/roleAssignments": AzureType(),
    "Microsoft.CognitiveServices/accounts": AzureType(
        tags="tags",
        closed=_OFF | {"properties.networkAcls.defaultAction": "Deny"},
        endpoint="account",
        zone="privatelink.cognitiveservices.azure.com",
        logs=".",
    ),
    "Microsoft.CognitiveServices/accounts/projects": AzureType(tags="tags"),
    "Microsoft.Consumption/budgets": AzureType(),
    # The private endpoint of its API server is made by the cluster itself.
    "Microsoft.ContainerService/managedClusters": AzureType(
        tags="tags",
        closed={
            "properties.apiServerAccessProfile.enablePrivateCluster": True,
            "properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN": False,
            "properties.networkProfile.outboundType": "userDefinedRouting",
        },
        logs=".",
    ),
    "Microsoft.ContainerService/managedClusters/agentPools": AzureType(
        tags="properties.tags", closed={"properties.enableNodePublicIP": False}
    ),
    "Microsoft.ContainerService/managedClusters/managedNamespaces": AzureType(tags="tags"),
    "Microsoft.CostManagement/exports": AzureType(),
    "Microsoft.DBforPostgreSQL/flexibleServers": AzureType(
        tags="tags",
        closed={"properties.network.publicNetworkAccess": "Disabled"},
        endpoint="postgresqlServer",
        zone="privatelink.postgres.database.azure.com",
        logs=".",
    ),
    "Microsoft.DBforPostgreSQL/flexibleServers/administrators": AzureType(),
    "Microsoft.DBforPostgreSQL/flexibleServers/databases": AzureType(),
    "Microsoft.DocumentDB/databaseAccounts": AzureType(
        tags="tags",
        closed=_OFF,
        endpoint="Sql",
        zone="privatelink.documents.azure.com",
        logs=".",
    ),
    # Its own tags are not those of the bill, which has the account's.
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases": AzureType(),
    "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments": AzureType(),
    # A system topic takes events from Azure only and has no address of its own.
    "Microsoft.EventGrid/systemTopics": AzureType(tags="tags", logs="."),
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": AzureType(),
    "Microsoft.Insights/diagnosticSettings": AzureType(),
    "Microsoft.KeyVault/vaults": AzureType(
        tags="tags",
        closed=_OFF | {"properties.networkAcls.defaultAction": "Deny"},
        endpoint="vault",
        zone="privatelink.vaultcore.azure.net",
        logs=".",
    ),
    "Microsoft.KeyVault/vaults/secrets": AzureType(),
    "Microsoft.KubernetesConfiguration/fluxConfigurations": AzureType(),
    "Microsoft.ManagedIdentity/userAssignedIdentities": AzureType(tags="tags"),
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": AzureType(),
    "Microsoft.Management/managementGroups/subscriptions": AzureType(),
    # Azure makes those of private endpoints, and nobody else can change them.
    "Microsoft.Network/networkInterfaces": AzureType(),
    "Microsoft.Network/networkSecurityGroups": AzureType(tags="tags", logs="."),
    "Microsoft.Network/networkSecurityGroups/securityRules": AzureType(),
    "Microsoft.Network/privateEndpoints": AzureType(tags="tags"),
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": AzureType(),
    "Microsoft.Network/routeTables": AzureType(tags="tags"),
    "Microsoft.Network/routeTables/routes": AzureType(),
    "Microsoft.Network/virtualNetworks": AzureType(tags="tags", logs="."),
    "Microsoft.Network/virtualNetworks/subnets": AzureType(),
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings": AzureType(),
    "Microsoft.Resources/providers": AzureType(),
    "Microsoft.Resources/resourceGroups": AzureType(tags="tags"),
    # Its logs are those of the activity in it.
    "Microsoft.Resources/subscriptions": AzureType(tags="tags", logs="."),
    "Microsoft.Resources/tags": AzureType(tags="properties.tags"),
    "Microsoft.Search/searchServices": AzureType(
        tags="tags",
        closed=_OFF | {"properties.networkRuleSet.bypass": "None"},
        endpoint="searchService",
        zone="privatelink.search.windows.net",
        logs=".",
    ),
    "Microsoft.Storage/storageAccounts": AzureType(
        tags="tags",
        closed=_OFF
        | {
            "properties.allowBlobPublicAccess": False,
            "properties.networkAcls.defaultAction": "Deny",
        },
        endpoint="blob",
        zone="privatelink.blob.core.windows.net",
        logs="/blobServices/default",
    ),
    "Microsoft.Storage/storageAccounts/blobServices": AzureType(),
    "Microsoft.Storage/storageAccounts/blobServices/containers": AzureType(
        closed={"properties.publicAccess": "None"}
    ),
    "Microsoft.Subscription/aliases": AzureType(),
}
"""The types of which a tenant's resources are, in plans and in what Azure Resource Manager holds;
one that is not here is to be added.
"""
