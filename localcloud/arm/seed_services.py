"""The services that a hub's tenants share, as they stand once they have been deployed."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from landing_zone.hub import Hub
from localcloud.arm.behaviours.api_management import API, SERVICE
from localcloud.arm.behaviours.clusters import CLUSTER, POOL
from localcloud.arm.behaviours.cognitive import ACCOUNT
from localcloud.arm.catalogue.web import FUNCTION, SITE
from localcloud.arm.state.records import Record

# The hub's model deployments: name, model, version, thousands of tokens per minute.
_MODELS = (
    ("gpt-5", "gpt-5", "2025-08-07", 10_000),
    ("gpt-5-mini", "gpt-5-mini", "2025-08-07", 10_000),
    ("text-embedding-3-large", "text-embedding-3-large", "1", 10_000),
)
_SPACE = uuid.UUID("0c6f3f0e-3a39-4d53-8f0b-0a5f3a9a7c11")


def shared_services(hub: Hub, directory: str, now: float) -> list[Record]:
    """The records of a hub's shared services."""
    made = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    bodies = {
        "Microsoft.OperationalInsights/workspaces": (
            hub.shared_services.log_analytics,
            _workspace(hub, made),
        ),
        "Microsoft.ApiManagement/service": (
            hub.shared_services.api_management,
            _api_management(hub, directory, made),
        ),
        "Microsoft.ContainerService/managedClusters": (
            hub.shared_services.kubernetes,
            _cluster(hub, directory),
        ),
        "Microsoft.Search/searchServices": (hub.shared_services.search, _search(hub)),
        "Microsoft.CognitiveServices/accounts": (
            hub.shared_services.foundry,
            _foundry(hub, directory, made),
        ),
    }
    found = [(hub.resource_id(kind, name), kind, body) for kind, (name, body) in bodies.items()]
    return [
        Record(resource_id, kind, body, created=now, changed=now)
        for resource_id, kind, body in (*found, *_within(hub), *_functions(hub))
    ]


def _within(hub: Hub) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What stands within the shared services: a node pool, an API, and deployments of models."""
    services = hub.shared_services
    cluster = hub.resource_id(CLUSTER, services.kubernetes)
    yield f"{cluster}/agentPools/system", POOL, {"properties": _system_pool(hub)}
    gateway = hub.resource_id(SERVICE, services.api_management)
    yield f"{gateway}/apis/ai-gateway", API, {"properties": _ai_gateway(hub)}
    foundry = hub.resource_id(ACCOUNT, services.foundry)
    for name, model, version, capacity in _MODELS:
        body = {
            "sku": {"name": "GlobalStandard", "capacity": capacity},
            "properties": {
                "provisioningState": "Succeeded",
                "model": {"format": "OpenAI", "name": model, "version": version},
                "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
            },
        }
        yield f"{foundry}/deployments/{name}", f"{ACCOUNT}/deployments", body


def _functions(hub: Hub) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The function that takes the spokes' resource events, and the app that it is in."""
    if hub.resource_events is None:
        return
    site = hub.resource_events.rpartition("/functions/")[0]
    name = site.rpartition("/")[2]
    app = {
        "state": "Running",
        "enabled": True,
        "httpsOnly": True,
        "publicNetworkAccess": "Disabled",
        "defaultHostName": f"{name}.azurewebsites.net",
    }
    yield (
        site,
        SITE,
        {"location": hub.region, "tags": {}, "kind": "functionapp,linux", "properties": app},
    )
    trigger = {"type": "eventGridTrigger", "name": "event", "direction": "in"}
    function = {
        "name": hub.resource_events.rpartition("/")[2],
        "function_app_id": site,
        "language": "python",
        "isDisabled": False,
        "config": {"bindings": [trigger]},
    }
    yield hub.resource_events, FUNCTION, {"properties": function}


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(_SPACE, "/".join(parts)))


def _workspace(hub: Hub, made: str) -> dict[str, Any]:
    return {
        "location": hub.region,
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "customerId": _guid(hub.name, "workspace"),
            "sku": {"name": "PerGB2018", "lastSkuUpdate": made},
            "retentionInDays": 30,
            "publicNetworkAccessForIngestion": "Disabled",
            "publicNetworkAccessForQuery": "Disabled",
            "createdDate": made,
            "modifiedDate": made,
        },
    }


