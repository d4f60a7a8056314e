"""Where drift, and what was found of it, is kept. Asynchronous; raises as all ports do."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from landing_zone.drift.rows import DriftRow, SeenEvent
from landing_zone.drift.tallies import NOTHING, Tally
from landing_zone.ports import Versioned
from landing_zone.remediation.exemptions import Exemption
from landing_zone.remediation.findings import Finding
from landing_zone.remediation.owners import Owner


class Noted(NamedTuple):
    """What noting an event came to.

    Attributes:
        row: The row that holds the event.
        fresh: Whether it was made for this event.
        again: Whether it held the event already.
    """

    row: DriftRow
    fresh: bool
    again: bool


class DriftInbox(Protocol):
    """Resources that may have drifted, a row each, until someone has looked at them."""

    async def note(self, resource_id: str, owner: Owner, event: SeenEvent) -> Noted:
        """Note an event; it joins what is noted of its resource."""
        ...

    async def get(self, resource_id: str) -> Versioned[DriftRow] | None:
        """What is noted of a resource, or None.

        It may be older than what another process has noted since: settling it then fails.
        """
        ...

    async def settle(self, row: Versioned[DriftRow], found: Tally = NOTHING) -> bool:
        """Remove a row whose events are served; False when more have come.

        The events, and what was found, are counted with it or not at all.
        """
        ...

    async def count(self, tally: Tally) -> None:
        """Count events that came to their end without a row."""
        ...

    async def rows(self) -> list[DriftRow]:
        """All that is noted."""
        ...

    async def tallies(self) -> dict[str, dict[str, int]]:
        """How many events came to which end, by day."""
        ...

    async def tidy(self, now: datetime) -> int:
        """Add up tallies that nobody writes any more; how many rows fewer there are.

        Those of a day become one a shard, those of long ago one of all days. No count changes.
        """
        ...


class FindingStore(Protocol):
    """What was found, a row for each resource that was looked at and was not always right."""

    async def of(self, owner: str, resource_id: str) -> Versioned[tuple[Finding, ...]]:
        """The findings about a resource and its parts; none, with an empty ETag, where none are."""
        ...

    async def put(
        self, owner: str, resource_id: str, findings: Sequence[Finding], etag: str
    ) -> str | None:
        """Replace them; the new ETag, or None when someone else was first."""
        ...

    def all(self, owner: str = "") -> AsyncIterator[Finding]:
        """All findings, or those of one owner."""
        ...

    async def forget(self, before: datetime) -> int:
        """Remove findings that were over before that time; how many."""
        ...


class ExemptionStore(Protocol):
    """The exemptions."""

    async def all(self) -> list[Exemption]:
        """All of them, the expired ones too."""
        ...

    async def put(self, exemption: Exemption) -> None:
        """Grant one, or change the one of its id."""
        ...

    async def remove(self, exemption_id: str) -> bool:
        """Take one back; False when there was none."""
        ...
