"""The genuine SDK clients, given only a base URL, a CA and a credential."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.managementgroups import ManagementGroupsMgmtClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.aio import NetworkManagementClient as AsyncNetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.resource.policy import PolicyClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.subscription import SubscriptionClient

from localcloud.arm.catalogue import TYPES
from tests.localcloud.arm.conftest import HUB_NETWORK, HUB_SUBSCRIPTION, TIER, Live, alias_body

CHECKER = Path("../shared/arm-conformance/check_arm.py")
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
FAST: dict[str, Any] = {"polling_interval": 0.01}
# The descriptions of these old packages give one item's shape for the whole list.
LISTS_DESCRIBED_AS_ITEMS = (
    "GET /subscriptions [2016-06-01]",
    "GET Microsoft.Authorization/roleAssignments [2022-04-01]",
    "GET Microsoft.Authorization/roleDefinitions [2022-04-01]",
)
# Described as an export of the API, which has the same path.
EXPORTS = ("service/apim-hub-weu/apis/ai-gateway [2024-05-01] WARN response-unknown-property",)
# Described as dates by the package; they are seconds on the wire.
UNIX_TIMES = ("/properties/attributes/created", "/properties/attributes/updated")
# Not among the descriptions at all.
UNDESCRIBED = ("networkInterfaces", "Microsoft.Web/sites")

DENY_ALL = {
    "name": "deny-all",
    "properties": {
        "priority": 4000,
        "direction": "Inbound",
        "access": "Deny",
        "protocol": "*",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
    },
}
TO_FIREWALL = {
    "name": "default",
    "properties": {
        "addressPrefix": "0.0.0.0/0",
        "nextHopType": "VirtualAppliance",
        "nextHopIpAddress": "10.0.0.4",
    },
}


class Clients:
    """The synchronous clients of one subscription."""

    def __init__(self, live: Live) -> None:
        self.credential = ManagedIdentityCredential()
        self.options: dict[str, Any] = {
            "base_url": live.url,
            "credential_scopes": ["https://management.azure.com/.default"],
            "connection_verify": str(live.ca),
        }
        self.subscriptions: Any = SubscriptionClient(self.credential, **self.options)
        self.management_groups: Any = ManagementGroupsMgmtClient(self.credential, **self.options)
        self.open: list[Any] = [self.subscriptions, self.management_groups, self.credential]

    def of(self, client: type, subscription: str) -> Any:
        """A client of a subscription."""
        self.open.append(client(self.credential, subscription, **self.options))
        return self.open[-1]

    def close(self) -> None:
        """Close every connection."""
        for one in self.open:
            one.close()

    def vend(self) -> str:
        """A new subscription, with its network provider registered."""
        poller = self.subscriptions.alias.begin_create(f"a-{uuid.uuid4()}", alias_body(), **FAST)
        subscription = str(poller.result().properties.subscription_id)
        resources = self.of(ResourceManagementClient, subscription)
        resources.providers.register("Microsoft.Network")
        while resources.providers.get("Microsoft.Network").registration_state != "Registered":
            pass
        return subscription


@pytest.fixture
def clients(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Clients that find their identity as they would in App Service."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", live.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", live.identity_header)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(live.ca))
    made = Clients(live)
    yield made
    made.close()


def network(prefix: str, **subnet: Any) -> dict[str, Any]:
    """A network with one subnet over the lower half."""
    lower = prefix.replace("/24", "/25")
    return {
        "location": "westeurope",
        "tags": {"tenantId": "t"},
        "properties": {
            "addressSpace": {"addressPrefixes": [prefix]},
            "dhcpOptions": {"dnsServers": ["10.0.0.4"]},
            "subnets": [{"name": "aks", "properties": {"addressPrefix": lower} | subnet}],
        },
    }


def test_a_spoke_is_built_read_and_removed_by_the_sdk(clients: Clients, live: Live) -> None:
    """Every resource of a spoke is written and read, and Microsoft's descriptions are kept."""
    subscription = clients.vend()
    scope = f"/subscriptions/{subscription}"
    build_frame(clients, subscription, scope)
    build_network(clients, subscription)
    build_dns_and_rules(clients)
    tear_down(clients, subscription)
    check_log(live)


