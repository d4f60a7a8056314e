"""The genuine SDK clients create, read and delete what a tenant gets beside its network."""

import uuid
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.cosmosdb import CosmosDBManagementClient
from azure.mgmt.costmanagement import CostManagementClient
from azure.mgmt.eventgrid import EventGridManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.kubernetesconfiguration.fluxconfigurations import (
    KubernetesConfigurationFluxConfigurationsMgmtClient as FluxClient,
)
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.postgresqlflexibleservers import PostgreSQLManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.search import SearchManagementClient
from azure.mgmt.storage import StorageManagementClient

from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import HUB_SUBSCRIPTION, Live
from tests.localcloud.arm.test_sdk_clients import FAST, Clients, check_log, clients

__all__ = ["clients"]
HUB = HUB_SUBSCRIPTION.rpartition("/")[2]
GROUP = "rg-hub-weu"
POLICY = (
    "<policies><inbound><base /><llm-token-limit counter-key='@(context.Subscription.Id)'"
    " tokens-per-minute='1000' estimate-prompt-tokens='false' /></inbound>"
    "<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error>"
    "</policies>"
)


def test_the_data_of_a_tenant_is_made_read_and_removed(clients: Clients, live: Live) -> None:
    """Storage, Cosmos DB, PostgreSQL, Key Vault and AI Search, each with what stands in it."""
    account = store_blobs(clients)
    keep_rows(clients)
    keep_secrets(clients)
    searches = clients.of(SearchManagementClient, HUB)
    searches.services.begin_create_or_update(GROUP, "srch-t", b.search(), **FAST).result()
    assert searches.services.get(GROUP, "srch-t").status == "running"
    connect(clients, account)
    searches.services.delete(GROUP, "srch-t")
    check_log(live)


def store_blobs(clients: Clients) -> str:
    """A storage account with a container and a rule for its life."""
    storage = clients.of(StorageManagementClient, HUB)
    name = {"name": "stcontoso", "type": "Microsoft.Storage/storageAccounts"}
    assert storage.storage_accounts.check_name_availability(name).name_available
    secured = b.storage(publicNetworkAccess="Disabled", allowSharedKeyAccess=False)
    made = storage.storage_accounts.begin_create(GROUP, "stcontoso", secured, **FAST).result()
    assert made.primary_endpoints.blob == "https://stcontoso.blob.core.windows.net/"
    assert not storage.storage_accounts.check_name_availability(name).name_available
    storage.blob_containers.create(GROUP, "stcontoso", "dead-letters", {"properties": {}})
    assert storage.blob_containers.get(GROUP, "stcontoso", "dead-letters").public_access == "None"
    services = storage.blob_services.get_service_properties(GROUP, "stcontoso")
    assert services.name == "default"
    changed = {"properties": {"minimumTlsVersion": "TLS1_2"}}
    storage.storage_accounts.update(GROUP, "stcontoso", changed)
    read = storage.storage_accounts.get_properties(GROUP, "stcontoso")
    assert (read.minimum_tls_version, read.public_network_access) == ("TLS1_2", "Disabled")
    return str(made.id)


def keep_rows(clients: Clients) -> None:
    """Both kinds of database."""
    cosmos = clients.of(CosmosDBManagementClient, HUB)
    made = cosmos.database_accounts.begin_create_or_update(
        GROUP, "cosmos-t", b.cosmos(disableLocalAuth=True), **FAST
    ).result()
    resource: dict[str, Any] = {"properties": {"resource": {"id": "app"}, "options": {}}}
    cosmos.sql_resources.begin_create_update_sql_database(
        GROUP, "cosmos-t", "app", resource, **FAST
    ).result()
    inner = {"id": "items", "partitionKey": {"paths": ["/tenant"], "kind": "Hash"}}
    cosmos.sql_resources.begin_create_update_sql_container(
        GROUP, "cosmos-t", "app", "items", {"properties": {"resource": inner}}, **FAST
    ).result()
    assert cosmos.sql_resources.get_sql_container(
        GROUP, "cosmos-t", "app", "items"
    ).resource.partition_key.paths == ["/tenant"]
    assert made.document_endpoint == "https://cosmos-t.documents.azure.com:443/"
    cosmos.database_accounts.begin_delete(GROUP, "cosmos-t", **FAST).result()

    postgres = clients.of(PostgreSQLManagementClient, HUB)
    postgres.servers.begin_create_or_update(GROUP, "psql-t", b.postgres(), **FAST).result()
    assert postgres.servers.get(GROUP, "psql-t").state == "Ready"
    postgres.databases.begin_create(GROUP, "psql-t", "app", {"properties": {}}, **FAST).result()
    administrator = {"properties": {"principalType": "Group", "principalName": "owners"}}
    postgres.administrators_microsoft_entra.begin_create_or_update(
        GROUP, "psql-t", str(uuid.uuid4()), administrator, **FAST
    ).result()
    assert postgres.databases.get(GROUP, "psql-t", "app").charset == "UTF8"
    postgres.servers.begin_delete(GROUP, "psql-t", **FAST).result()


