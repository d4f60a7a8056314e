"""How many refusals are written to the audit: enough to tell a story, too few to fill a store.

Who sends requests without end is refused without end, and each entry is a write. So each caller has
a budget of its own, all whom nobody vouches for share one, and all others together have another.
What is not written is counted, and the next entry of that caller says how many there were. So a
flood of strangers hides nobody else's attempts.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from landing_zone.access.principal import Principal


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget of entries.

    Attributes:
        size: How many at once.
        every: Seconds after which there is one more.
    """

    size: int
    every: float


STRANGERS: Final = Limit(60, 10.0)
"""All callers whom nobody vouches for together: 8,700 entries a day at most."""

EACH: Final = Limit(60, 30.0)
"""One principal: 2,940 entries a day at most."""

ALL: Final = Limit(600, 2.0)
"""All principals together: 43,800 entries a day at most."""

MOST_CALLERS: Final = 1_000
"""Principals that are remembered; the one that was refused longest ago is forgotten first."""


class _Budget:
    """One budget, filled as time passes."""

    def __init__(self, limit: Limit, now: datetime) -> None:
        self._limit = limit
        self._left = float(limit.size)
        self._at = now
        self.unwritten = 0

    def has_one(self, now: datetime) -> bool:
        """Whether there is an entry left."""
        earned = max(0.0, (now - self._at).total_seconds()) / self._limit.every
        self._left = min(float(self._limit.size), self._left + earned)
        self._at = max(self._at, now)
        return self._left >= 1.0

    def take(self) -> None:
        """Take one."""
        self._left -= 1.0


class RefusalBudget:
    """The budgets of one process; it does not outlive it, and neither do its counts."""

    def __init__(self) -> None:
        self._all: _Budget | None = None
        self._callers: OrderedDict[str, _Budget] = OrderedDict()

    def spend(self, principal: Principal | None, now: datetime) -> int | None:
        """Take an entry for a refusal of a caller.

        Args:
            principal: Who it is; None for one whom nobody vouches for.
            now: The time.

        Returns:
            How many earlier ones of the caller went unwritten; None where this one does, too.
        """
        own = self._budget_of(principal, now)
        together = self._together(now) if principal else None
        if not own.has_one(now) or (together and not together.has_one(now)):
            own.unwritten += 1
            return None
        own.take()
        if together:
            together.take()
        unwritten, own.unwritten = own.unwritten, 0
        return unwritten

    def give_back(self, principal: Principal | None, unwritten: int) -> None:
        """Count again what was to be written and could not be, with what it would have told."""
        own = self._callers.get(_name_of(principal))
        if own is not None:
            own.unwritten += unwritten + 1

    def _together(self, now: datetime) -> _Budget:
        if self._all is None:
            self._all = _Budget(ALL, now)
        return self._all

    def _budget_of(self, principal: Principal | None, now: datetime) -> _Budget:
        name = _name_of(principal)
        found = self._callers.get(name)
        if found is None:
            found = self._callers[name] = _Budget(EACH if principal else STRANGERS, now)
        self._callers.move_to_end(name)
        if len(self._callers) > MOST_CALLERS:
            del self._callers[next(one for one in self._callers if one)]
        return found


def _name_of(principal: Principal | None) -> str:
    """Whose budget it is; strangers have the empty name, which is never forgotten."""
    return str(principal.id) if principal else ""