def build_frame(clients: Clients, subscription: str, scope: str) -> None:
    """Groups, roles, policies and tags."""
    groups = clients.management_groups
    groups.management_groups.begin_create_or_update(
        "extra",
        {"properties": {"displayName": "Extra", "details": {"parent": {"id": TIER}}}},
        **FAST,
    ).result()
    groups.management_group_subscriptions.create("extra", subscription)
    members = groups.management_group_subscriptions.get_subscriptions_under_management_group(
        "extra"
    )
    assert [member.name for member in members] == [subscription]
    names = {one.name for one in groups.management_groups.get_descendants("contoso")}
    assert {"extra", subscription} <= names

    assert {one.subscription_id for one in clients.subscriptions.subscriptions.list()} >= {
        subscription
    }
    authorization = clients.of(AuthorizationManagementClient, subscription)
    role = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"
    asked = {"properties": {"roleDefinitionId": role, "principalId": str(uuid.uuid4())}}
    made = authorization.role_assignments.create(scope, str(uuid.uuid4()), asked)
    assert [one.id for one in authorization.role_assignments.list_for_scope(scope)] == [made.id]
    assert authorization.role_definitions.get(scope, CONTRIBUTOR).role_name == "Contributor"

    policies = clients.of(PolicyClient, subscription)
    definition = (
        "/providers/Microsoft.Management/managementGroups/contoso"
        "/providers/Microsoft.Authorization/policyDefinitions/deny-public-ip"
    )
    policies.policy_assignments.create(
        scope, "deny-public-ip", {"properties": {"policyDefinitionId": definition}}
    )
    assert policies.policy_assignments.get(scope, "deny-public-ip").display_name is None

    resources = clients.of(ResourceManagementClient, subscription)
    resources.resource_groups.create_or_update("rg", {"location": "westeurope"})
    assert resources.resource_groups.check_existence("rg")
    assert not resources.resource_groups.check_existence("other")
    merge = {"operation": "Merge", "properties": {"tags": {"owner": "o"}}}
    resources.tags.begin_update_at_scope(scope, merge).result()
    assert resources.tags.get_at_scope(scope).properties.tags == {"tenantId": "t", "owner": "o"}


def build_network(clients: Clients, subscription: str) -> None:
    """A spoke network with both peerings."""
    spoke = clients.of(NetworkManagementClient, subscription)
    hub = clients.of(NetworkManagementClient, HUB_SUBSCRIPTION.rpartition("/")[2])
    guard = spoke.network_security_groups.begin_create_or_update(
        "rg", "nsg", {"location": "westeurope", "properties": {"securityRules": [DENY_ALL]}}, **FAST
    ).result()
    table = spoke.route_tables.begin_create_or_update(
        "rg", "rt", {"location": "westeurope", "properties": {"routes": [TO_FIREWALL]}}, **FAST
    ).result()
    guarded = {"networkSecurityGroup": {"id": guard.id}, "routeTable": {"id": table.id}}
    made = spoke.virtual_networks.begin_create_or_update(
        "rg", "vnet", network("10.16.0.0/24", **guarded), **FAST
    ).result()
    spoke.subnets.begin_create_or_update(
        "rg", "vnet", "agents", {"properties": {"addressPrefix": "10.16.0.128/26"}}, **FAST
    ).result()
    peer = {"properties": {"remoteVirtualNetwork": {"id": HUB_NETWORK}}}
    back = {"properties": {"remoteVirtualNetwork": {"id": made.id}}}
    first = spoke.virtual_network_peerings.begin_create_or_update(
        "rg", "vnet", "to-hub", peer, **FAST
    ).result()
    hub.virtual_network_peerings.begin_create_or_update(
        "rg-hub-weu", "vnet-hub-weu", "to-t", back, **FAST
    ).result()
    assert first.peering_state == "Initiated"
    read = spoke.virtual_networks.get("rg", "vnet")
    assert [one.name for one in read.subnets] == ["aks", "agents"]
    assert [one.peering_state for one in read.virtual_network_peerings] == ["Connected"]
    shown = spoke.network_security_groups.get("rg", "nsg")
    assert [one.id for one in shown.subnets] == [f"{made.id}/subnets/aks"]
    assert len(shown.default_security_rules) == 6


