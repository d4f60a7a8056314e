"""One look at a lane of a hub: who has what it asked for, and what is to be written next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from landing_zone.applying import is_settling
from landing_zone.arm_ids import normalized
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub
from landing_zone.hub_state.changes import Change, changes
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import HubRow, Lane
from landing_zone.hub_state.render import Desired, desired_state
from landing_zone.hub_state.settled import is_settled, mentions


@dataclass(frozen=True)
class Look:
    """What a look found.

    Attributes:
        settled: Members that wait and have what they asked for, by their names in the lane.
        waiting: Members that go on waiting.
        todo: The writes that are due in this round, in order.
        due: Normalized ids of all that is not as it should be, in this round or not.
        busy: Normalized id of what Azure is still working on; empty where nothing is.
        users: Whom each resource is for, by normalized id.
        refused: Why those who wait cannot be served at all.
    """

    settled: frozenset[str]
    waiting: frozenset[str]
    todo: tuple[Change, ...] = ()
    due: frozenset[str] = frozenset()
    busy: str = ""
    users: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refused: PermanentError | None = None

    def concerned(self, key: str) -> frozenset[str]:
        """Those of the waiting whom a resource is for; all, where it is nobody's."""
        return self.waiting & self.users.get(key, self.waiting)


def look(
    hub: Hub,
    lane: Lane,
    rows: Iterable[HubRow],
    actual: Mapping[str, dict[str, Any]],
    settings: HubSettings,
    written: frozenset[str] = frozenset(),
    skipped: frozenset[str] = frozenset(),
) -> Look:
    """Decide.

    Args:
        hub: The hub.
        lane: The lane of it.
        rows: All its members.
        actual: What ARM holds, by normalized id.
        settings: How the tenants' own names are spread.
        written: Normalized ids that had their turn in this round: each is written once, so that
            a stream of requests for one does not hold up the others.
        skipped: Normalized ids that are not waited for any longer.
    """
    known = tuple(rows)
    asking = [row for row in known if row.state == "waiting"]
    settled = _names(row for row in asking if is_settled(hub, row, actual, settings))
    waiting = _names(asking) - settled
    leaving = [row.member for row in known if row.is_leaving]
    try:
        desired = _desired(hub, lane, known, settings)
    except PermanentError as refusal:
        return Look(settled, waiting, refused=refusal)
    due = changes(hub, lane, desired, actual, leaving)
    todo = tuple(change for change in due if normalized(change.id) not in written)
    users = {normalized(change.id): change.members for change in due}
    differing = frozenset(users)
    users |= {
        key: item.members | _leavers(hub, asking, key, actual) for key, item in desired.items()
    }
    busy = _busy(users.keys() - skipped, actual)
    return Look(settled, waiting, todo, differing, busy, users)


def _leavers(
    hub: Hub, asking: list[HubRow], key: str, actual: Mapping[str, dict[str, Any]]
) -> frozenset[str]:
    """Those who wait to be gone from a resource, or from a part of it, that others go on using."""
    body = actual.get(key, {})
    return _names(row for row in asking if mentions(hub, row.member, key, body))


def _desired(hub: Hub, lane: Lane, rows: tuple[HubRow, ...], settings: HubSettings) -> Desired:
    members = [row.member for row in rows if row.is_rendered]
    return desired_state(hub, lane, members, settings)


def _names(rows: Iterable[HubRow]) -> frozenset[str]:
    return frozenset(row.member.name for row in rows)


def _busy(ours: Iterable[str], actual: Mapping[str, dict[str, Any]]) -> str:
    """A write of a forerunner that was killed may still be under way."""
    busy = [key for key in sorted(ours) if is_settling(actual.get(key))]
    return busy[0] if busy else ""
