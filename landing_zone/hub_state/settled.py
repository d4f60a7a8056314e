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
    """Whether ARM holds all that the row asks for or, where it wants to be gone, nothing of it."""
    if not row.present:
        return not any(mentions(hub, row.member, key, body) for key, body in actual.items())
    try:
        alone = desired_state(hub, row.member.lane, [row.member], settings)
    except PermanentError:
        return False  # what cannot be had is not there
    mine = {key: item for key, item in alone.items() if row.member.name in item.members}
    return all(_is_in(item, actual.get(key)) for key, item in mine.items())


def _is_in(item: Item, actual: dict[str, Any] | None) -> bool:
    if actual is None or is_broken(actual) or is_settling(actual):
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
    return any(not own.isdisjoint(rule.get("sourceAddresses", ())) for rule in _rules(properties))


def _rules(properties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for collection in properties.get("ruleCollections", ()):
        yield from collection.get("rules", ())
