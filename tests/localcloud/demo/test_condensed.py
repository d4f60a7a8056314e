"""What an onboarding has made, on one screen."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from rich.console import Console

from landing_zone.arm_ids import normalized
from localcloud.demo.condensed import condensed
from localcloud.demo.models import Operation
from tests.localcloud.demo.fake_cloud import GROUP, SUBSCRIPTION, operation, resource

SUBSCRIPTION_ID = SUBSCRIPTION.rpartition("/")[2]
ALIAS = "/providers/Microsoft.Subscription/aliases/spokewright-contoso"
PLACE = "/providers/Microsoft.Management/managementGroups/spokes/subscriptions/" + SUBSCRIPTION_ID
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-contoso"
ENDPOINT = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe-contoso-vault"
ZONES = f"{ENDPOINT}/privateDnsZoneGroups/default"
SETTING = "providers/Microsoft.Insights/diagnosticSettings/spokewright"
ROLE = "providers/Microsoft.Authorization/roleAssignments/cb7cba46-869c-5aed-b088-66485"
HUB_GROUP = "/subscriptions/hub/resourceGroups/rg-hub"
INDEX = f"{HUB_GROUP}/providers/Microsoft.Search/searchServices/srch/indexes/tenant-contoso"
IDS = [
    *(ALIAS, PLACE, GROUP, VAULT, ENDPOINT, ZONES),
    *(f"{VAULT}/{SETTING}", f"{VAULT}/{ROLE}2b8d7db", f"{VAULT}/{ROLE}2b8d7dc"),
    f"{SUBSCRIPTION}/providers/Microsoft.Network",
    f"{SUBSCRIPTION}/providers/Microsoft.Storage",
    f"{GROUP}/{ROLE}2b8d7db",
    f"{INDEX}/{ROLE}2b8d7db",
    f"{GROUP}/providers/Microsoft.Odd/things/thing-1",
]
LINK = {"properties": {"privateLinkServiceId": VAULT.upper()}}
RECORDS = {"recordSets": [{"ipAddresses": ["10.16.0.133"]}, {"ipAddresses": ["10.16.0.134"]}]}
BODIES: dict[str, Mapping[str, Any]] = {
    normalized(ALIAS): {"properties": {"subscriptionId": SUBSCRIPTION_ID}},
    normalized(ENDPOINT): {"properties": {"privateLinkServiceConnections": [LINK]}},
    normalized(ZONES): {"properties": {"privateDnsZoneConfigs": [{"properties": RECORDS}]}},
}


def shown(ids: list[str], bodies: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The lines of the tree, without its branches."""
    resources = [resource(f"key:{number}", one, "done") for number, one in enumerate(ids)]
    tree = condensed(Operation.model_validate(operation("succeeded", resources)), bodies)
    text = StringIO()
    Console(file=text, width=200, color_system=None).print(tree)
    return [line.strip("│├└─ ") for line in text.getvalue().splitlines()]


def test_what_belongs_to_a_resource_is_a_note_behind_it() -> None:
    """A line for each resource of a resource group, and no more."""
    assert shown(IDS, BODIES) == [
        "What contoso consists of  14 resources; --tree full lists each",
        f"{SUBSCRIPTION_ID}  subscription  vended · in spokes · 2 providers",
        "rg-contoso  resource group  1 role",
        "kv-contoso  Key Vault  private endpoint 10.16.0.133, 10.16.0.134 · diagnostics · 2 roles",
        "thing-1  things",
        "hub  subscription",
        "rg-hub  resource group",
        "srch  AI Search  index tenant-contoso · 1 role",
    ]


def test_what_leads_nowhere_known_keeps_its_line() -> None:
    """Nothing is lost because Resource Manager knows nothing of it."""
    lines = shown(IDS, {})
    assert "pe-contoso-vault  private endpoint  DNS" in lines
    assert "spokes  managementGroups" not in lines
    assert "spokewright-contoso  aliases" in lines


def test_a_network_tells_its_subnets_and_where_it_is_peered() -> None:
    """The address plan on one line."""
    network = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
    peering = f"{network}/virtualNetworkPeerings/to-hub"
    subnet = {"name": "aks", "properties": {"addressPrefix": "10.16.0.0/25"}}
    space = {"addressSpace": {"addressPrefixes": ["10.16.0.0/24"]}, "subnets": [subnet]}
    bodies: dict[str, Mapping[str, Any]] = {
        normalized(network): {"properties": space},
        normalized(peering): {"properties": {"peeringState": "Connected"}},
    }
    assert shown([network, peering], bodies)[-1] == (
        "vnet  network  10.16.0.0/24 · aks 10.16.0.0/25 · peering to-hub Connected"
    )
