"""Microsoft's own clients read what the application has made, given only URL, CA and credential."""

from typing import Any

import pytest
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.subscription import SubscriptionClient

from tests.end_to_end.cloud import Cloud, example

TENANT = "seen-one"


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
        assert set(groups) == {f"rg-{TENANT}-network", f"rg-{TENANT}-workload"}
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
