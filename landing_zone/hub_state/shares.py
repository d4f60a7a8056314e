"""What a hub holds of one tenant, told without what it holds of others."""

from collections.abc import Iterator, Mapping
from typing import Any

from landing_zone.arm_ids import normalized
from landing_zone.differences import Difference, value_at
from landing_zone.hub import Hub
from landing_zone.hub_state.comparing import is_broken, is_same
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import Member
from landing_zone.hub_state.profiles import PROFILES
from landing_zone.hub_state.render import own_id
from landing_zone.hub_state.settled import Actual, is_held, mentions, own_items, rules


def firewall_share(
    hub: Hub, member: Member, former: Member | None, actual: Actual, settings: HubSettings
) -> dict[str, Any] | None:
    """What the firewall holds of a tenant, in the form of the planned body; None for nothing.

    Args:
        hub: The hub.
        member: What the tenant is to have.
        former: What it was to have before, where that is known: of its ranges, some may be left.
        actual: What ARM holds of the lane, by normalized id.
        settings: How the tenants' own names are spread.
    """
    known = dict.fromkeys((*member.sources, *(former.sources if former else ())))
    sources = tuple(
        one
        for one in known
        if _is_mentioned(hub, member.model_copy(update={"sources": (one,)}), actual)
    )
    if not sources:
        return None
    found = member.model_copy(update={"sources": sources})
    return {
        "sources": [str(one) for one in sources],
        "profiles": sorted(_profiles(hub, found, actual, settings)),
        "fqdns": sorted(_names(found, actual)),
    }


def _is_mentioned(hub: Hub, member: Member, actual: Actual) -> bool:
    return any(mentions(hub, member, key, body) for key, body in actual.items())


def _profiles(hub: Hub, member: Member, actual: Actual, settings: HubSettings) -> Iterator[str]:
    """Those that it has whole; and those, wanted no longer, of which it has anything."""
    for profile in PROFILES:
        alone = member.model_copy(update={"profiles": (profile,), "fqdns": ()})
        if is_held(hub, alone, actual, settings):
            yield profile
        elif profile not in member.profiles:
            groups = {key: actual[key] for key in own_items(hub, alone, settings) if key in actual}
            if _is_mentioned(hub, member, groups):
                yield profile


def _names(member: Member, actual: Actual) -> set[str]:
    """The names of its own that its rule lets through."""
    own = {str(one) for one in member.sources}
    return {
        str(name)
        for body in actual.values()
        for rule in rules(body.get("properties", {}))
        if rule.get("name") == member.tenant_id
        and not own.isdisjoint(rule.get("sourceAddresses", ()))
        for name in rule.get("targetFqdns", ())
    }


def network_shortfalls(hub: Hub, member: Member, body: Mapping[str, Any]) -> Iterator[Difference]:
    """In what the tenant's own peering or subnet of the hub network is not as it should be.

    Args:
        hub: The hub.
        member: What the tenant is to have, in the lane `network`.
        body: What ARM holds of it.

    Raises:
        PermanentError: The hub offers no node pools (`NodePoolsNotOffered`).
    """
    item = own_items(hub, member, HubSettings())[normalized(own_id(hub, member))]
    if is_broken(dict(body)):
        peering = "properties.peeringState"
        state = value_at(body, peering)
        if state == "Disconnected":
            yield Difference(peering, "Connected", state)
        else:
            path = "properties.provisioningState"
            yield Difference(path, "Succeeded", value_at(body, path))
    for name, value in item.body["properties"].items():
        path = f"properties.{name}"
        if not is_same(value, value_at(body, path)):
            yield Difference(path, value, value_at(body, path))
