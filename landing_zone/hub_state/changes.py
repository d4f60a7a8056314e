"""The writes that lead from what ARM holds to the desired state, in an order that ARM accepts."""

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, NamedTuple

from landing_zone.arm_ids import normalized
from landing_zone.hub import Hub
from landing_zone.hub_state.comparing import is_broken, is_same
from landing_zone.hub_state.members import Lane, Member
from landing_zone.hub_state.render import PREFIX, Desired, own_id
from landing_zone.planning import api_versions

type Actual = Mapping[str, dict[str, Any]]
"""What ARM holds, by normalized id."""

_RULE_GROUPS: Final = "/rulecollectiongroups/"


class Change(NamedTuple):
    """One write.

    Attributes:
        method: PUT or DELETE.
        id: ARM id.
        api_version: The pinned api-version.
        body: What is sent.
        members: Whom it concerns, by their names in the lane.
    """

    method: Literal["PUT", "DELETE"]
    id: str
    api_version: str
    body: dict[str, Any] | None
    members: frozenset[str]

    @property
    def label(self) -> str:
        """What is written, as people read it."""
        verb = "removing " if self.method == "DELETE" else ""
        return verb + "/".join(self.id.split("/")[-2:])


def changes(
    hub: Hub, lane: Lane, desired: Desired, actual: Actual, leaving: Collection[Member]
) -> tuple[Change, ...]:
    """What is to be written, first things first: what is referred to, what refers, removals.

    Args:
        hub: The hub.
        lane: The lane of it.
        desired: What should be there.
        actual: What is there.
        leaving: Members that want to be gone.
    """
    puts = [
        Change("PUT", item.id, item.api_version, _body(item.body, actual.get(key)), item.members)
        for key, item in desired.items()
        if key not in actual or is_broken(actual[key]) or not is_same(item.body, actual[key])
    ]
    # A registry that knows nobody has lost its rows rather than all its tenants at once.
    removable = _removable(hub, lane, actual, leaving) if desired or leaving else {}
    gone = [key for key in removable if key not in desired]
    # A rule collection group refers to IP groups, so it goes first.
    gone.sort(key=lambda key: (_RULE_GROUPS not in key, key))
    removals = [
        Change("DELETE", _id(actual, key), api_versions.NETWORK, None, removable[key])
        for key in gone
    ]
    return (*puts, *removals)


def _body(wanted: dict[str, Any], actual: dict[str, Any] | None) -> dict[str, Any]:
    """The body with the tags that others put there, which a PUT would erase."""
    tags = (actual or {}).get("tags")
    return {**wanted, "tags": tags} if tags else wanted


def _id(actual: Actual, key: str) -> str:
    return str(actual[key].get("id", key))


def _removable(
    hub: Hub, lane: Lane, actual: Actual, leaving: Collection[Member]
) -> dict[str, frozenset[str]]:
    """What may be removed, and whom it concerns: of the firewall all that bears our prefix.

    Of the network only the peerings and subnets of tenants that asked for it, since one that is
    removed by mistake cuts a tenant off.
    """
    match lane:
        case "firewall":
            names = frozenset(member.name for member in leaving)
            return {key: names for key in actual if key.rpartition("/")[2].startswith(PREFIX)}
        case "network":
            known = {normalized(own_id(hub, one)): frozenset({one.name}) for one in leaving}
            return {key: known[key] for key in actual if key in known}
        case "dns":
            return {}
