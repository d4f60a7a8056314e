"""Private endpoints: interface, connection, DNS records, and the order of their removal."""

from typing import Any

import pytest

from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import (
    GROUPS,
    HUB_GROUP,
    HUB_NETWORK,
    NETWORK,
    Arm,
    network_body,
    subnet_body,
    vnet,
)

ENDPOINT = b.at(HUB_GROUP, "Microsoft.Network/privateEndpoints", "pe")
ZONES = f"{ENDPOINT}/privateDnsZoneGroups"
ACCOUNT = b.at(HUB_GROUP, "Microsoft.Storage/storageAccounts", "stcontoso")
DATABASE = b.at(HUB_GROUP, "Microsoft.DocumentDB/databaseAccounts", "cosmos-contoso")


def connected(arm: Arm) -> dict[str, Any]:
    """A storage account with a private endpoint."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    return arm.made(ENDPOINT, b.endpoint(ACCOUNT))


def status_of(endpoint: dict[str, Any]) -> str:
    """The state of an endpoint's connection."""
    inner = endpoint["properties"]["privateLinkServiceConnections"][0]["properties"]
    return str(inner["privateLinkServiceConnectionState"]["status"])


def test_a_connection_is_pending_until_the_endpoint_is_there(arm: Arm) -> None:
    """Both sides see the same state on its way."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    assert status_of(arm.put(ENDPOINT, b.endpoint(ACCOUNT)).body) == "Pending"
    seen = arm.get(ACCOUNT, b.STORAGE).body["properties"]["privateEndpointConnections"]
    assert [one["properties"]["privateEndpoint"]["id"] for one in seen] == [ENDPOINT]
    arm.advance(60)
    assert status_of(arm.get(ENDPOINT).body) == "Approved"
    mirrored = arm.get(ACCOUNT, b.STORAGE).body["properties"]["privateEndpointConnections"][0]
    assert mirrored["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"


def test_an_endpoint_gets_an_address_of_its_subnet_that_stays(arm: Arm) -> None:
    """The interface has the first free address, also after the endpoint is written again."""
    made = connected(arm)
    interface = arm.get(made["properties"]["networkInterfaces"][0]["id"]).body
    address = interface["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
    assert address == "10.0.3.5"
    names = [{"fqdn": "stcontoso.blob.core.windows.net", "ipAddresses": ["10.0.3.5"]}]
    assert made["properties"]["customDnsConfigs"] == names
    again = arm.made(ENDPOINT, b.endpoint(ACCOUNT))
    assert again["properties"]["networkInterfaces"] == made["properties"]["networkInterfaces"]


def test_a_subnet_names_its_endpoints_in_the_order_in_which_they_came(arm: Arm) -> None:
    """Also after one of them is written again."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    came = [f"{ENDPOINT}-{name}" for name in ("first", "second")]
    for one in (*came, came[0]):
        arm.made(one, b.endpoint(ACCOUNT))
    subnet = b.endpoint(ACCOUNT)["properties"]["subnet"]["id"]
    named = arm.get(subnet, NETWORK).body["properties"]["privateEndpoints"]
    assert [one["id"] for one in named if one["id"] in came] == came


def test_a_cosmos_endpoint_has_an_address_for_each_region(arm: Arm) -> None:
    """The account's own name and that of its region."""
    arm.made(DATABASE, b.cosmos(), b.COSMOS)
    made = arm.made(ENDPOINT, b.endpoint(DATABASE, "Sql"))
    assert [one["fqdn"] for one in made["properties"]["customDnsConfigs"]] == [
        "cosmos-contoso.documents.azure.com",
        "cosmos-contoso-westeurope.documents.azure.com",
    ]


def test_a_zone_group_writes_the_record_and_takes_it_away(arm: Arm) -> None:
    """The record is there with the group, and gone with it."""
    connected(arm)
    group = arm.made(f"{ZONES}/default", b.zone_group(b.BLOB_ZONE))
    sets = group["properties"]["privateDnsZoneConfigs"][0]["properties"]["recordSets"]
    assert sets[0]["ipAddresses"] == ["10.0.3.5"]
    record = arm.get(f"{b.BLOB_ZONE}/A/stcontoso", b.DNS).body
    assert record["properties"]["aRecords"] == [{"ipv4Address": "10.0.3.5"}]
    assert arm.get(ENDPOINT).body["properties"]["customDnsConfigs"] == []
    assert arm.delete(f"{ZONES}/default").status == 202
    arm.advance(60)
    assert arm.get(f"{b.BLOB_ZONE}/A/stcontoso", b.DNS).status == 404


