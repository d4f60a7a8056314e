"""What is noted of drift and what was found of it, in dictionaries with versions."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from azure_adapters.drift_draft import Draft
from landing_zone.clock import Clock
from landing_zone.drift.ports import Noted
from landing_zone.drift.retention import still_told
from landing_zone.drift.rows import DriftRow, SeenEvent, key_of
from landing_zone.drift.tallies import NOTHING, Tally, day_of
from landing_zone.ports import Versioned
from landing_zone.remediation.exemptions import Exemption
from landing_zone.remediation.findings import Finding
from landing_zone.remediation.owners import Owner


class FakeDriftInbox:
    """Rows with ETags; `before_settle` lets a test note an event at the last moment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Versioned[DriftRow]] = {}
        self._tallies: dict[str, Counter[str]] = {}
        self._writes = 0
        self.failures: list[Exception] = []
        self.tidied: list[datetime] = []
        self.before_settle: Callable[[DriftRow], object] = lambda _: None

    async def note(self, resource_id: str, owner: Owner, event: SeenEvent) -> Noted:
        """Note an event."""
        return self.noted(resource_id, owner, event)

    def noted(self, resource_id: str, owner: Owner, event: SeenEvent) -> Noted:
        """The same, for a test."""
        draft = self._draft()
        result = draft.note(resource_id, owner, event)
        self._write(draft)
        return result

    async def get(self, resource_id: str) -> Versioned[DriftRow] | None:
        """What is noted of a resource, or None."""
        return self._known.get(key_of(resource_id))

    async def settle(self, row: Versioned[DriftRow], found: Tally = NOTHING) -> bool:
        """Remove a row, unless it has changed."""
        self.before_settle(row.value)
        draft = self._draft()
        result = draft.settle(row, found)
        self._write(draft)
        return result

    async def count(self, tally: Tally) -> None:
        """Count something."""
        draft = self._draft()
        draft.count(tally)
        self._write(draft)

    async def rows(self) -> list[DriftRow]:
        """All that is noted."""
        return [row.value for row in self._known.values()]

    async def tallies(self) -> dict[str, dict[str, int]]:
        """How many came to which end, by day."""
        return {day: dict(tally) for day, tally in self._tallies.items()}

    async def tidy(self, now: datetime) -> int:
        """Nothing is to be added up: there is one tally a day."""
        self.tidied.append(now)
        return 0

    @property
    def today(self) -> dict[str, int]:
        """How many came to which end today."""
        return dict(self._tallies.get(day_of(self._clock.now()), {}))

    def _draft(self) -> Draft:
        if self.failures:
            raise self.failures.pop(0)
        return Draft(self._known, self._clock.now())

    def _write(self, draft: Draft) -> None:
        for key, row in draft.after.items():
            self._writes += 1
            if row is None:
                del self._known[key]
            else:
                self._known[key] = Versioned(row, f"etag-{self._writes}")
        if draft.tally:
            self._tallies.setdefault(day_of(self._clock.now()), Counter()).update(draft.tally)


class FakeFindings:
    """Findings with ETags; `before_put` lets a test be the other writer."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Versioned[tuple[Finding, ...]]] = {}
        self.writes = 0
        self.failures: list[Exception] = []
        self.before_put: Callable[[], object] = lambda: None

    async def of(self, owner: str, resource_id: str) -> Versioned[tuple[Finding, ...]]:
        """The findings about a resource."""
        return self.rows.get((owner, key_of(resource_id)), Versioned((), ""))

    async def put(
        self, owner: str, resource_id: str, findings: Sequence[Finding], etag: str
    ) -> str | None:
        """Replace them, unless they have changed."""
        self.before_put()
        if self.failures:
            raise self.failures.pop(0)
        key = (owner, key_of(resource_id))
        if self.rows.get(key, Versioned((), "")).etag != etag:
            return None
        self.writes += 1
        self.rows[key] = Versioned(tuple(findings), f"etag-{self.writes}")
        return f"etag-{self.writes}"

    async def all(self, owner: str = "") -> AsyncIterator[Finding]:
        """All findings, or those of one owner."""
        for (name, _), row in sorted(self.rows.items()):
            if owner in ("", name):
                for finding in row.value:
                    yield finding

    async def forget(self, before: datetime) -> int:
        """Remove findings that were over before that time."""
        forgotten = 0
        for key, row in list(self.rows.items()):
            left = still_told(row.value, before)
            forgotten += len(row.value) - len(left)
            self.rows[key] = Versioned(left, row.etag)
        return forgotten


class FakeExemptions:
    """Exemptions by id."""

    def __init__(self) -> None:
        self.rows: dict[str, Exemption] = {}

    async def all(self) -> list[Exemption]:
        """All of them."""
        return list(self.rows.values())

    async def put(self, exemption: Exemption) -> None:
        """Grant one."""
        self.rows[exemption.id] = exemption

    async def remove(self, exemption_id: str) -> bool:
        """Take one back."""
        return self.rows.pop(exemption_id, None) is not None
