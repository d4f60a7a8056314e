"""What tenants want of a hub, in a storage table: a partition a lane, a row a member."""

from typing import Any, Final

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from azure_adapters.long_text import joined, split
from azure_adapters.rows import create_row, delete_row, read_row, replace_row
from azure_adapters.storage_errors import storage_errors
from landing_zone.clock import Clock
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.hub_state.members import HubRow, Lane, Member
from landing_zone.ports import Versioned

RACES: Final = 10


class TableHubRequests:
    """`HubRequests` over a table."""

    def __init__(self, table: TableClient, clock: Clock) -> None:
        """Use a table that exists."""
        self._table = table
        self._clock = clock

    async def ask(self, member: Member, *, present: bool) -> HubRow | None:
        """Ask for something, or to be gone; asking again for the same changes nothing.

        Raises:
            TemporaryError: Others were first each time.
        """
        for _ in range(RACES):
            found = await self._read(member.hub, member.lane, member.name)
            if found is None and not present:
                return None
            if found is None:
                wanted = HubRow(member=member, since=self._clock.now())
                if await create_row(self._table, _entity(wanted)):
                    return wanted
                continue
            wanted = found.value.asked(present=present, member=member, at=self._clock.now())
            if wanted == found.value or await self._replace(wanted, found.etag):
                return wanted
        raise TemporaryError("HubRequestsBusy", f"others were first on {member.name}")

    async def get(self, hub: str, lane: Lane, name: str) -> HubRow | None:
        """The row of the member of that name, or None."""
        found = await self._read(hub, lane, name)
        return found.value if found else None

    async def all(self, hub: str, lane: Lane) -> list[Versioned[HubRow]]:
        """All rows of a lane."""
        query = "PartitionKey eq @partition"
        parameters = {"partition": _partition(hub, lane)}
        async with storage_errors():
            found = self._table.query_entities(query, parameters=parameters)
            return [_row(entity) async for entity in found]

    async def settle(self, row: Versioned[HubRow], failure: PermanentError | None = None) -> bool:
        """Answer a row: it has what it asked for, or it cannot; one that wanted to go is removed.

        Returns:
            False when it has asked for something else meanwhile: that is not answered.
        """
        if failure is not None:
            answered = row.value.failed(failure.code, failure.message, failure.hint)
            return await self._replace(answered, row.etag)
        if not row.value.present:
            return await delete_row(self._table, _entity(row.value), row.etag)
        answered = row.value.model_copy(update={"state": "applied"})
        return await self._replace(answered, row.etag)

    async def _read(self, hub: str, lane: Lane, name: str) -> Versioned[HubRow] | None:
        entity = await read_row(self._table, _partition(hub, lane), name)
        return None if entity is None else _row(entity)

    async def _replace(self, row: HubRow, etag: str) -> bool:
        return await replace_row(self._table, _entity(row), etag)


def _partition(hub: str, lane: Lane) -> str:
    return f"{hub}.{lane}"


def _entity(row: HubRow) -> dict[str, Any]:
    return {
        "PartitionKey": _partition(row.member.hub, row.member.lane),
        "RowKey": row.member.name,
        "State": row.state,
        **split("Row", row.model_dump_json()),
    }


def _row(entity: TableEntity) -> Versioned[HubRow]:
    row = HubRow.model_validate_json(joined("Row", entity))
    return Versioned(row, str(entity.metadata["etag"]))
