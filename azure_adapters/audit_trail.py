"""The audit's table as readers see it: rows are taken as they are, whatever was done to them."""

from collections.abc import AsyncIterator
from typing import Any, Final

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient
from pydantic import ValidationError

from azure_adapters.long_text import joined
from azure_adapters.rows import read_row
from azure_adapters.storage_errors import storage_errors
from azure_adapters.transactions import HEAD
from landing_zone.audit import AuditRecord
from landing_zone.audit_trail.rows import Head, KeptRow, Place, Span, only

RECORD: Final = "record:"
EVENT: Final = "event:"
_RECORDS: Final = "RowKey ge 'record:' and RowKey lt 'record;'"
_EVENTS: Final = "PartitionKey eq @chain and RowKey ge 'event:' and RowKey lt 'event;'"


class TableAuditTrail:
    """`AuditTrail` over the table that `TableAuditLog` writes."""

    def __init__(self, table: TableClient) -> None:
        """Use a table that exists."""
        self._table = table

    async def head(self, chain: str) -> Head | None:
        """Where a chain ends, as its head row says; None where there is no head that says it."""
        row = await read_row(self._table, chain, HEAD)
        if row is None:
            return None
        length, last = row.get("Sequence"), row.get("Hash")
        if not isinstance(length, int) or not isinstance(last, str):
            return None
        return Head(length, last)

    async def row(self, place: Place) -> KeptRow | None:
        """The row at a place, or None."""
        found = await read_row(self._table, place.chain, f"{RECORD}{place.key}")
        return _kept(found) if found is not None else None

    async def rows(self, span: Span, after: Place | None = None) -> AsyncIterator[KeptRow]:
        """The rows of some chains, by the chain's name and then by their keys, behind a place."""
        if after is None:
            async for row in self._asked(*_within(span)):
                yield row
            return
        async for row in self._asked(*_within(only(after.chain), after.key)):
            yield row
        if span.last != after.chain:
            condition, parameters = _within(Span(after.chain, span.last))
            async for row in self._asked(f"{condition} and PartitionKey ne @first", parameters):
                yield row

    async def _asked(self, condition: str, parameters: dict[str, Any]) -> AsyncIterator[KeptRow]:
        async with storage_errors():
            async for row in self._table.query_entities(condition, parameters=parameters):
                yield _kept(row)

    async def noted(self, chain: str) -> AsyncIterator[int]:
        """The numbers of the records under which the events of a chain are marked as noted."""
        async with storage_errors():
            found = self._table.query_entities(
                _EVENTS, parameters={"chain": chain}, select=["Sequence"]
            )
            async for row in found:
                if isinstance(number := row.get("Sequence"), int):
                    yield number


def _within(span: Span, after: str | None = None) -> tuple[str, dict[str, Any]]:
    """The rows of some chains, or of one of them those behind a key."""
    condition, parameters = f"{_RECORDS} and PartitionKey ge @first", {"first": span.first}
    if span.last:
        condition, parameters["last"] = f"{condition} and PartitionKey le @last", span.last
    if after is not None:
        condition, parameters["after"] = f"{condition} and RowKey gt @after", f"{RECORD}{after}"
    return condition, parameters


def _kept(row: TableEntity) -> KeptRow:
    place = Place(str(row["PartitionKey"]), str(row["RowKey"]).removeprefix(RECORD))
    try:
        return KeptRow(place, AuditRecord.model_validate_json(joined("Record", row)))
    except ValidationError:
        return KeptRow(place, None)
