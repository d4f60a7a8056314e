"""Microsoft's own clients read what the application has made, given only URL, CA and credential."""

from typing import Any

import pytest
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.cosmosdb import CosmosDBManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.search import SearchManagementClient
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.subscription import SubscriptionClient

from tests.end_to_end.cloud import Cloud, example
from tests.end_to_end.tiers import Onboarded

TENANT = "seen-one"

type Tiers = tuple[Onboarded, ...]
type Access = dict[str, Any]


@pytest.fixture(scope="module")
def tenant(cloud: Cloud) -> dict[str, Any]:
    """An active tenant."""
    cloud.post(example(tenantId=TENANT))
    return cloud.settled(TENANT)


def test_the_network_client_reads_the_spoke(tenant: dict[str, Any], access: dict[str, Any]) -> None:
    """Network, subnets, routes and peerings are as a user of Azure would find them."""
    group = f"rg-{TENANT}-network"
    with NetworkManagementClient(subscription_id=tenant["subscriptionId"], **access) as client:
        network = client.virtual_networks.get(group, f"vnet-{TENANT}")
        assert network.address_space.address_prefixes == [tenant["addressRange"]]
        assert {subnet.name for subnet in network.subnets} == {
            "aks",
            "private-endpoints",
            "agents",
        }
        assert all(
            subnet.route_table and subnet.network_security_group for subnet in network.subnets
        )
        (peering,) = client.virtual_network_peerings.list(group, f"vnet-{TENANT}")
        assert peering.peering_state == "Connected"
        (table,) = client.route_tables.list(group)
        assert [route.address_prefix for route in table.routes] == ["0.0.0.0/0"]


def test_the_network_client_reads_the_hub_side(
    cloud: Cloud, tenant: dict[str, Any], access: dict[str, Any]
) -> None:
    """The hub's peering of this tenant is connected and knows the tenant's range."""
    hub = cloud.ready["hub"]
    with NetworkManagementClient(subscription_id=hub["subscriptionId"], **access) as client:
        network = hub["networkId"].rsplit("/", 1)[-1]
        peerings = list(client.virtual_network_peerings.list(hub["resourceGroup"], network))
        (ours,) = [one for one in peerings if TENANT in str(one.name)]
        assert ours.peering_state == "Connected"
        assert ours.remote_address_space.address_prefixes == [tenant["addressRange"]]


def test_the_resource_client_reads_groups_and_resources(
    tenant: dict[str, Any], access: dict[str, Any]
) -> None:
    """Resource groups with their tags, and what is in them."""
    with ResourceManagementClient(subscription_id=tenant["subscriptionId"], **access) as client:
        groups = {group.name: group for group in client.resource_groups.list()}
        purposes = ("network", "operations", "workload")
        assert set(groups) == {f"rg-{TENANT}-{purpose}" for purpose in purposes}
        assert (groups[f"rg-{TENANT}-network"].tags or {})["tenantId"] == TENANT
        types = {
            resource.type
            for resource in client.resources.list_by_resource_group(f"rg-{TENANT}-network")
        }
        assert "Microsoft.Network/virtualNetworks" in types
        assert client.providers.get("Microsoft.Network").registration_state == "Registered"


def test_the_subscription_client_reads_the_vended_subscription(
    tenant: dict[str, Any], access: dict[str, Any]
) -> None:
    """The alias and the subscription are there."""
    with SubscriptionClient(**access) as client:
        alias = client.alias.get(f"spokewright-{TENANT}")
        assert alias.properties
        assert alias.properties.subscription_id == tenant["subscriptionId"]
        assert alias.properties.provisioning_state == "Succeeded"
        assert client.subscriptions.get(tenant["subscriptionId"]).state == "Enabled"


def workload(one: Onboarded) -> str:
    """The resource group of what the tenant runs."""
    return f"rg-{one.document['tenantId']}-workload"


def in_spoke(one: Onboarded, access: Access) -> Access:
    """What a client of the tenant's own subscription is given."""
    return access | {"subscription_id": one.tenant["subscriptionId"]}


def test_the_network_client_reads_the_private_endpoints(tiers: Tiers, access: Access) -> None:
    """Each is approved, in its subnet, with its zone group."""
    for one in tiers:
        group = f"rg-{one.document['tenantId']}-network"
        with NetworkManagementClient(**in_spoke(one, access)) as client:
            endpoints = list(client.private_endpoints.list(group))
            assert len(endpoints) >= 4
            for endpoint in endpoints:
                (link,) = endpoint.private_link_service_connections
                assert link.private_link_service_connection_state.status == "Approved"
                assert str(endpoint.subnet.id).endswith("/subnets/private-endpoints")
                name = str(endpoint.name)
                zones = client.private_dns_zone_groups.get(group, name, "default")
                (zone,) = zones.private_dns_zone_configs
                assert zone.record_sets


