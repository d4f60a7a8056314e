"""Management locks: which of them are ours, and which forbid to take something down."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from landing_zone.arm_ids import normalized
from landing_zone.differences import value_at

OUR_LOCKS: Final = "spokewright-"
"""How the names of locks begin that are ours to take away."""

_KIND: Final = "/providers/microsoft.authorization/locks/"


class Lock(NamedTuple):
    """A lock.

    Attributes:
        id: ARM id.
        level: What it forbids.
        notes: What who made it says of it.
    """

    id: str
    level: str
    notes: str

    @property
    def is_ours(self) -> bool:
        """Whether we may take it away."""
        return self.id.rpartition("/")[2].lower().startswith(OUR_LOCKS)

    @property
    def scope(self) -> str:
        """Normalized id of what it is put on."""
        return normalized(self.id).rpartition(_KIND)[0]

    @property
    def told(self) -> str:
        """Why it is in the way, for a person."""
        why = f": {self.notes}" if self.notes else ""
        return f"a lock that is not ours ({self.level}){why}"


def lock_of(item: Mapping[str, Any]) -> Lock:
    """A lock, from what Azure says of it."""
    body = dict(item)
    notes = value_at(body, "properties.notes")
    return Lock(str(body["id"]), str(value_at(body, "properties.level")), str(notes or ""))


def blocking(locks: Iterable[Lock], going: Iterable[str]) -> Iterator[Lock]:
    """The locks that forbid to take something down.

    A lock holds for all within what it is put on, and keeps what that stands in from going, too
    (learn: azure-resource-manager/management/lock-resources).

    Args:
        locks: Any locks.
        going: ARM ids of what is to go.
    """
    ids = [normalized(one) for one in going]
    for lock in locks:
        scope = lock.scope
        if any(_touches(scope, one) for one in ids):
            yield lock


def _touches(scope: str, one: str) -> bool:
    return one == scope or one.startswith(f"{scope}/") or scope.startswith(f"{one}/")
