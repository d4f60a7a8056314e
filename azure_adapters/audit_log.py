"""The audit chains: a partition a tenant, a row a record; the head row says where one ends."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Final

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from azure_adapters.long_text import joined, split
from azure_adapters.storage_errors import storage_errors
from azure_adapters.transactions import HEAD, commit, read_row
from landing_zone.audit import AuditEntry, AuditRecord, chain
from landing_zone.errors import TemporaryError

ATTEMPTS: Final = 20


class TableAuditLog:
    """`AuditLog` over a table."""

    def __init__(self, table: TableClient) -> None:
        """Use a table that exists."""
        self._table = table
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def append(self, entry: AuditEntry) -> AuditRecord:
        """Add an entry; one of the same event id is added once.

        Raises:
            TemporaryError: Other writers were first each time.
        """
        async with self._turns[entry.tenant_id]:
            for _ in range(ATTEMPTS):
                record = await self._try_append(entry)
                if record is not None:
                    return record
        raise TemporaryError("AuditBusy", f"others were first on the chain of {entry.tenant_id}")

    async def _try_append(self, entry: AuditEntry) -> AuditRecord | None:
        tenant = entry.tenant_id
        marker = f"event:{entry.event_id}"
        noted = await read_row(self._table, tenant, marker)
        if noted is not None:
            return await self._record(tenant, int(noted["Sequence"]))
        head = await read_row(self._table, tenant, HEAD)
        previous = await self._end(tenant, head)
        record = chain(entry, previous)
        rows = (
            {"RowKey": _row_key(record.sequence), **split("Record", record.model_dump_json())},
            {"RowKey": marker, "Sequence": record.sequence},
        )
        values = {"Sequence": record.sequence, "Hash": record.hash}
        written = await commit(self._table, tenant, head, values, create=rows)
        return record if written else None

    async def last(self, tenant_id: str) -> AuditRecord | None:
        """The chain's last record, or None where there is none."""
        return await self._end(tenant_id, await read_row(self._table, tenant_id, HEAD))

    async def _end(self, tenant: str, head: TableEntity | None) -> AuditRecord | None:
        return None if head is None else await self._record(tenant, int(head["Sequence"]))

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


def _row_key(sequence: int) -> str:
    return f"record:{sequence:012d}"


def _parsed(row: TableEntity) -> AuditRecord:
    return AuditRecord.model_validate_json(joined("Record", row))
