"""The audit chains: a partition a tenant, a row a record; the head row says where one ends.

Entries of one tenant that come at once are written together: one transaction instead of one each.
Where this process wrote the end of a chain itself, it goes on from there without reading, and the
head row's ETag tells when another process was there in between.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from azure_adapters.long_text import joined, split
from azure_adapters.rows import etag_of, read_row
from azure_adapters.storage_errors import storage_errors
from azure_adapters.together import Together
from azure_adapters.transactions import HEAD, commit_at
from landing_zone.audit import AuditEntry, AuditRecord, chain
from landing_zone.errors import TemporaryError

ATTEMPTS: Final = 20
# A transaction takes a hundred rows and 4 MiB (learn: performing-entity-group-transactions): the
# head, and two rows an entry.
MOST_TOGETHER: Final = 40
MOST_CHARACTERS: Final = 500_000
KNOWN_ENDS: Final = 1_000


@dataclass(frozen=True, slots=True)
class _End:
    """Where a chain ends: the head row's ETag, and the last record; None for an empty chain."""

    etag: str | None
    record: AuditRecord | None


@dataclass(eq=False, slots=True)
class _Waiting:
    """An entry that is to be written, and its record once it is."""

    entry: AuditEntry
    record: AuditRecord | None = None

    @property
    def served(self) -> bool:
        """Whether it is written."""
        return self.record is not None


class TableAuditLog:
    """`AuditLog` over a table."""

    def __init__(self, table: TableClient) -> None:
        """Use a table that exists."""
        self._table = table
        self._together = Together(self._write, _batch)
        self._ends: OrderedDict[str, _End] = OrderedDict()

    async def append(self, entry: AuditEntry) -> AuditRecord:
        """Add an entry; one of the same event id is added once.

        Raises:
            TemporaryError: Other writers were first each time.
        """
        own = _Waiting(entry)
        await self._together.join(entry.tenant_id, own)
        if own.record is None:
            raise AssertionError("whoever is served has a record")
        return own.record

    async def _write(self, tenant: str, batch: Sequence[_Waiting]) -> None:
        """Write some entries together.

        Raises:
            TemporaryError: Other writers were first each time.
        """
        for _ in range(ATTEMPTS):
            end = self._ends.pop(tenant, None)
            if end is None:
                end = await self._read_end(tenant)
                await asyncio.gather(*(self._find(item) for item in batch))
            if await self._chained(tenant, end, batch):
                return
        raise TemporaryError("AuditBusy", f"others were first on the chain of {tenant}")

    async def _read_end(self, tenant: str) -> _End:
        head = await read_row(self._table, tenant, HEAD)
        if head is None:
            return _End(None, None)
        return _End(etag_of(head), await self._record(tenant, int(head["Sequence"])))

    async def _find(self, item: _Waiting) -> None:
        """Take over the record of an event that is noted already."""
        tenant = item.entry.tenant_id
        noted = await read_row(self._table, tenant, _marker(item.entry))
        if noted is not None:
            item.record = await self._record(tenant, int(noted["Sequence"]))

    async def _chained(self, tenant: str, end: _End, batch: Sequence[_Waiting]) -> bool:
        """Put what is not noted yet at the end; False when it is not the end any more.

        An event that is noted already refuses the whole transaction, as another writer does.
        """
        made: dict[str, AuditRecord] = {}
        last = end.record
        for item in batch:
            if item.record is None and item.entry.event_id not in made:
                last = made[item.entry.event_id] = chain(item.entry, last)
        if last is None or not made:
            self._remember(tenant, end)
            return True
        rows = [row for record in made.values() for row in _rows(record)]
        values = {"Sequence": last.sequence, "Hash": last.hash}
        etag = await commit_at(self._table, tenant, end.etag, values, create=rows)
        if etag is None:
            return False
        for item in batch:
            item.record = item.record or made[item.entry.event_id]
        self._remember(tenant, _End(etag, last))
        return True

    def _remember(self, tenant: str, end: _End) -> None:
        self._ends[tenant] = end
        while len(self._ends) > KNOWN_ENDS:
            self._ends.popitem(last=False)

    async def last(self, tenant_id: str) -> AuditRecord | None:
        """The chain's last record, or None where there is none."""
        return (await self._read_end(tenant_id)).record

    async def _record(self, tenant: str, sequence: int) -> AuditRecord:
        row = await read_row(self._table, tenant, _row_key(sequence))
        if row is None:
            raise TemporaryError("AuditRecordMissing", f"{tenant} has no record {sequence}")
        return _parsed(row)

    async def read(self, tenant_id: str) -> AsyncIterator[AuditRecord]:
        """The tenant's records, first to last."""
        query = "PartitionKey eq @tenant and RowKey ge 'record:' and RowKey lt 'record;'"
        async with storage_errors():
            found = self._table.query_entities(query, parameters={"tenant": tenant_id})
            async for row in found:
                yield _parsed(row)


def _batch(waiting: Sequence[_Waiting]) -> list[_Waiting]:
    """The first of those that wait, as many as one transaction takes."""
    found: list[_Waiting] = []
    size = 0
    for item in waiting:
        size += sum(map(len, (*item.entry.details.values(), item.entry.resource)))
        if found and (size > MOST_CHARACTERS or len(found) == MOST_TOGETHER):
            break
        if item.record is None:
            found.append(item)
    return found


def _rows(record: AuditRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        {"RowKey": _row_key(record.sequence), **split("Record", record.model_dump_json())},
        {"RowKey": _marker(record.entry), "Sequence": record.sequence},
    )


def _marker(entry: AuditEntry) -> str:
    return f"event:{entry.event_id}"


def _row_key(sequence: int) -> str:
    return f"record:{sequence:012d}"


def _parsed(row: TableEntity) -> AuditRecord:
    return AuditRecord.model_validate_json(joined("Record", row))
