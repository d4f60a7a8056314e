"""Reads of single rows: those of one partition that are asked for at once are one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from azure_adapters.rows import read_row
from azure_adapters.storage_errors import storage_errors
from azure_adapters.together import Together

# A filter has at most fifteen comparisons, and one of them is for the partition (learn:
# storageservices/querying-tables-and-entities).
MOST_TOGETHER: Final = 14


@dataclass(eq=False, slots=True)
class _Get:
    """A row that is to be read."""

    key: str
    entity: TableEntity | None = None
    served: bool = False


class RowsTogether:
    """Reads rows of a table."""

    def __init__(self, table: TableClient) -> None:
        """Use a table that exists."""
        self._table = table
        self._together = Together[_Get](self._serve, _batch)

    async def get(self, partition: str, key: str) -> TableEntity | None:
        """A row as it is after this was called, or None."""
        own = _Get(key)
        await self._together.join(partition, own)
        return own.entity

    async def _serve(self, partition: str, batch: Sequence[_Get]) -> None:
        if len(batch) == 1:
            batch[0].entity = await read_row(self._table, partition, batch[0].key)
        else:
            await self._query(partition, batch)
        for item in batch:
            item.served = True

    async def _query(self, partition: str, batch: Sequence[_Get]) -> None:
        names = {f"row{place}": item.key for place, item in enumerate(batch)}
        rows = " or ".join(f"RowKey eq @{name}" for name in names)
        parameters = {"partition": partition, **names}
        found: dict[str, TableEntity] = {}
        async with storage_errors():
            # The SDK takes a parameter for what reaches up to the next space.
            query = f"PartitionKey eq @partition and ( {rows} )"
            async for entity in self._table.query_entities(query, parameters=parameters):
                found[entity["RowKey"]] = entity
        for item in batch:
            item.entity = found.get(item.key)


def _batch(waiting: Sequence[_Get]) -> list[_Get]:
    """The first of those that wait."""
    return [item for item in waiting if not item.served][:MOST_TOGETHER]
