"""What somebody can do to a tenant or a hub that remediation undoes, one change each."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from landing_zone.arm_ids import arm_id
from landing_zone.planning import api_versions
from tests.fakes import HUBS
from tests.simulation.drifting import ROGUE, Drifting

HUB: Final = HUBS.hubs[0]
NETWORK: Final = api_versions.NETWORK
CONTRIBUTOR: Final = "b24988ac-6180-42a0-ab88-20f7382dd24c"


class Drift(NamedTuple):
    """A change, and the rule that it breaks."""

    rule: str
    make: Callable[[Drifting], None]


def patched(key: str, **properties: Any) -> Callable[[Drifting], None]:
    """Changes properties of something that a plan made."""

    def make(ground: Drifting) -> None:
        item = ground.planned(key)
        ground.write("PATCH", item.id, item.api_version, {"properties": properties})

    return make


def deleted(key: str) -> Callable[[Drifting], None]:
    """Deletes something that a plan made."""

    def make(ground: Drifting) -> None:
        item = ground.planned(key)
        ground.write("DELETE", item.id, item.api_version)

    return make


def _tags(operation: str, tags: dict[str, str], key: str) -> Callable[[Drifting], None]:
    def make(ground: Drifting) -> None:
        path = f"{ground.planned(key).id}/providers/Microsoft.Resources/tags/default"
        body = {"operation": operation, "properties": {"tags": tags}}
        ground.write("PATCH", path, api_versions.RESOURCES, body)

    return make


def _child(
    key: str, kind: str, name: str, properties: dict[str, Any]
) -> Callable[[Drifting], None]:
    def make(ground: Drifting) -> None:
        path = f"{ground.planned(key).id}/{kind}/{name}"
        ground.write("PUT", path, NETWORK, {"properties": properties})

    return make


def _deleted_child(key: str, kind: str, name: str) -> Callable[[Drifting], None]:
    def make(ground: Drifting) -> None:
        ground.write("DELETE", f"{ground.planned(key).id}/{kind}/{name}", NETWORK)

    return make


def _public_ip(ground: Drifting) -> None:
    group = ground.planned("resource-group:workload").id
    path = arm_id(group, "Microsoft.Network/publicIPAddresses", "pip-rogue")
    body = {
        "location": "westeurope",
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
        "tags": ground.planned("storage").body["tags"],
    }
    ground.write("PUT", path, NETWORK, body)


def _peering(ground: Drifting) -> None:
    """Both sides, as somebody would who has rights in two spokes."""
    one, other = (ground.planned("network", tenant).id for tenant in (0, 1))
    for here, there in ((one, other), (other, one)):
        properties = {
            "remoteVirtualNetwork": {"id": there},
            "allowVirtualNetworkAccess": True,
        }
        path = f"{here}/virtualNetworkPeerings/rogue"
        ground.write("PUT", path, NETWORK, {"properties": properties})


def _record(ground: Drifting) -> None:
    """The name of the storage account in the hub's zone."""
    zone = HUB.resource_id("Microsoft.Network/privateDnsZones", "privatelink.blob.core.windows.net")
    name = ground.planned("storage").id.rpartition("/")[2]
    ground.write("DELETE", f"{zone}/A/{name}", api_versions.PRIVATE_DNS)


def _zone_link(ground: Drifting) -> None:
    zone = HUB.resource_id("Microsoft.Network/privateDnsZones", "privatelink.blob.core.windows.net")
    store = ground.simulation.arm.cloud.store
    (link,) = [
        one.id
        for one in store.everything()
        if one.id.lower().startswith(f"{zone.lower()}/virtualnetworklinks/")
    ]
    ground.write("DELETE", link, api_versions.PRIVATE_DNS)


def _ip_group(ground: Drifting) -> None:
    """A range of somebody's own in a group that a firewall rule names."""
    store = ground.simulation.arm.cloud.store
    groups = [one for one in store.everything() if one.type == "Microsoft.Network/ipGroups"]
    body = {
        "location": groups[0].location,
        "tags": groups[0].body.get("tags", {}),
        "properties": {"ipAddresses": ["10.99.0.0/24"]},
    }
    ground.write("PUT", groups[0].id, NETWORK, body)


def _role(ground: Drifting) -> None:
    """The other tenant's workload may write into this one's group."""
    outputs = ground.simulation.world.documents.operations[ground.records[1].operation_id]
    principal = outputs["outputs"]["identity:workload"]["principalId"]
    group = ground.planned("resource-group:workload").id
    subscription = "/".join(group.split("/")[:3])
    role = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"
    path = arm_id(group, "Microsoft.Authorization/roleAssignments", ROGUE)
    properties = {
        "principalId": principal,
        "principalType": "ServicePrincipal",
        "roleDefinitionId": role,
    }
    ground.write("PUT", path, api_versions.AUTHORIZATION, {"properties": properties})


_INBOUND: Final = {
    "priority": 110,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "Internet",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}
_OPEN: Final = {"publicNetworkAccess": "Enabled"}

DRIFTS: Final[dict[str, Drift]] = {
    "tag-stripped": Drift("required-tags", _tags("Delete", {"costCenter": ""}, "storage")),
    "tag-changed": Drift("required-tags", _tags("Merge", {"owner": "nobody"}, "vault")),
    "storage-opened": Drift("public-network-access", patched("storage", **_OPEN)),
    "vault-opened": Drift("public-network-access", patched("vault", **_OPEN)),
    "ai-opened": Drift("public-network-access", patched("ai:language", **_OPEN)),
    "database-opened": Drift(
        "public-network-access", patched("postgresql", network={"publicNetworkAccess": "Enabled"})
    ),
    "shared-key": Drift("storage-security", patched("storage", allowSharedKeyAccess=True)),
    "public-blobs": Drift("storage-security", patched("storage", allowBlobPublicAccess=True)),
    "old-tls": Drift("storage-security", patched("storage", minimumTlsVersion="TLS1_0")),
    "public-ip": Drift("public-ip", _public_ip),
    "inbound": Drift(
        "internet-inbound", _child("security-group:aks", "securityRules", "rogue", _INBOUND)
    ),
    "spokes-peered": Drift("foreign-peering", _peering),
    "default-route": Drift(
        "forced-tunnelling", _deleted_child("route-table", "routes", "default-to-firewall")
    ),
    "zone-group": Drift("private-endpoint-dns", deleted("dns:storage")),
    "record": Drift("private-endpoint-dns", _record),
    "zone-link": Drift("hub-drift", _zone_link),
    "ip-group": Drift("hub-drift", _ip_group),
    "diagnostics": Drift("monitoring", deleted("diagnostics:vault")),
    "event-subscription": Drift("monitoring", deleted("event-subscription")),
    "cross-tenant-role": Drift("cross-tenant-role", _role),
}
"""By name; each rule that can be broken by one change is among them."""
