"""Tenants with all that rules know of them, and their resources as ARM would answer them."""

import copy
from collections.abc import Mapping
from typing import Any

from landing_zone.arm_ids import normalized
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import LANES, Member
from landing_zone.hub_state.render import desired_state
from landing_zone.plan import Plan
from landing_zone.planning import plan
from landing_zone.references import Outputs
from landing_zone.remediation.ground import Directory, Ground
from landing_zone.remediation.kinds import KINDS
from landing_zone.remediation.model import Facts, Read
from landing_zone.remediation.preparing import (
    KnownTenant,
    directory_of,
    hub_ground,
    tenant_ground,
)
from tests.fakes import HUBS, example_request
from tests.unit.hub_members import firewall, peered, pooled
from tests.unit.planned import HUB, reservation_for
from tests.unit.planned_whole import EVERYTHING, outputs_of
from tests.unit.strategies import TIERS

type World = dict[str, dict[str, Any]]
"""What ARM holds, by normalized id; subnets, peerings, rules and routes stand in their parents."""

EMBEDDED = ("virtualnetworkpeerings", "subnets", "securityrules", "routes")


def tenant(tier: str = "namespace", number: int = 1, **changes: Any) -> KnownTenant:
    """A tenant that has everything, its subscription and identities numbered."""
    request = example_request(
        **{
            "tenantId": f"tenant-{number}",
            "isolation": tier,
            "owner": {"group": group_of(number), "email": f"t{number}@contoso.com"},
            "access": {"contributors": [], "readers": []},
            **EVERYTHING,
            **changes,
        }
    )
    made = plan(request, HUBS, HUB, reservation_for(request, number))
    return KnownTenant(request, made, outputs(made, number))


def group_of(number: int) -> str:
    """Object id of the owners of a tenant."""
    return f"55555555-0000-4000-8000-{number:012d}"


def outputs(made: Plan, number: int) -> Outputs:
    """What its resources yield: ids of its own."""
    known = {key: dict(values) for key, values in outputs_of(made).items()}
    known["subscription"] = {"subscriptionId": f"0c0ffee0-0000-4000-8000-{number:012d}"}
    for index, (_, values) in enumerate(sorted(known.items())):
        if "principalId" in values:
            values["principalId"] = f"66666666-{index:04d}-4000-8000-{number:012d}"
    return known


TENANTS = tuple(tenant(tier, number) for number, tier in enumerate(TIERS, start=1))
DIRECTORY: Directory = directory_of(HUBS, TENANTS)
GROUNDS = tuple(tenant_ground(one, HUB, DIRECTORY) for one in TENANTS)

MEMBERS: Mapping[str, list[Member]] = {
    "firewall": [firewall(1, "azure", fqdns=("a.contoso.com",)), firewall(2, "azure", "github")],
    "network": [peered(1), peered(2), pooled(3)],
    "dns": [],
}
HUB_GROUND: Ground = hub_ground(
    HUB,
    DIRECTORY,
    {lane: desired_state(HUB, lane, MEMBERS[lane], HubSettings()) for lane in LANES},
    TENANTS,
)


def world_of(ground: Ground) -> World:
    """What ARM holds of a planned tenant, and nothing else."""
    world: World = {}
    for key, item in ground.plan.items():
        body = {"id": item.id, "name": item.name, "type": item.type, **copy.deepcopy(item.body)}
        parent, _, segment = key.rpartition("/")[0].rpartition("/")
        if segment in EMBEDDED:
            world[parent]["properties"].setdefault("virtualNetworkPeerings", []).append(body)
        else:
            world[key] = body
            _name_children(body)
    for group in [one for key, one in world.items() if "/privatednszonegroups/" in key]:
        keep_records(world, group)
    return world


def _name_children(body: dict[str, Any]) -> None:
    for name in ("subnets", "securityRules", "routes"):
        for child in body.get("properties", {}).get(name, ()):
            child["id"] = f"{body['id']}/{name}/{child['name']}"


def keep_records(world: World, group: dict[str, Any]) -> None:
    """As Azure does when a zone group is written."""
    endpoint = world[normalized(group["id"]).rpartition("/privatednszonegroups/")[0]]
    connection = endpoint["properties"]["privateLinkServiceConnections"][0]["properties"]
    name = connection["privateLinkServiceId"].rpartition("/")[2].lower()
    for one in group["properties"]["privateDnsZoneConfigs"]:
        record = f"{normalized(one['properties']['privateDnsZoneId'])}/a/{name}"
        one["properties"]["recordSets"] = [
            {"recordType": "A", "recordSetName": name, "ipAddresses": ["10.16.3.4"]}
        ]
        world[record] = {"properties": {"aRecords": [{"ipv4Address": "10.16.3.4"}]}}


def facts_of(world: World, ground: Ground, resource_id: str, *about: str) -> Facts:
    """The facts of one look, before any further read."""
    key = normalized(resource_id)
    kind = kind_of(key)
    told = frozenset(map(normalized, about))
    return Facts(key, kind, copy.deepcopy(world.get(key)), ground, told)


def kind_of(key: str) -> str:
    """The type of an id, which is looked at by itself."""
    found = next((kind for kind in KINDS if _is_of(key, kind)), "")
    assert found, key
    return found


def _is_of(key: str, kind: str) -> bool:
    if kind == "microsoft.resources/subscriptions":
        return key.count("/") == 2
    if kind == "microsoft.resources/resourcegroups":
        return key.count("/") == 4
    provider, *segments = kind.split("/")
    rest = key.rpartition("/providers/")[2].split("/")
    return [rest[0], *rest[1::2]] == [provider, *segments] and len(rest) % 2 == 1


def answer(world: World, read: Read) -> Any:
    """What ARM answers to a read."""
    key = normalized(read.path)
    if read.kind == "get":
        return copy.deepcopy(world.get(key))
    parent, _, segment = key.rpartition("/")
    if segment in EMBEDDED:
        properties = world.get(parent, {}).get("properties", {})
        found = {name.lower(): value for name, value in properties.items()}.get(segment, [])
        return copy.deepcopy(found)
    start = f"{key}/"
    return [
        copy.deepcopy(body)
        for one, body in sorted(world.items())
        if one.startswith(start) and "/" not in one[len(start) :]
    ]