def keep_secrets(clients: Clients) -> None:
    """A vault with a secret, deleted, found among the deleted ones, and purged."""
    vaults = clients.of(KeyVaultManagementClient, HUB)
    made = vaults.vaults.begin_create_or_update(GROUP, "kv-t", b.vault(), **FAST).result()
    assert made.properties.vault_uri == "https://kv-t.vault.azure.net/"
    secret = {"properties": {"value": "hush", "attributes": {"enabled": True}}}
    written = vaults.secrets.create_or_update(GROUP, "kv-t", "api-key", secret)
    assert written.properties.value is None
    assert vaults.secrets.get(GROUP, "kv-t", "api-key").properties.value is None
    vaults.vaults.delete(GROUP, "kv-t")
    assert [one.name for one in vaults.vaults.list_deleted()] == ["kv-t"]
    vaults.vaults.begin_purge_deleted("kv-t", "westeurope", **FAST).result()
    assert list(vaults.vaults.list_deleted()) == []


def connect(clients: Clients, account: str) -> None:
    """A private endpoint with its record."""
    network = clients.of(NetworkManagementClient, HUB)
    dns = clients.of(PrivateDnsManagementClient, HUB)
    made = network.private_endpoints.begin_create_or_update(
        GROUP, "pe-t", b.endpoint(account), **FAST
    ).result()
    network.private_dns_zone_groups.begin_create_or_update(
        GROUP, "pe-t", "default", b.zone_group(b.BLOB_ZONE), **FAST
    ).result()
    record = dns.record_sets.get(GROUP, "privatelink.blob.core.windows.net", "A", "stcontoso")
    assert [one.ipv4_address for one in record.a_records] == ["10.0.3.5"]
    storage = clients.of(StorageManagementClient, HUB)
    seen = storage.storage_accounts.get_properties(GROUP, "stcontoso")
    states = [
        one.private_link_service_connection_state.status
        for one in seen.private_endpoint_connections
    ]
    assert states == ["Approved"]
    assert made.private_link_service_connections[0].group_ids == ["blob"]
    network.private_dns_zone_groups.begin_delete(GROUP, "pe-t", "default", **FAST).result()
    network.private_endpoints.begin_delete(GROUP, "pe-t", **FAST).result()


def test_the_runtime_of_a_tenant_is_made_read_and_removed(clients: Clients, live: Live) -> None:
    """Identity, roles, clusters, pools, namespaces and what Flux applies."""
    identities = clients.of(ManagedServiceIdentityClient, HUB)
    made = identities.user_assigned_identities.create_or_update(GROUP, "id-t", b.here())
    kubernetes: Any = clients.of(ContainerServiceClient, HUB)
    issuer = kubernetes.managed_clusters.get(GROUP, "aks-hub-weu").oidc_issuer_profile.issuer_url
    trusted = b.credential(issuer=issuer)
    identities.federated_identity_credentials.create_or_update(GROUP, "id-t", "aks", trusted)
    assert [
        one.subject for one in identities.federated_identity_credentials.list(GROUP, "id-t")
    ] == ["system:serviceaccount:t:app"]
    assign(clients, made.principal_id)
    run(clients, kubernetes)
    identities.user_assigned_identities.delete(GROUP, "id-t")
    check_log(live)


