"""Which collections of ARM a lane is compared with, and what of them is looked at."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from landing_zone.arm_ids import normalized, same_id
from landing_zone.differences import value_at
from landing_zone.hub import Hub
from landing_zone.hub_state.members import Lane
from landing_zone.hub_state.render import PREFIX
from landing_zone.planning import api_versions
from landing_zone.planning.node_subnets import security_group_id


class Collection(NamedTuple):
    """A list of ARM.

    Attributes:
        path: Its path.
        api_version: The pinned api-version.
    """

    path: str
    api_version: str


def collections(hub: Hub, lane: Lane) -> list[Collection]:
    """What is to be read of a lane."""
    match lane:
        case "firewall":
            policy = hub.resource_id("Microsoft.Network/firewallPolicies", hub.firewall.policy)
            groups = f"{hub.resource_group_id}/providers/Microsoft.Network/ipGroups"
            paths = [groups, f"{policy}/ruleCollectionGroups"]
        case "network":
            paths = [f"{hub.network_id}/virtualNetworkPeerings"]
            if hub.node_pools is not None:
                paths += [_collection_of(security_group_id(hub)), f"{hub.network_id}/subnets"]
        case "dns":
            paths = [f"{_zone(hub, zone)}/virtualNetworkLinks" for zone in hub.private_dns_zones]
    version = api_versions.PRIVATE_DNS if lane == "dns" else api_versions.NETWORK
    return [Collection(path, version) for path in paths]


def actual_state(
    hub: Hub, lane: Lane, bodies: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What is there, by normalized id: of the firewall only what bears our prefix."""
    found = {normalized(str(body["id"])): dict(body) for body in bodies}
    match lane:
        case "firewall":
            return {key: body for key, body in found.items() if _is_ours(key)}
        case "network":
            return found
        case "dns":
            return _links(hub, found)


def _is_ours(key: str) -> bool:
    return key.rpartition("/")[2].startswith(PREFIX)


def _links(hub: Hub, found: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The links of the hub network under the names that we give them: a zone takes one."""
    return {
        f"{key.rpartition('/')[0]}/{hub.name}": body
        for key, body in found.items()
        if same_id(str(value_at(body, "properties.virtualNetwork.id")), hub.network_id)
    }


def _collection_of(resource_id: str) -> str:
    return resource_id.rpartition("/")[0]


def _zone(hub: Hub, zone: str) -> str:
    return hub.resource_id("Microsoft.Network/privateDnsZones", zone)