def build_dns_and_rules(clients: Clients) -> None:
    """What the hub gets: a zone with its link and a record, and a rule collection group."""
    hub_subscription = HUB_SUBSCRIPTION.rpartition("/")[2]
    dns = clients.of(PrivateDnsManagementClient, hub_subscription)
    zone = "privatelink.example.net"
    dns.private_zones.begin_create_or_update(
        "rg-hub-weu", zone, {"location": "global"}, **FAST
    ).result()
    link = {"location": "global", "properties": {"virtualNetwork": {"id": HUB_NETWORK}}}
    linked = dns.virtual_network_links.begin_create_or_update(
        "rg-hub-weu", zone, "hub", link, **FAST
    ).result()
    assert linked.virtual_network_link_state == "Completed"
    record = {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.0.3.5"}]}}
    dns.record_sets.create_or_update("rg-hub-weu", zone, "A", "a", record)
    assert dns.private_zones.get("rg-hub-weu", zone).number_of_record_sets == 2

    hub = clients.of(NetworkManagementClient, hub_subscription)
    spokes = hub.ip_groups.begin_create_or_update(
        "rg-hub-weu",
        "ipg",
        {"location": "westeurope", "properties": {"ipAddresses": ["10.16.0.0/24"]}},
        **FAST,
    ).result()
    collection = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": "egress",
        "priority": 100,
        "action": {"type": "Allow"},
        "rules": [github_rule(spokes.id)],
    }
    hub.firewall_policy_rule_collection_groups.begin_create_or_update(
        "rg-hub-weu",
        "afwp-hub-weu",
        "tenants",
        {"properties": {"priority": 200, "ruleCollections": [collection]}},
        **FAST,
    ).result()
    assert len(hub.ip_groups.get("rg-hub-weu", "ipg").firewall_policies) == 1


def github_rule(ip_group: str) -> dict[str, Any]:
    """A rule that lets an IP group reach GitHub."""
    return {
        "ruleType": "ApplicationRule",
        "name": "github",
        "protocols": [{"protocolType": "Https", "port": 443}],
        "targetFqdns": ["github.com"],
        "sourceIpGroups": [ip_group],
    }


def tear_down(clients: Clients, subscription: str) -> None:
    """The group goes with all that is in it, and leaves the hub's peering disconnected."""
    resources = clients.of(ResourceManagementClient, subscription)
    assert {one.type for one in resources.resources.list()} == {
        "Microsoft.Network/networkSecurityGroups",
        "Microsoft.Network/routeTables",
        "Microsoft.Network/virtualNetworks",
    }
    with pytest.raises(HttpResponseError, match="ResourcesExistingOnSubscription"):
        clients.subscriptions.subscription.cancel(subscription)
    resources.resource_groups.begin_delete("rg", **FAST).result()
    with pytest.raises(ResourceNotFoundError, match="ResourceGroupNotFound"):
        resources.resource_groups.get("rg")
    hub = clients.of(NetworkManagementClient, HUB_SUBSCRIPTION.rpartition("/")[2])
    orphan = hub.virtual_network_peerings.get("rg-hub-weu", "vnet-hub-weu", "to-t")
    assert orphan.peering_state == "Disconnected"
    hub.virtual_network_peerings.begin_delete("rg-hub-weu", "vnet-hub-weu", "to-t", **FAST).result()
    clients.subscriptions.subscription.cancel(subscription)


def check_log(live: Live) -> None:
    """Hold every exchange so far against Microsoft's descriptions, where they are at hand."""
    read_everything(live)
    if not CHECKER.exists():
        pytest.skip("the conformance checker is not beside the repository")
    log = live.ca.with_name("log.jsonl")
    log.write_bytes(live.local("GET", "requests").content)
    command = [sys.executable, str(CHECKER), "--fail-on", "never", str(log)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    accepted = (*LISTS_DESCRIBED_AS_ITEMS, *EXPORTS, *UNIX_TIMES, *UNDESCRIBED)
    found = [line for line in output.splitlines() if " ERROR " in line or " WARN " in line]
    assert [line for line in found if not any(one in line for one in accepted)] == []
    assert "requests" in output


def read_everything(live: Live) -> None:
    """GET each resource in its newest pinned api-version."""
    for resource in live.local("GET", "resources").json():
        for version in TYPES[resource["type"].lower()].versions[-2:]:
            assert live.call("GET", resource["id"], version).status_code == 200


async def test_the_asynchronous_client_reads_the_hub(clients: Clients, live: Live) -> None:
    """The aio client lists what the starting state holds."""
    del clients
    async with (
        AsyncManagedIdentityCredential() as credential,
        AsyncNetworkManagementClient(
            credential,
            HUB_SUBSCRIPTION.rpartition("/")[2],
            base_url=live.url,
            credential_scopes=["https://management.azure.com/.default"],
            connection_verify=str(live.ca),
        ) as network_client,
    ):
        names = [one.name async for one in network_client.virtual_networks.list_all()]
        firewall = await network_client.azure_firewalls.get("rg-hub-weu", "afw-hub-weu")
    assert names == ["vnet-hub-weu"]
    assert firewall.ip_configurations[0].private_ip_address == "10.0.0.4"
