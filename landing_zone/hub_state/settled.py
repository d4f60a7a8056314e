"""Whether a tenant has what it asked for, whatever else is still to be written for others."""

from collections.abc import Iterator, Mapping
from typing import Any

from landing_zone.applying import is_settling
from landing_zone.arm_ids import normalized
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub
from landing_zone.hub_state.comparing import is_broken, is_same
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import HubRow, Member
from landing_zone.hub_state.render import Item, desired_state, own_id

type Actual = Mapping[str, dict[str, Any]]


def is_settled(hub: Hub, row: HubRow, actual: Actual, settings: HubSettings) -> bool:
    """Whether ARM holds what the row asks for and no more, or nothing where it wants to be gone.

    Who asks for less, as a tenant that is suspended, waits until the rest is gone.
    """
    if row.is_leaving:
        # What the firewall is at work on may still let out whom its body does not name any more.
        busy = row.present and any(is_settling(body) for body in actual.values())
        return not busy and not any(
            mentions(hub, row.member, key, body) for key, body in actual.items()
        )
    holds = all(
        _is_in(item, body) and not is_settling(body)
        for item, body in _with_actual(hub, row.member, actual, settings)
    )
    return holds and not _holds_more(hub, row.member, actual, settings)


def _holds_more(hub: Hub, member: Member, actual: Actual, settings: HubSettings) -> bool:
    """Whether the firewall lets a member out to anything that it does not want, or not any more."""
    if member.lane != "firewall":
        return False
    try:
        mine = own_items(hub, member, settings)
    except PermanentError:
        return False
    wanted = [rule for item in mine.values() for rule in rules(item.body["properties"])]
    return any(
        key not in mine or _lets_more_through(member, body, wanted)
        for key, body in actual.items()
        if mentions(hub, member, key, body)
    )


def _lets_more_through(
    member: Member, body: Mapping[str, Any], wanted: list[dict[str, Any]]
) -> bool:
    own = {str(one) for one in member.sources}
    return any(
        not own.isdisjoint(rule.get("sourceAddresses", ()))
        and not any(is_same(one, rule) for one in wanted)
        for rule in rules(body.get("properties", {}))
    )


def is_held(hub: Hub, member: Member, actual: Actual, settings: HubSettings) -> bool:
    """Whether ARM holds all that a member wants, though Azure may still be working on it."""
    return all(_is_in(item, body) for item, body in _with_actual(hub, member, actual, settings))


def _with_actual(
    hub: Hub, member: Member, actual: Actual, settings: HubSettings
) -> Iterator[tuple[Item | None, dict[str, Any] | None]]:
    """Each of a member's items with what is there of it; what cannot be had is not there."""
    try:
        mine = own_items(hub, member, settings)
    except PermanentError:
        yield None, None
        return
    for key, item in mine.items():
        yield item, actual.get(key)


def own_items(hub: Hub, member: Member, settings: HubSettings) -> dict[str, Item]:
    """What of the hub would be there for a member if it were alone, by normalized id.

    Raises:
        PermanentError: It cannot be had.
    """
    alone = desired_state(hub, member.lane, [member], settings)
    return {key: item for key, item in alone.items() if member.name in item.members}


def _is_in(item: Item | None, actual: dict[str, Any] | None) -> bool:
    if item is None or actual is None or is_broken(actual):
        return False
    return _holds(item.body, actual)


def _holds(wanted: Any, actual: Any) -> bool:
    """Like `is_same`, but the actual lists may hold what is for others."""
    match wanted, actual:
        case dict(), dict():
            return all(_holds(value, actual.get(name)) for name, value in wanted.items())
        case list(), list():
            return all(any(_holds(one, other) for other in actual) for one in wanted)
        case _:
            return is_same(wanted, actual)


def mentions(hub: Hub, member: Member, key: str, body: Mapping[str, Any]) -> bool:
    """Whether a resource that is there holds something of a member."""
    if member.lane == "network":
        return key == normalized(own_id(hub, member))
    properties = body.get("properties", {})
    own = {str(one) for one in member.sources}
    if not own.isdisjoint(properties.get("ipAddresses", ())):
        return True
    return any(not own.isdisjoint(rule.get("sourceAddresses", ())) for rule in rules(properties))


def rules(properties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All rules of a rule collection group."""
    for collection in properties.get("ruleCollections", ()):
        yield from collection.get("rules", ())
