"""Exemptions in a storage table: few, so they are one partition."""

from typing import Final

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from azure_adapters.long_text import joined, split
from azure_adapters.shared_read import SharedRead
from azure_adapters.storage_errors import storage_errors
from landing_zone.remediation.exemptions import Exemption

_PARTITION: Final = "exemptions"

APART: Final = 0.05
"""Seconds between two reads: less than a look takes, and twenty reads a second at the most."""


class TableExemptions:
    """`ExemptionStore` over a table."""

    def __init__(self, table: TableClient) -> None:
        """Use a table that exists."""
        self._table = table
        # Each look that finds something asks for them: in a storm many ask at once.
        self._shared = SharedRead(self._read, APART)

    async def all(self) -> list[Exemption]:
        """All of them, the expired ones too."""
        return await self._shared.get()

    async def _read(self) -> list[Exemption]:
        async with storage_errors():
            found = self._table.query_entities(f"PartitionKey eq '{_PARTITION}'")
            return [Exemption.model_validate_json(joined("Row", row)) async for row in found]

    async def put(self, exemption: Exemption) -> None:
        """Grant one, or change the one of its id."""
        entity = {"PartitionKey": _PARTITION, "RowKey": exemption.id}
        text = split("Row", exemption.model_dump_json())
        async with storage_errors():
            await self._table.upsert_entity(entity | text, mode=UpdateMode.REPLACE)

    async def remove(self, exemption_id: str) -> bool:
        """Take one back; False when there was none."""
        async with storage_errors():
            try:
                await self._table.get_entity(_PARTITION, exemption_id)
            except ResourceNotFoundError:
                return False
            await self._table.delete_entity(_PARTITION, exemption_id)
        return True