def _api_management(hub: Hub, directory: str, made: str) -> dict[str, Any]:
    name = hub.shared_services.api_management
    return {
        "location": hub.region,
        "tags": {},
        "sku": {"name": "Premium", "capacity": 1},
        "identity": {
            "type": "SystemAssigned",
            "principalId": _guid(hub.name, "apim-principal"),
            "tenantId": directory,
        },
        "properties": {
            "provisioningState": "Succeeded",
            "targetProvisioningState": "",
            "publisherEmail": "platform@contoso.com",
            "publisherName": "Contoso",
            "gatewayUrl": f"https://{name}.azure-api.net",
            "virtualNetworkType": "Internal",
            "virtualNetworkConfiguration": {
                "subnetResourceId": f"{hub.network_id}/subnets/api-management",
            },
            "publicNetworkAccess": "Enabled",
            "createdAtUtc": made,
            "platformVersion": "stv2.1",
        },
    }


def _cluster(hub: Hub, directory: str) -> dict[str, Any]:
    name = hub.shared_services.kubernetes
    return {
        "location": hub.region,
        "tags": {},
        "sku": {"name": "Base", "tier": "Standard"},
        "identity": {
            "type": "SystemAssigned",
            "principalId": _guid(hub.name, "aks-principal"),
            "tenantId": directory,
        },
        "properties": {
            "provisioningState": "Succeeded",
            "powerState": {"code": "Running"},
            "kubernetesVersion": "1.33",
            "currentKubernetesVersion": "1.33.2",
            "dnsPrefix": name,
            "privateFQDN": f"{name}.privatelink.{hub.region}.azmk8s.io",
            "nodeResourceGroup": f"MC_{hub.resource_group}_{name}",
            "enableRBAC": True,
            "disableLocalAccounts": True,
            "apiServerAccessProfile": {"enablePrivateCluster": True},
            "networkProfile": {
                "networkPlugin": "azure",
                "networkPluginMode": "overlay",
                "networkPolicy": "cilium",
                "networkDataplane": "cilium",
                "outboundType": "userDefinedRouting",
                "loadBalancerSku": "standard",
            },
            "oidcIssuerProfile": {
                "enabled": True,
                "issuerURL": f"https://{hub.region}.oic.prod-aks.azure.com/{directory}/"
                f"{_guid(hub.name, 'aks-issuer')}/",
            },
            "securityProfile": {"workloadIdentity": {"enabled": True}},
            "identityProfile": {
                "kubeletidentity": {
                    "clientId": _guid(hub.name, "kubelet-client"),
                    "objectId": _guid(hub.name, "kubelet"),
                }
            },
        },
    }


def _ai_gateway(hub: Hub) -> dict[str, Any]:
    return {
        "displayName": "AI gateway",
        "path": "ai",
        "protocols": ["https"],
        "serviceUrl": f"https://{hub.shared_services.foundry}.openai.azure.com/openai",
        "subscriptionRequired": True,
        "apiRevision": "1",
        "isCurrent": True,
    }


def _system_pool(hub: Hub) -> dict[str, Any]:
    return {
        "count": 3,
        "vmSize": "Standard_D4ds_v5",
        "mode": "System",
        "osType": "Linux",
        "type": "VirtualMachineScaleSets",
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "vnetSubnetID": f"{hub.network_id}/subnets/aks-shared",
    }


def _search(hub: Hub) -> dict[str, Any]:
    return {
        "location": hub.region,
        "tags": {},
        # The tier that is made for many small indexes: a thousand in each partition.
        "sku": {"name": "standard3"},
        "properties": {
            "provisioningState": "succeeded",
            "status": "running",
            "replicaCount": 2,
            "partitionCount": 1,
            "hostingMode": "HighDensity",
            "publicNetworkAccess": "Disabled",
            "disableLocalAuth": True,
        },
    }


def _foundry(hub: Hub, directory: str, made: str) -> dict[str, Any]:
    name = hub.shared_services.foundry
    return {
        "location": hub.region,
        "tags": {},
        "kind": "AIServices",
        "sku": {"name": "S0"},
        "identity": {
            "type": "SystemAssigned",
            "principalId": _guid(hub.name, "foundry-principal"),
            "tenantId": directory,
        },
        "properties": {
            "provisioningState": "Succeeded",
            "endpoint": f"https://{name}.cognitiveservices.azure.com/",
            "customSubDomainName": name,
            "publicNetworkAccess": "Disabled",
            "disableLocalAuth": True,
            "allowProjectManagement": True,
            "networkAcls": {"defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []},
            "dateCreated": made,
        },
    }
