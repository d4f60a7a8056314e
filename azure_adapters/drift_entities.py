"""How the drift inbox stands in its table: a row a resource, a row a day's tally."""

import json
from collections.abc import Mapping
from typing import Any, Final

from azure.data.tables import TableEntity, UpdateMode

from azure_adapters.batch_text import Operation
from azure_adapters.long_text import joined, split
from azure_adapters.rows import etag_of, unchanged
from landing_zone.drift.rows import DriftRow
from landing_zone.drift.tallies import Tally
from landing_zone.ports import Versioned

_RESOURCE: Final = "resource:"
_TALLY: Final = "tally:"
RESOURCES: Final = f"RowKey ge '{_RESOURCE}' and RowKey lt 'resource;'"
TALLIES: Final = f"RowKey ge '{_TALLY}' and RowKey lt 'tally;'"


def resource_row(key: str) -> str:
    """Row key of a resource."""
    return f"{_RESOURCE}{key}"


def tally_row(day: str, writer: str) -> str:
    """Row key of a day's tally, one for each process: they do not stand in each other's way."""
    return f"{_TALLY}{day}:{writer}"


def day_of_row(row: Mapping[str, Any]) -> str:
    """The day of a tally's row."""
    return str(row["RowKey"]).removeprefix(_TALLY).partition(":")[0]


def written(shard: str, row: DriftRow, etag: str | None) -> Operation:
    """What writes a row in place of the one of that ETag, or of none."""
    entity = {
        "PartitionKey": shard,
        "RowKey": resource_row(row.key),
        **split("Row", row.model_dump_json()),
    }
    return _put(entity, etag)


def removed(shard: str, row: Versioned[DriftRow]) -> Operation:
    """What removes a row, unless it has changed."""
    entity = {"PartitionKey": shard, "RowKey": resource_row(row.value.key)}
    return ("delete", entity, unchanged(row.etag))


def added(shard: str, row: str, total: Tally, etag: str | None) -> Operation:
    """What writes a tally in place of the one of that ETag, or of none."""
    counts = json.dumps(dict(sorted(total.items())))
    entity = {"PartitionKey": shard, "RowKey": row, **split("Counts", counts)}
    return _put(entity, etag)


def parsed(entity: TableEntity) -> Versioned[DriftRow]:
    """A row as it was read."""
    row = DriftRow.model_validate_json(joined("Row", entity))
    return Versioned(row, str(etag_of(entity)))


def counts_of(entity: TableEntity) -> Versioned[Tally]:
    """A tally as it was read."""
    return Versioned(json.loads(joined("Counts", entity)), str(etag_of(entity)))


def _put(entity: dict[str, Any], etag: str | None) -> Operation:
    if not etag:
        return ("create", entity)
    return ("update", entity, {"mode": UpdateMode.REPLACE, **unchanged(etag)})
