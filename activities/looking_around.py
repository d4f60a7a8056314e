"""Looking through a tenant's plans, its subscription and its hub for anything that is left."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from activities.data import names_of
from activities.dependencies import Dependencies
from activities.offboarding import is_seen, subscription_of
from activities.routing.remains import Remains
from landing_zone.applying import bound_to_go, tags_are_back
from landing_zone.arm_ids import normalized, subscription_scope
from landing_zone.differences import value_at
from landing_zone.ends import OpenWork
from landing_zone.hub import Hub
from landing_zone.offboarding.hub_traces import Sight, roles_of
from landing_zone.offboarding.looking import principals_of
from landing_zone.plan import Resource, Undo, Write
from landing_zone.planning import api_versions
from landing_zone.references import referenced_keys
from landing_zone.tenants import TenantRecord

MOST_READS: Final = 16
"""Reads that are under way at once."""

_PEERINGS: Final = "virtualNetworkPeerings"
_OVER: Final = frozenset({"Disabled", "Warned", "Deleted"})


@dataclass
class Found:
    """What was found, and where it was looked.

    Attributes:
        open: What is left.
        looked_at: How many things were looked at, by where.
        ids: What was looked for.
    """

    open: list[OpenWork] = field(default_factory=list)
    looked_at: dict[str, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    @property
    def left(self) -> tuple[OpenWork, ...]:
        """What is left, each thing once."""
        named = {normalized(item.resource) or item.reason: item for item in reversed(self.open)}
        return tuple(reversed(named.values()))

    def take(self, left: Iterable[OpenWork], looked_at: Mapping[str, int]) -> None:
        """Add what was found somewhere."""
        self.open += left
        for what, number in looked_at.items():
            self.looked_at[what] = self.looked_at.get(what, 0) + number


async def look_around(deps: Dependencies, record: TenantRecord, remains: Remains) -> Found:
    """What is left of all that was planned, and in the subscription."""
    found = Found()
    planned = [
        bound_to_go(one, remains.outputs)
        for made in remains.plans
        for one in made.resources
        if not one.is_read and referenced_keys(one.id) <= remains.outputs.keys()
    ]
    unique = list({normalized(one.id): one for one in planned}.values())
    found.ids |= {normalized(one.id) for one in unique}
    gate = asyncio.Semaphore(MOST_READS)

    async def there(one: Resource) -> bool:
        async with gate:
            return await _is_there(deps, one)

    states = await asyncio.gather(*map(there, unique))
    left = [
        OpenWork(key=one.key, resource=one.id, reason="it is still there")
        for one, state in zip(unique, states, strict=True)
        if state
    ]
    found.take(left, {"planned resources": len(unique)})
    subscription = subscription_of(record, remains)
    if subscription and await is_seen(deps, subscription):
        await _look_into(deps, record, remains, subscription, found)
    return found


async def _is_there(deps: Dependencies, one: Resource) -> bool:
    """Whether something that was planned is there; what others have too is looked at elsewhere."""
    if one.write is Write.REGISTER_PROVIDER or one.type.endswith("/firewallPolicies"):
        return False
    if one.write is Write.SECRET:
        # It goes with its vault.
        return False
    if one.write is Write.INDEX:
        return await deps.indexes.get(*names_of(one)) is not None
    current = await deps.arm.get(one.id, one.api_version)
    if current is None:
        return False
    if one.undo in {Undo.DELETE_TAGS, Undo.RESTORE_TAGS}:
        return not tags_are_back(one, current)
    return True


async def _look_into(
    deps: Dependencies, record: TenantRecord, remains: Remains, subscription: str, found: Found
) -> None:
    """Look through the subscription: in one that we made nothing may be, in others nothing of ours.

    Who adopted it has had something there before, and may have something else since.
    """
    scope = subscription_scope(subscription)
    vended = record.request.subscription.mode == "vend"
    groups = await deps.arm.pages(f"{scope}/resourceGroups", api_versions.RESOURCES)
    resources = await deps.arm.pages(f"{scope}/resources", api_versions.RESOURCES)
    ours = [
        OpenWork(key="subscription", resource=str(item["id"]), reason="it is in the subscription")
        for item in (*groups, *resources)
        if vended or value_at(item, "tags.tenantId") == record.tenant_id
    ]
    found.take(ours, {"resources of the subscription": len(groups) + len(resources)})
    principals = principals_of(remains.plans, remains.outputs)
    roles = await _roles(deps, scope)
    left = [
        OpenWork(key="role", resource=str(item["id"]), reason="its principal was the tenant's")
        for item in roles_of(roles, principals)
    ]
    found.take(left, {"role assignments in the subscription": len(roles)})
    if vended:
        shown = await deps.arm.get(scope, api_versions.SUBSCRIPTIONS) or {}
        if shown.get("state") not in _OVER:
            told = OpenWork(key="subscription", resource=scope, reason="it is not cancelled")
            found.take([told], {})


async def _roles(deps: Dependencies, scope: str) -> list[dict[str, Any]]:
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
    return await deps.arm.pages(path, api_versions.AUTHORIZATION)


async def sight_of(deps: Dependencies, hub: Hub) -> Sight:
    """What a hub shows."""
    pages, network = deps.arm.pages, api_versions.NETWORK
    policy = hub.resource_id("Microsoft.Network/firewallPolicies", hub.firewall.policy)
    links: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for zone in hub.private_dns_zones:
        path = hub.resource_id("Microsoft.Network/privateDnsZones", zone)
        links += await pages(f"{path}/virtualNetworkLinks", api_versions.PRIVATE_DNS)
        records += await pages(f"{path}/A", api_versions.PRIVATE_DNS)
    return Sight(
        peerings=await pages(f"{hub.network_id}/{_PEERINGS}", network),
        subnets=await pages(f"{hub.network_id}/subnets", network),
        ip_groups=await pages(
            f"{hub.resource_group_id}/providers/Microsoft.Network/ipGroups", network
        ),
        rule_groups=await pages(f"{policy}/ruleCollectionGroups", network),
        links=links,
        records=records,
        roles=await _roles(deps, subscription_scope(str(hub.subscription_id))),
    )
