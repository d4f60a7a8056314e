"""The audit in lists: what is noted, and the rows as readers find them."""

from collections.abc import AsyncIterator, Callable

from landing_zone.audit import AuditEntry, AuditRecord, chain
from landing_zone.audit_trail.rows import Head, KeptRow, Place, Span, key_of


class FakeAuditLog:
    """Chains in lists; `before_append` lets a test be the other writer."""

    def __init__(self) -> None:
        self.chains: dict[str, list[AuditRecord]] = {}
        self.before_append: list[AuditEntry] = []

    async def append(self, entry: AuditEntry) -> AuditRecord:
        """Add an entry; one of the same event id is added once."""
        while self.before_append:
            self._add(self.before_append.pop(0))
        return self._add(entry)

    def _add(self, entry: AuditEntry) -> AuditRecord:
        records = self.chains.setdefault(entry.tenant_id, [])
        for record in records:
            if record.entry.event_id == entry.event_id:
                return record
        records.append(chain(entry, records[-1] if records else None))
        return records[-1]

    async def last(self, tenant_id: str) -> AuditRecord | None:
        """The chain's last record, or None where there is none."""
        records = self.chains.get(tenant_id)
        return records[-1] if records else None

    async def read(self, tenant_id: str) -> AsyncIterator[AuditRecord]:
        """The tenant's records, first to last."""
        for record in self.chains.get(tenant_id, []):
            yield record

    def entries(self, tenant_id: str) -> list[AuditEntry]:
        """The tenant's entries, for a test to look at."""
        return [record.entry for record in self.chains.get(tenant_id, [])]


class FakeAuditTrail:
    """The rows of a `FakeAuditLog`, with what a test has done to them.

    Attributes:
        rows_of: What stands where, in place of what the log has there; None for nothing.
        heads: What the heads say, in place of what the log says; None for no head.
        marks: More numbers that events are marked with.
        before_head: Done before each look at a head: a test writes at that moment.
    """

    def __init__(self, log: FakeAuditLog) -> None:
        self._log = log
        self.rows_of: dict[Place, AuditRecord | None] = {}
        self.removed: set[Place] = set()
        self.heads: dict[str, Head | None] = {}
        self.marks: dict[str, list[int]] = {}
        self.before_head: Callable[[str], object] = lambda _: None

    async def head(self, chain: str) -> Head | None:
        """Where a chain ends."""
        self.before_head(chain)
        if chain in self.heads:
            return self.heads[chain]
        records = self._log.chains.get(chain)
        return Head(records[-1].sequence, records[-1].hash) if records else None

    async def row(self, place: Place) -> KeptRow | None:
        """The row at a place, or None."""
        return self._rows().get(place)

    async def rows(self, span: Span, after: Place | None = None) -> AsyncIterator[KeptRow]:
        """The rows of some chains, behind a place."""
        for place, row in sorted(self._rows().items()):
            if span.holds(place.chain) and (after is None or place > after):
                yield row

    def _rows(self) -> dict[Place, KeptRow]:
        found = {
            place: KeptRow(place, record)
            for name, records in self._log.chains.items()
            for record in records
            if (place := Place(name, key_of(record.sequence))) not in self.removed
        }
        return found | {place: KeptRow(place, record) for place, record in self.rows_of.items()}

    async def noted(self, chain: str) -> AsyncIterator[int]:
        """The numbers under which events are marked as noted."""
        for record in self._log.chains.get(chain, []):
            yield record.sequence
        for number in self.marks.get(chain, []):
            yield number
