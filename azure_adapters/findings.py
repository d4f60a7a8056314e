"""Findings in a storage table: a partition an owner, a row a resource with all that was found.

Rows of one owner that are written at once are written by one transaction. Where that is refused,
since another process was first on one of them, each is written by itself.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from azure.data.tables import TableEntity, UpdateMode
from azure.data.tables.aio import TableClient

from azure_adapters.batch_text import Operation
from azure_adapters.long_text import joined, split
from azure_adapters.rows import etag_of, unchanged
from azure_adapters.rows_together import RowsTogether
from azure_adapters.storage_errors import storage_errors
from azure_adapters.together import Together
from azure_adapters.transactions import submitted
from landing_zone.drift.retention import still_told
from landing_zone.drift.rows import key_of
from landing_zone.ports import Versioned
from landing_zone.remediation.findings import Finding

MOST_TOGETHER: Final = 50


@dataclass(eq=False, slots=True)
class _Put:
    """A row that is to be written; `etag` becomes its new one, or None when others were first."""

    entity: dict[str, Any]
    before: str
    etag: str | None = None
    served: bool = False


class TableFindings:
    """`FindingStore` over a table."""

    def __init__(self, table: TableClient) -> None:
        """Use a table that exists."""
        self._table = table
        self._rows = RowsTogether(table)
        self._together = Together[_Put](self._serve, _batch)

    async def of(self, owner: str, resource_id: str) -> Versioned[tuple[Finding, ...]]:
        """The findings about a resource and its parts; none, with an empty ETag, where none are."""
        entity = await self._rows.get(owner, key_of(resource_id))
        if entity is None:
            return Versioned((), "")
        return Versioned(_parsed(entity), str(etag_of(entity)))

    async def put(
        self, owner: str, resource_id: str, findings: Sequence[Finding], etag: str
    ) -> str | None:
        """Replace them; the new ETag, or None when someone else was first."""
        own = _Put(_entity(owner, key_of(resource_id), findings), etag)
        await self._together.join(owner, own)
        return own.etag

    async def all(self, owner: str = "") -> AsyncIterator[Finding]:
        """All findings, or those of one owner."""
        query, parameters = ("PartitionKey eq @owner", {"owner": owner}) if owner else ("", {})
        async with storage_errors():
            async for entity in self._table.query_entities(query, parameters=parameters):
                for finding in _parsed(entity):
                    yield finding

    async def forget(self, before: datetime) -> int:
        """Remove findings that were over before that time; how many.

        A row that someone changes at that moment is left for the next time.
        """
        forgotten = 0
        async with storage_errors():
            async for row in self._table.query_entities(""):
                known = _parsed(row)
                left = still_told(known, before)
                if len(left) < len(known) and await self._replaced(row, left):
                    forgotten += len(known) - len(left)
        return forgotten

    async def _replaced(self, row: TableEntity, left: Sequence[Finding]) -> bool:
        partition, key, etag = row["PartitionKey"], row["RowKey"], str(etag_of(row))
        operation = _operation(_Put(_entity(partition, key, left), etag))
        if not left:
            gone = {"PartitionKey": partition, "RowKey": key}
            operation = ("delete", gone, unchanged(etag))
        return await submitted(self._table, [operation]) is not None

    async def _serve(self, _owner: str, batch: Sequence[_Put]) -> None:
        if len(batch) > 1 and await self._written(batch):
            return
        for item in batch:
            await self._written([item])
            item.served = True

    async def _written(self, batch: Sequence[_Put]) -> bool:
        """Write all, or nothing; False when others were first on one of them."""
        answers = await submitted(self._table, [_operation(one) for one in batch])
        for item, answer in zip(batch, answers or (), strict=answers is not None):
            item.etag = str(answer["etag"])
            item.served = True
        return answers is not None


def _entity(owner: str, key: str, findings: Sequence[Finding]) -> dict[str, Any]:
    text = json.dumps([finding.dump() for finding in findings], separators=(",", ":"))
    return {
        "PartitionKey": owner,
        "RowKey": key,
        "Open": sum(not finding.is_over for finding in findings),
        **split("Findings", text),
    }


def _batch(waiting: Sequence[_Put]) -> list[_Put]:
    """The first of those that wait, each of another row."""
    chosen: dict[str, _Put] = {}
    for item in waiting:
        if not item.served and len(chosen) < MOST_TOGETHER:
            chosen.setdefault(item.entity["RowKey"], item)
    return list(chosen.values())


def _operation(item: _Put) -> Operation:
    if not item.before:
        return ("create", item.entity)
    return ("update", item.entity, {"mode": UpdateMode.REPLACE, **unchanged(item.before)})


def _parsed(entity: TableEntity) -> tuple[Finding, ...]:
    return tuple(Finding.parse(one) for one in json.loads(joined("Findings", entity)))
