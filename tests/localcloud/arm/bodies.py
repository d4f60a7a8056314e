"""Bodies of what a tenant gets, as small as Azure takes them, and where they stand."""

from typing import Any

from tests.localcloud.arm.conftest import HUB_GROUP, HUB_NETWORK

STORAGE, COSMOS, POSTGRES = "2026-04-01", "2026-03-15", "2025-08-01"
VAULT, SEARCH, IDENTITY = "2026-02-01", "2025-05-01", "2024-11-30"
AKS, FLUX, APIM = "2026-05-01", "2025-04-01", "2024-05-01"
COGNITIVE, WORKSPACE, EVENTS = "2025-09-01", "2025-07-01", "2025-02-15"
EXPORTS, DIAGNOSTICS, ROLES, DNS = "2025-03-01", "2021-05-01-preview", "2022-04-01", "2024-06-01"
DIRECTORY = "5b0c7f9e-2f53-4d0c-9a56-7f3f7c2f0a01"
HUB_CLUSTER = f"{HUB_GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-hub-weu"
HUB_APIM = f"{HUB_GROUP}/providers/Microsoft.ApiManagement/service/apim-hub-weu"
HUB_FOUNDRY = f"{HUB_GROUP}/providers/Microsoft.CognitiveServices/accounts/aif-hub-weu"
HUB_SEARCH = f"{HUB_GROUP}/providers/Microsoft.Search/searchServices/srch-hub-weu"
HUB_WORKSPACE = f"{HUB_GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-hub-weu"
HUB_POLICY = f"{HUB_GROUP}/providers/Microsoft.Network/firewallPolicies/afwp-hub-weu"
HUB_SUBNET = f"{HUB_NETWORK}/subnets/private-endpoints"
BLOB_ZONE = (
    f"{HUB_GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net"
)
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"


def at(scope: str, kind: str, name: str) -> str:
    """Id of a resource in a scope."""
    return f"{scope}/providers/{kind}/{name}"


def here(properties: dict[str, Any] | None = None, **envelope: Any) -> dict[str, Any]:
    """A body in the hub's region."""
    body: dict[str, Any] = {"location": "westeurope", "tags": {"tenantId": "t"}} | envelope
    return body if properties is None else body | {"properties": properties}


def storage(**properties: Any) -> dict[str, Any]:
    """A storage account."""
    return here(properties, kind="StorageV2", sku={"name": "Standard_ZRS"})


def cosmos(**properties: Any) -> dict[str, Any]:
    """A Cosmos DB account."""
    place = {"locationName": "westeurope", "failoverPriority": 0}
    return here({"databaseAccountOfferType": "Standard", "locations": [place]} | properties)


def postgres(**properties: Any) -> dict[str, Any]:
    """A PostgreSQL flexible server that trusts the directory only."""
    auth = {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled"}
    sku = {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}
    return here({"version": "17", "authConfig": auth} | properties, sku=sku)


def vault(**properties: Any) -> dict[str, Any]:
    """A vault."""
    sku = {"family": "A", "name": "standard"}
    return here({"tenantId": DIRECTORY, "sku": sku, "enableRbacAuthorization": True} | properties)


def search(**properties: Any) -> dict[str, Any]:
    """A search service."""
    return here(properties, sku={"name": "basic"})


def cluster(subnet: str = "", **properties: Any) -> dict[str, Any]:
    """A private cluster with one system pool."""
    pool = {"name": "system", "mode": "System", "count": 3, "vmSize": "Standard_D4ds_v5"}
    filled = {
        "agentPoolProfiles": [pool | ({"vnetSubnetID": subnet} if subnet else {})],
        "apiServerAccessProfile": {"enablePrivateCluster": True},
        "oidcIssuerProfile": {"enabled": True},
    }
    return here(filled | properties, identity={"type": "SystemAssigned"})


def account(kind: str = "SpeechServices", **properties: Any) -> dict[str, Any]:
    """An AI services account."""
    identity = {"type": "SystemAssigned"}
    return here(properties, kind=kind, sku={"name": "S0"}, identity=identity)


def endpoint(
    target: str, group: str = "blob", subnet: str = HUB_SUBNET, **properties: Any
) -> dict[str, Any]:
    """A private endpoint."""
    inner = {"privateLinkServiceId": target, "groupIds": [group]}
    connection = {"name": "c", "properties": inner}
    return here(
        {"subnet": {"id": subnet}, "privateLinkServiceConnections": [connection]} | properties
    )


def zone_group(*zones: str) -> dict[str, Any]:
    """A private DNS zone group."""
    configurations = [
        {"name": f"z{index}", "properties": {"privateDnsZoneId": zone}}
        for index, zone in enumerate(zones)
    ]
    return {"properties": {"privateDnsZoneConfigs": configurations}}


def credential(subject: str = "system:serviceaccount:t:app", **properties: Any) -> dict[str, Any]:
    """A federated credential."""
    filled = {
        "issuer": "https://westeurope.oic.prod-aks.azure.com/x/",
        "subject": subject,
        "audiences": ["api://AzureADTokenExchange"],
    }
    return {"properties": filled | properties}


def role(scope: str, principal: str, role_id: str = CONTRIBUTOR) -> dict[str, Any]:
    """A role assignment."""
    subscription = "/".join(scope.split("/")[:3])
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role_id}"
    return {
        "properties": {
            "roleDefinitionId": definition,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        }
    }


def subscribed(account_id: str, **properties: Any) -> dict[str, Any]:
    """An Event Grid subscription with a place for dead letters."""
    filled = {
        "destination": {
            "endpointType": "WebHook",
            "properties": {"endpointUrl": "https://app.contoso.com/runtime?code=hush"},
        },
        "deadLetterDestination": {
            "endpointType": "StorageBlob",
            "properties": {"resourceId": account_id, "blobContainerName": "dead-letters"},
        },
    }
    return {"properties": filled | properties}


def export(account_id: str, **properties: Any) -> dict[str, Any]:
    """A cost export."""
    destination = {"resourceId": account_id, "container": "exports", "rootFolderPath": "focus"}
    filled = {
        "format": "Csv",
        "deliveryInfo": {"destination": destination},
        "definition": {
            "type": "FocusCost",
            "timeframe": "MonthToDate",
            "dataSet": {"granularity": "Daily"},
        },
        "schedule": {
            "status": "Active",
            "recurrence": "Daily",
            "recurrencePeriod": {"from": "2027-02-01T00:00:00Z", "to": "2030-02-01T00:00:00Z"},
        },
    }
    return {"properties": filled | properties}


def diagnostics(workspace: str = HUB_WORKSPACE, **properties: Any) -> dict[str, Any]:
    """A diagnostic setting that sends all logs and metrics."""
    filled = {
        "workspaceId": workspace,
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
        "metrics": [{"category": "AllMetrics", "enabled": True}],
    }
    return {"properties": filled | properties}