def test_a_record_that_leads_elsewhere_by_now_is_left(arm: Arm) -> None:
    """Only the endpoint's own address is taken away."""
    connected(arm)
    arm.made(f"{ZONES}/default", b.zone_group(b.BLOB_ZONE))
    other = {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.9.9.9"}]}}
    arm.made(f"{b.BLOB_ZONE}/A/stcontoso", other, b.DNS)
    arm.delete(f"{ZONES}/default")
    arm.advance(60)
    assert arm.get(f"{b.BLOB_ZONE}/A/stcontoso", b.DNS).status == 200


def test_zone_group_then_endpoint_then_subnet_is_the_order_of_removal(arm: Arm) -> None:
    """Each is refused while what needs it is there."""
    connected(arm)
    arm.made(f"{ZONES}/default", b.zone_group(b.BLOB_ZONE))
    interface = arm.get(ENDPOINT).body["properties"]["networkInterfaces"][0]["id"]
    assert arm.delete(b.HUB_SUBNET).code == "InUseSubnetCannotBeDeleted"
    assert arm.delete(interface).code == "NicInUseWithPrivateEndpoint"
    assert arm.delete(ENDPOINT).code == "CannotDeleteResource"
    # The subnet holds the endpoint of the hub's own search service, too.
    hubs = b.at(HUB_GROUP, "Microsoft.Network/privateEndpoints", "pe-srch-hub-weu")
    own = (f"{hubs}/privateDnsZoneGroups/default", hubs)
    for path in (*own, f"{ZONES}/default", ENDPOINT, b.HUB_SUBNET):
        assert arm.delete(path).status == 202
        arm.advance(60)
    assert arm.get(interface).status == 404
    assert "privateEndpointConnections" in arm.get(ACCOUNT, b.STORAGE).body["properties"]


def test_an_endpoint_whose_target_is_gone_is_disconnected(arm: Arm) -> None:
    """Azure lets the target go."""
    connected(arm)
    assert arm.delete(ACCOUNT, b.STORAGE).status == 200
    assert status_of(arm.get(ENDPOINT).body) == "Disconnected"


def test_a_group_with_all_of_it_can_be_deleted(arm: Arm) -> None:
    """Network, account, endpoint, cluster and vault go in an order that works."""
    group = arm.group()
    network = vnet(group)
    subnets = [subnet_body("10.16.0.0/26", "pe"), subnet_body("10.16.0.64/26", "aks")]
    arm.made(network, network_body(subnets=subnets))
    account = b.at(group, "Microsoft.Storage/storageAccounts", "stspoke")
    arm.made(account, b.storage(), b.STORAGE)
    body = b.endpoint(account, subnet=f"{network}/subnets/pe")
    arm.made(b.at(group, "Microsoft.Network/privateEndpoints", "pe"), body)
    clusters = "Microsoft.ContainerService/managedClusters"
    arm.made(b.at(group, clusters, "aks"), b.cluster(f"{network}/subnets/aks"), b.AKS)
    arm.made(b.at(group, "Microsoft.KeyVault/vaults", "kv-spoke"), b.vault(), b.VAULT)
    assert arm.delete(group, GROUPS).status == 202
    arm.advance(5000)
    assert arm.get(group, GROUPS).status == 404


REFUSED_ENDPOINTS = [
    (b.endpoint(ACCOUNT, "vault"), "InvalidPrivateEndpointGroupId"),
    (b.endpoint(HUB_NETWORK), "PrivateLinkServiceNotSupported"),
    (b.endpoint(f"{ACCOUNT}x"), "InvalidResourceReference"),
    (b.endpoint(ACCOUNT, subnet=f"{HUB_NETWORK}/subnets/none"), "InvalidResourceReference"),
    (b.here({"subnet": {"id": b.HUB_SUBNET}}), "PrivateLinkServiceConnectionInvalid"),
    (b.here({}), "SubnetNotSpecified"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED_ENDPOINTS)
def test_an_endpoint_that_cannot_be_is_refused(arm: Arm, body: dict[str, Any], code: str) -> None:
    """Subnet, target and part must fit; nothing is left behind."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    before = len(arm.cloud.store.everything())
    assert arm.put(ENDPOINT, body).code == code
    assert len(arm.cloud.store.everything()) == before


def test_a_zone_that_does_not_fit_and_a_second_group_are_refused(arm: Arm) -> None:
    """Only the zones of the target, in one group."""
    connected(arm)
    other = b.BLOB_ZONE.replace("blob.core.windows.net", "vaultcore.azure.net")
    assert arm.put(f"{ZONES}/default", b.zone_group(other)).code == "InvalidPrivateDnsZone"
    assert arm.put(f"{ZONES}/default", b.zone_group()).code == "InvalidRequestFormat"
    arm.made(f"{ZONES}/default", b.zone_group(b.BLOB_ZONE))
    second = arm.put(f"{ZONES}/second", b.zone_group(b.BLOB_ZONE))
    assert second.code == "PrivateDnsZoneGroupLimitExceeded"


def test_a_full_subnet_is_named(arm: Arm) -> None:
    """A /29 has three addresses to give."""
    arm.made(ACCOUNT, b.storage(), b.STORAGE)
    arm.made(f"{HUB_NETWORK}/subnets/small", subnet_body("10.0.4.0/29"))
    made = [
        arm.put(f"{ENDPOINT}{n}", b.endpoint(ACCOUNT, subnet=f"{HUB_NETWORK}/subnets/small"))
        for n in range(4)
    ]
    assert [one.status for one in made] == [201, 201, 201, 400]
    assert made[-1].code == "SubnetIsFull"


def test_the_target_must_be_ready(arm: Arm) -> None:
    """An account that is being made cannot be connected to yet."""
    arm.put(ACCOUNT, b.storage(), b.STORAGE)
    assert arm.put(ENDPOINT, b.endpoint(ACCOUNT)).code == "ReferencedResourceNotProvisioned"


def test_what_is_there_survives_a_restart(arm: Arm) -> None:
    """Interfaces, records and connections are stored."""
    connected(arm)
    arm.made(f"{ZONES}/default", b.zone_group(b.BLOB_ZONE))
    before = [arm.get(path).body for path in (ENDPOINT, f"{ZONES}/default")]
    again = arm.reopened()
    assert [again.get(path, NETWORK).body for path in (ENDPOINT, f"{ZONES}/default")] == before