def test_the_container_client_reads_namespace_node_pool_and_cluster(
    cloud: Cloud, tiers: Tiers, access: Access
) -> None:
    """Each tier has its runtime, closed and kept apart."""
    namespace, pool, cluster = tiers
    hub = cloud.ready["hub"]
    shared = (hub["resourceGroup"], "aks-hub-weu")
    with ContainerServiceClient(subscription_id=hub["subscriptionId"], **access) as client:
        for one in (namespace, pool):
            made = client.managed_namespaces.get(*shared, f"tenant-{one.document['tenantId']}")
            properties: Any = made.properties
            cpu = one.document["compute"]["cpu"]
            assert properties.default_resource_quota.cpu_limit == f"{cpu * 1000}m"
            assert properties.default_network_policy.ingress == "AllowSameNamespace"
        taint = f"tenant={pool.document['tenantId']}:NoSchedule"
        (nodes,) = [one for one in client.agent_pools.list(*shared) if one.node_taints == [taint]]
        assert (nodes.min_count, nodes.max_count) == (2, 6)
        assert nodes.enable_node_public_ip is False
    with ContainerServiceClient(**in_spoke(cluster, access)) as client:
        (own,) = client.managed_clusters.list_by_resource_group(workload(cluster))
        assert own.api_server_access_profile.enable_private_cluster
        assert own.disable_local_accounts
        assert own.network_profile.outbound_type == "userDefinedRouting"
        assert own.oidc_issuer_profile.enabled


def test_the_storage_client_reads_closed_accounts(tiers: Tiers, access: Access) -> None:
    """The tenant's own and that of the platform's records, with its containers."""
    for one in tiers:
        with StorageManagementClient(**in_spoke(one, access)) as client:
            accounts = list(client.storage_accounts.list())
            assert len(accounts) == 2
            for account in accounts:
                assert account.public_network_access == "Disabled"
                assert account.allow_shared_key_access is False
                assert account.minimum_tls_version == "TLS1_2"
                assert account.tags == one.tags
            records = f"rg-{one.document['tenantId']}-operations"
            (account,) = client.storage_accounts.list_by_resource_group(records)
            containers = client.blob_containers.list(records, str(account.name))
            assert {item.name for item in containers} == {"cost", "dead-letters"}


def test_the_cosmos_client_reads_account_database_and_role(tiers: Tiers, access: Access) -> None:
    """Entered by identity alone."""
    asked = [one for one in tiers if one.document["data"]["database"] == "cosmos"]
    assert len(asked) == 2
    for one in asked:
        group = workload(one)
        with CosmosDBManagementClient(**in_spoke(one, access)) as client:
            (account,) = client.database_accounts.list_by_resource_group(group)
            assert account.public_network_access == "Disabled"
            assert account.disable_local_auth
            (database,) = client.sql_resources.list_sql_databases(group, str(account.name))
            assert database.name == "app"
            (role,) = client.sql_resources.list_sql_role_assignments(group, str(account.name))
            assert str(role.scope).endswith("/dbs/app")


def test_the_vault_client_reads_protected_vaults(tiers: Tiers, access: Access) -> None:
    """Roles instead of policies, and nothing is lost within 90 days."""
    for one in tiers:
        with KeyVaultManagementClient(**in_spoke(one, access)) as client:
            (vault,) = client.vaults.list_by_resource_group(workload(one))
            properties: Any = vault.properties
            assert properties.public_network_access == "Disabled"
            assert properties.enable_rbac_authorization
            assert properties.enable_purge_protection
            assert properties.soft_delete_retention_in_days == 90
            assert properties.network_acls.default_action == "Deny"
            assert list(client.vaults.list_deleted()) == []


def test_the_gateway_client_reads_product_policy_and_subscription(
    cloud: Cloud, tiers: Tiers, access: Access
) -> None:
    """Each tenant has its own, and its key is not among what is read."""
    hub = cloud.ready["hub"]
    service = (hub["resourceGroup"], "apim-hub-weu")
    with ApiManagementClient(subscription_id=hub["subscriptionId"], **access) as client:
        for one in tiers:
            tenant = one.document["tenantId"]
            product = client.product.get(*service, f"tenant-{tenant}")
            assert (product.state, product.subscription_required) == ("published", True)
            policy = client.product_policy.get(*service, f"tenant-{tenant}", "policy")
            assert f"tenant.{tenant}" in str(policy.value)
            subscription = client.subscription.get(*service, f"tenant-{tenant}")
            assert (subscription.state, subscription.primary_key) == ("active", None)
            assert str(subscription.scope).endswith(f"/products/tenant-{tenant}")


def test_the_search_client_reads_a_service_of_its_own(
    cloud: Cloud, tiers: Tiers, access: Access
) -> None:
    """Where it was asked for, and nowhere else."""
    kind = "Microsoft.Search/searchServices"
    for one in tiers:
        scope = f"/subscriptions/{one.tenant['subscriptionId']}/"
        own = [item for item in cloud.resources() if item["type"] == kind and scope in item["id"]]
        assert len(own) == (one.document["data"]["vectorIndex"] == "dedicated")
        with SearchManagementClient(**in_spoke(one, access)) as client:
            for item in own:
                service = client.services.get(workload(one), item["name"])
                assert str(service.public_network_access).lower() == "disabled"
                assert service.disable_local_auth
                assert service.tags == one.tags