def assign(clients: Clients, principal: str) -> None:
    """A role on one index of the shared search service, once the directory knows the identity."""
    scope = f"{b.HUB_SEARCH}/indexes/t"
    roles = clients.of(AuthorizationManagementClient, HUB)
    body = b.role(scope, principal)
    name = str(uuid.uuid4())
    made = None
    while made is None:
        try:
            made = roles.role_assignments.create(scope, name, body)
        except HttpResponseError as error:
            if "PrincipalNotFound" not in str(error):
                raise
    assert made.scope == scope
    roles.role_assignments.delete(scope, name)


def run(clients: Clients, kubernetes: Any) -> None:
    """A pool and a namespace on the shared cluster, and a cluster of its own."""
    pool = {
        "properties": {"vmSize": "Standard_D4ds_v5", "count": 1, "nodeTaints": ["t=t:NoExecute"]}
    }
    kubernetes.agent_pools.begin_create_or_update(
        GROUP, "aks-hub-weu", "tenant", pool, **FAST
    ).result()
    quota = {"cpuRequest": "8", "cpuLimit": "8", "memoryRequest": "32Gi", "memoryLimit": "32Gi"}
    policy = {"ingress": "DenyAll", "egress": "AllowSameNamespace"}
    space = b.here({"defaultResourceQuota": quota, "defaultNetworkPolicy": policy})
    kubernetes.managed_namespaces.begin_create_or_update(
        GROUP, "aks-hub-weu", "tenant", space, **FAST
    ).result()
    read = kubernetes.managed_clusters.get(GROUP, "aks-hub-weu")
    assert [one.name for one in read.agent_pool_profiles] == ["system", "tenant"]
    flux = clients.of(FluxClient, HUB)
    source = {
        "scope": "namespace",
        "namespace": "tenant",
        "sourceKind": "GitRepository",
        "gitRepository": {
            "url": "https://github.com/contoso/apps",
            "repositoryRef": {"branch": "main"},
        },
        "kustomizations": {"apps": {"path": "./prod", "prune": True}},
    }
    where = (GROUP, "Microsoft.ContainerService", "managedClusters", "aks-hub-weu", "tenant")
    flux.flux_configurations.begin_create_or_update(*where, {"properties": source}, **FAST).result()
    assert flux.flux_configurations.get(*where).compliance_state == "Compliant"
    flux.flux_configurations.begin_delete(*where, **FAST).result()
    kubernetes.managed_namespaces.begin_delete(GROUP, "aks-hub-weu", "tenant", **FAST).result()
    kubernetes.agent_pools.begin_delete(GROUP, "aks-hub-weu", "tenant", **FAST).result()
    own = kubernetes.managed_clusters.begin_create_or_update(
        GROUP, "aks-t", b.cluster(f"{b.HUB_SUBNET}"), **FAST
    ).result()
    assert own.private_fqdn.endswith(".privatelink.westeurope.azmk8s.io")
    assert own.provisioning_state == "Succeeded"
    kubernetes.managed_clusters.begin_delete(GROUP, "aks-t", **FAST).result()


def test_what_a_tenant_shares_is_made_read_and_removed(clients: Clients, live: Live) -> None:
    """API product, AI project, and all that watches."""
    open_api(clients)
    use_models(clients)
    watch(clients)
    check_log(live)


def open_api(clients: Clients) -> None:
    """A product with its API, policy and subscription, whose keys are turned."""
    gateway = clients.of(ApiManagementClient, HUB)
    where = (GROUP, "apim-hub-weu")
    product = {"properties": {"displayName": "T", "state": "published"}}
    gateway.product.create_or_update(*where, "t", product)
    link = {"properties": {"apiId": f"{b.HUB_APIM}/apis/ai-gateway"}}
    gateway.product_api_link.create_or_update(*where, "t", "ai-gateway", link)
    policy = {"properties": {"format": "rawxml", "value": POLICY}}
    gateway.product_policy.create_or_update(*where, "t", "policy", policy)
    body = {"properties": {"scope": f"{b.HUB_APIM}/products/t", "displayName": "T"}}
    gateway.subscription.create_or_update(*where, "t", body)
    assert gateway.subscription.get(*where, "t").primary_key is None
    before = gateway.subscription.list_secrets(*where, "t")
    gateway.subscription.regenerate_secondary_key(*where, "t")
    after = gateway.subscription.list_secrets(*where, "t")
    assert after.primary_key == before.primary_key
    assert after.secondary_key != before.secondary_key
    gateway.subscription.delete(*where, "t", "*")
    gateway.product.delete(*where, "t", "*")


