"""What lets the automation make indexes on a hub's search service: its own set-up of a hub."""

import uuid
from typing import Any

from landing_zone.arm_ids import arm_id
from landing_zone.hub import Hub
from localcloud.arm.behaviours.endpoints import ENDPOINT, ZONE_GROUP
from localcloud.arm.seed_writing import write
from localcloud.arm.state.records import Record
from localcloud.arm.world import Cloud

_NETWORK = "2025-09-01"
_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
_SEARCH = "Microsoft.Search/searchServices"
_ZONE = "privatelink.search.windows.net"
_SUBNET = "private-endpoints"
_CONTRIBUTOR = "7ca78c08-252a-4471-8644-bb5ff32d4ba0"  # Search Service Contributor
_SPACE = uuid.UUID("2d3a1c55-7f0e-4d2b-9a57-4f5b7f1f6e02")
_DAY = 86_400.0


def open_search(cloud: Cloud, hub: Hub) -> None:
    """A role for the automation, and a private endpoint where the hub has the ground for it."""
    service = hub.resource_id(_SEARCH, hub.shared_services.search)
    cloud.store.put(_role(cloud, service))
    subnets = {subnet.name for subnet in hub.network.subnets}
    if _SUBNET in subnets and _ZONE in hub.private_dns_zones:
        _connect(cloud, hub, service)


def _role(cloud: Cloud, service: str) -> Record:
    """The automation's role, given long ago: it is in effect."""
    principal = str(cloud.hub.automation_principal_id)
    definition = f"Microsoft.Authorization/roleDefinitions/{_CONTRIBUTOR}"
    scope = "/".join(service.split("/")[:3])
    properties: dict[str, Any] = {
        "roleDefinitionId": f"{scope}/providers/{definition}",
        "principalId": principal,
        "principalType": "ServicePrincipal",
        "scope": service,
    }
    made = cloud.now() - _DAY
    name = str(uuid.uuid5(_SPACE, f"{service.lower()}/{principal}"))
    return Record(
        arm_id(service, _ASSIGNMENT, name),
        _ASSIGNMENT,
        {"properties": properties},
        created=made,
        changed=made,
    )


def _connect(cloud: Cloud, hub: Hub, service: str) -> None:
    name = f"pe-{hub.shared_services.search}"
    connection = {
        "name": "searchService",
        "properties": {"privateLinkServiceId": service, "groupIds": ["searchService"]},
    }
    properties = {
        "subnet": {"id": f"{hub.network_id}/subnets/{_SUBNET}"},
        "privateLinkServiceConnections": [connection],
        # Azure would give it a name by chance: a starting state is always the same.
        "customNetworkInterfaceName": f"nic-{name}",
    }
    endpoint = {"location": hub.region, "properties": properties}
    write(cloud, hub.resource_id(ENDPOINT, name), _NETWORK, endpoint)
    zone = {
        "name": "search",
        "properties": {
            "privateDnsZoneId": hub.resource_id("Microsoft.Network/privateDnsZones", _ZONE)
        },
    }
    group = {"properties": {"privateDnsZoneConfigs": [zone]}}
    write(cloud, hub.resource_id(ZONE_GROUP, name, "default"), _NETWORK, group)
