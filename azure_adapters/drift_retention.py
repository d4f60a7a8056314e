"""Adding up the tallies of the drift inbox that nobody writes any more; no count changes."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import Final

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from azure_adapters import drift_entities as entities
from azure_adapters.batch_text import Operation
from azure_adapters.rows import etag_of, read_row, unchanged
from azure_adapters.storage_errors import storage_errors
from azure_adapters.transactions import submitted
from landing_zone.drift.retention import day_kept, is_written
from landing_zone.drift.tallies import summed

# A transaction takes a hundred rows (learn: performing-entity-group-transactions), and one of them
# is the sum.
MOST_TOGETHER: Final = 90
_SUM: Final = "all"


async def tidied(table: TableClient, now: datetime) -> int:
    """Add up; how many rows fewer there are.

    A shard in which another process does the same is left for the next time.
    """
    fewer = 0
    for (shard, name), rows in (await _groups(table, now)).items():
        own = next((row for row in rows if row["RowKey"] == name), None)
        others = [row for row in rows if row["RowKey"] != name]
        for part in batched(others, MOST_TOGETHER, strict=False):
            own = await _added_up(table, shard, name, own, part)
            if own is None:
                break
            fewer += len(part)
    return fewer


async def _groups(table: TableClient, now: datetime) -> dict[tuple[str, str], list[TableEntity]]:
    """Rows by the shard and the row that they become."""
    groups: dict[tuple[str, str], list[TableEntity]] = {}
    async with storage_errors():
        async for row in table.query_entities(entities.TALLIES):
            day = entities.day_of_row(row)
            if not is_written(day, now):
                name = entities.tally_row(day_kept(day, now), _SUM)
                groups.setdefault((row["PartitionKey"], name), []).append(row)
    return groups


async def _added_up(
    table: TableClient,
    shard: str,
    name: str,
    own: TableEntity | None,
    others: Sequence[TableEntity],
) -> TableEntity | None:
    """The sum with others in it, which are gone; None when someone else was first."""
    rows = [*others] if own is None else [own, *others]
    total = summed(entities.counts_of(row).value for row in rows)
    operations = [entities.added(shard, name, total, etag_of(own)), *map(_removed, others)]
    if await submitted(table, operations) is None:
        return None
    return await read_row(table, shard, name)


def _removed(row: TableEntity) -> Operation:
    entity = {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]}
    return ("delete", entity, unchanged(str(etag_of(row))))