def use_models(clients: Clients) -> None:
    """A project on the hub's account, a deployment, and an account that is purged."""
    services = clients.of(CognitiveServicesManagementClient, HUB)
    names = {one.name for one in services.deployments.list(GROUP, "aif-hub-weu")}
    assert "gpt-5-mini" in names
    project = b.here({"displayName": "T"}, identity={"type": "SystemAssigned"})
    services.projects.begin_create(GROUP, "aif-hub-weu", "proj-t", project, **FAST).result()
    assert services.projects.get(GROUP, "aif-hub-weu", "proj-t").properties.endpoints
    services.projects.begin_delete(GROUP, "aif-hub-weu", "proj-t", **FAST).result()
    model = {"format": "OpenAI", "name": "gpt-5-mini", "version": "2025-08-07"}
    body = {"sku": {"name": "GlobalStandard", "capacity": 10}, "properties": {"model": model}}
    services.deployments.begin_create_or_update(
        GROUP, "aif-hub-weu", "proj-t", body, **FAST
    ).result()
    services.deployments.begin_delete(GROUP, "aif-hub-weu", "proj-t", **FAST).result()
    speech = b.account(customSubDomainName="speech-t", publicNetworkAccess="Disabled")
    services.accounts.begin_create(GROUP, "speech-t", speech, **FAST).result()
    services.accounts.begin_delete(GROUP, "speech-t", **FAST).result()
    assert [one.name for one in services.deleted_accounts.list()] == ["speech-t"]
    services.deleted_accounts.begin_purge("westeurope", GROUP, "speech-t", **FAST).result()


def watch(clients: Clients) -> None:
    """A workspace, diagnostics, an event subscription and a cost export."""
    logs = clients.of(LogAnalyticsManagementClient, HUB)
    workspace = logs.workspaces.begin_create_or_update(GROUP, "log-t", b.here({}), **FAST).result()
    resources = clients.of(ResourceManagementClient, HUB)
    setting = b.at(b.HUB_CLUSTER, "Microsoft.Insights/diagnosticSettings", "all")
    resources.resources.begin_create_or_update_by_id(
        setting, b.diagnostics(workspace.id), api_version=b.DIAGNOSTICS, **FAST
    ).result()
    assert resources.resources.get_by_id(setting, api_version=b.DIAGNOSTICS).name == "all"
    account = store_blobs(clients)
    events = clients.of(EventGridManagementClient, HUB)
    subscribed = events.event_subscriptions.begin_create_or_update(
        HUB_SUBSCRIPTION, "spokewright", b.subscribed(account), **FAST
    ).result()
    assert subscribed.destination.endpoint_base_url == "https://app.contoso.com/runtime"
    whole = events.event_subscriptions.get_full_url(HUB_SUBSCRIPTION, "spokewright")
    assert whole.endpoint_url.endswith("?code=hush")
    topic = {"source": account, "topicType": "Microsoft.Storage.StorageAccounts"}
    events.system_topics.begin_create_or_update(GROUP, "topic-t", b.here(topic), **FAST).result()
    events.system_topic_event_subscriptions.begin_create_or_update(
        GROUP, "topic-t", "all-of-it", b.subscribed(account), **FAST
    ).result()
    costs: Any = CostManagementClient(clients.credential, **clients.options)
    clients.open.append(costs)
    costs.exports.create_or_update(HUB_SUBSCRIPTION, "focus", b.export(account))
    assert costs.exports.get(HUB_SUBSCRIPTION, "focus").properties.definition.type == "FocusCost"
    costs.exports.execute(HUB_SUBSCRIPTION, "focus")
    costs.exports.delete(HUB_SUBSCRIPTION, "focus")
    events.event_subscriptions.begin_delete(HUB_SUBSCRIPTION, "spokewright", **FAST).result()
    logs.workspaces.begin_delete(GROUP, "log-t", **FAST).result()
    with pytest.raises(ResourceNotFoundError):
        logs.workspaces.get(GROUP, "log-t")
