"""The hub's desired state, rendered from its members: a pure function of their set."""

import hashlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from landing_zone import naming
from landing_zone.arm_ids import normalized
from landing_zone.hub import Hub
from landing_zone.hub_state.bounds import require_bounds
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import Lane, Member
from landing_zone.hub_state.profiles import PROFILES
from landing_zone.planning import api_versions
from landing_zone.planning.network import peering_properties
from landing_zone.planning.node_subnets import (
    node_subnet_id,
    node_subnet_properties,
    security_group,
    security_group_id,
)

PREFIX: Final = "spokewright-"
"""How the names of all begin that the reconciler may remove."""

_IP_GROUPS: Final = "Microsoft.Network/ipGroups"
_RULE_GROUPS: Final = "Microsoft.Network/firewallPolicies/ruleCollectionGroups"
_PROFILES_PRIORITY: Final = 1000
_FQDNS_PRIORITY: Final = 2000
_HTTPS: Final = ({"protocolType": "Https", "port": 443},)


class Item(NamedTuple):
    """One resource that should be there.

    Attributes:
        id: ARM id.
        api_version: The pinned api-version.
        body: What is sent.
        members: Whom it is for, by their names in the lane.
    """

    id: str
    api_version: str
    body: dict[str, Any]
    members: frozenset[str]


type Desired = dict[str, Item]
"""The items by normalized id, each after all that it refers to."""


def desired_state(
    hub: Hub, lane: Lane, members: Iterable[Member], settings: HubSettings
) -> Desired:
    """What should be there of one lane of a hub.

    Raises:
        PermanentError: It would break a limit of the hub (`HubLimitReached`), or the hub offers no
            node pools any more and a tenant has one (`NodePoolsNotOffered`).
    """
    ordered = sorted(members, key=lambda member: member.name)
    match lane:
        case "firewall":
            items = [
                *_ip_groups(hub, ordered),
                *_profile_rules(hub, ordered),
                *_own_rules(hub, ordered, settings),
            ]
        case "network":
            items = [*_node_guard(hub, ordered), *(_own(hub, member) for member in ordered)]
        case "dns":
            items = [_link(hub, zone) for zone in hub.private_dns_zones]
    require_bounds(hub, lane, [item.body for item in items])
    return {normalized(item.id): item for item in items}


def shard_of(tenant_id: str, shards: int) -> int:
    """The shard that holds a tenant's own names: it depends on nobody else."""
    return int.from_bytes(hashlib.sha256(tenant_id.encode()).digest()[:8]) % shards


def peering_id(hub: Hub, tenant_id: str) -> str:
    """ARM id of the hub's side of a tenant's peering."""
    return f"{hub.network_id}/virtualNetworkPeerings/{naming.hub_peering(tenant_id)}"


def own_id(hub: Hub, member: Member) -> str:
    """ARM id of what a member of the lane `network` has to itself there."""
    if member.node_subnet is None:
        return peering_id(hub, member.tenant_id)
    return node_subnet_id(hub, member.tenant_id)


def _ip_group_id(hub: Hub, profile: str) -> str:
    return hub.resource_id(_IP_GROUPS, f"{PREFIX}{hub.name}-{profile}")


def _by_profile(members: list[Member]) -> dict[str, list[Member]]:
    found = {
        profile: [member for member in members if profile in member.profiles]
        for profile in PROFILES
    }
    return {profile: users for profile, users in found.items() if users}


def _names(members: list[Member]) -> frozenset[str]:
    return frozenset(member.name for member in members)


def _ip_groups(hub: Hub, members: list[Member]) -> list[Item]:
    return [
        Item(
            _ip_group_id(hub, profile),
            api_versions.NETWORK,
            {
                "location": hub.region,
                "properties": {"ipAddresses": [str(one) for user in users for one in user.sources]},
            },
            _names(users),
        )
        for profile, users in _by_profile(members).items()
    ]


def _profile_rules(hub: Hub, members: list[Member]) -> list[Item]:
    used = _by_profile(members)
    if not used:
        return []
    collections = [
        _collection(
            profile,
            _PROFILES_PRIORITY + 100 * list(PROFILES).index(profile),
            [_rule(profile, PROFILES[profile], {"sourceIpGroups": [_ip_group_id(hub, profile)]})],
        )
        for profile in used
    ]
    names = frozenset().union(*map(_names, used.values()))
    return [_rule_group(hub, "profiles", _PROFILES_PRIORITY, collections, names)]


def _own_rules(hub: Hub, members: list[Member], settings: HubSettings) -> list[Item]:
    shards: dict[int, list[Member]] = {}
    for member in members:
        if member.fqdns:
            shards.setdefault(shard_of(member.tenant_id, settings.shards), []).append(member)
    return [
        _rule_group(
            hub,
            f"fqdns-{number}",
            _FQDNS_PRIORITY + number,
            [_collection("tenants", _FQDNS_PRIORITY, [_own_rule(user) for user in users])],
            _names(users),
        )
        for number, users in sorted(shards.items())
    ]


def _own_rule(member: Member) -> dict[str, Any]:
    source = {"sourceAddresses": [str(one) for one in member.sources]}
    return _rule(member.tenant_id, sorted(set(member.fqdns)), source)


def _rule(name: str, targets: Iterable[str], source: dict[str, Any]) -> dict[str, Any]:
    return {
        "ruleType": "ApplicationRule",
        "name": name,
        "targetFqdns": list(targets),
        "protocols": [dict(protocol) for protocol in _HTTPS],
        **source,
    }


def _collection(name: str, priority: int, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": name,
        "priority": priority,
        "action": {"type": "Allow"},
        "rules": rules,
    }


def _rule_group(
    hub: Hub,
    name: str,
    priority: int,
    collections: list[dict[str, Any]],
    members: frozenset[str],
) -> Item:
    return Item(
        hub.resource_id(_RULE_GROUPS, hub.firewall.policy, f"{PREFIX}{name}"),
        api_versions.NETWORK,
        {"properties": {"priority": priority, "ruleCollections": collections}},
        members,
    )


def _node_guard(hub: Hub, members: list[Member]) -> list[Item]:
    """The security group of all subnets of node pools, which is there before the first of them."""
    if hub.node_pools is None:
        return []
    pooled = [member for member in members if member.node_subnet is not None]
    body = security_group(hub)
    return [Item(security_group_id(hub), api_versions.NETWORK, body, _names(pooled))]


def _own(hub: Hub, member: Member) -> Item:
    """A tenant's peering, or the subnet of its node pool."""
    if member.node_subnet is None:
        properties = peering_properties(member.network_id)
    else:
        properties = node_subnet_properties(hub, member.node_subnet)
    body = {"properties": properties}
    return Item(own_id(hub, member), api_versions.NETWORK, body, frozenset({member.name}))


def _link(hub: Hub, zone: str) -> Item:
    name = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
    return Item(
        hub.resource_id(name, zone, hub.name),
        api_versions.PRIVATE_DNS,
        {
            "location": "global",
            "properties": {
                "virtualNetwork": {"id": hub.network_id},
                "registrationEnabled": False,
            },
        },
        frozenset(),
    )
