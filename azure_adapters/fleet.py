"""Rollouts in a storage table: one partition for all of them, and one for the tenants of each."""

from collections.abc import Mapping
from itertools import batched
from typing import Any, Final

from azure.data.tables import TableEntity, UpdateMode
from azure.data.tables.aio import TableClient

from azure_adapters.long_text import joined, split
from azure_adapters.rows import create_row, read_row, replace_row
from azure_adapters.storage_errors import storage_errors
from landing_zone.fleet.model import Member, MemberState, Rollout
from landing_zone.ports import Page, Versioned

MOST_TOGETHER: Final = 100
"""Rows that one transaction takes (learn: storageservices/performing-entity-group-transactions)."""

_ROLLOUTS: Final = "rollouts"
_CURRENT: Final = "current"
_PAST: Final = "past:"
_PAST_END: Final = "past;"
_MEMBERS: Final = "m"
_MEMBERS_END: Final = "n"
_MOST_ROLLOUTS: Final = 10**9


class TableFleet:
    """`FleetStore` over a table."""

    def __init__(self, table: TableClient) -> None:
        """Use a table that exists."""
        self._table = table

    async def current(self) -> Versioned[Rollout] | None:
        """The rollout that was begun last, or None."""
        found = await read_row(self._table, _ROLLOUTS, _CURRENT)
        if found is None:
            return None
        return Versioned(_rollout(found), str(found.metadata["etag"]))

    async def begin(self, rollout: Rollout, former: Versioned[Rollout] | None) -> bool:
        """Let a rollout take the place of the former one, which is kept."""
        if former is not None:
            kept = _entity(_past_key(former.value.number), former.value)
            async with storage_errors():
                await self._table.upsert_entity(kept, mode=UpdateMode.REPLACE)
            return await self.replace(rollout, former.etag)
        return await create_row(self._table, _entity(_CURRENT, rollout))

    async def replace(self, rollout: Rollout, etag: str) -> bool:
        """Change the current rollout; False when it has changed since it was read."""
        return await replace_row(self._table, _entity(_CURRENT, rollout), etag)

    async def get(self, rollout_id: str) -> Rollout | None:
        """A rollout of any time, or None."""
        query = "PartitionKey eq @partition and Id eq @id"
        found: dict[str, Rollout] = {}
        async with storage_errors():
            parameters = {"partition": _ROLLOUTS, "id": rollout_id}
            async for entity in self._table.query_entities(query, parameters=parameters):
                found[entity["RowKey"]] = _rollout(entity)
        # One that a new one is just taking the place of is kept twice.
        return found.get(_CURRENT) or next(iter(found.values()), None)

    async def all(self, size: int, continuation: str = "") -> Page[Rollout]:
        """The rollouts, the newest first."""
        current = await self.current()
        newest = [] if current is None or continuation else [current.value]
        query = "PartitionKey eq @partition and RowKey gt @after and RowKey lt @end"
        parameters = {"partition": _ROLLOUTS, "after": continuation or _PAST, "end": _PAST_END}
        found: list[tuple[str, Rollout]] = [(_PAST, one) for one in newest]
        async with storage_errors():
            rows = self._table.query_entities(
                query, parameters=parameters, results_per_page=size + 1
            )
            async for entity in rows:
                past = _rollout(entity)
                if current is not None and past.id == current.value.id:
                    continue
                if len(found) == size:
                    return Page(tuple(one for _, one in found), found[-1][0])
                found.append((entity["RowKey"], past))
        return Page(tuple(one for _, one in found), "")

    async def put(self, rollout_id: str, rows: Mapping[str, Member]) -> None:
        """Write rows by their keys, whether they are there or not."""
        operations = [
            ("upsert", _row(rollout_id, key, member), {"mode": UpdateMode.REPLACE})
            for key, member in rows.items()
        ]
        async with storage_errors():
            for batch in batched(operations, MOST_TOGETHER, strict=False):
                await self._table.submit_transaction(batch)

    async def rows(self, rollout_id: str, prefix: str, after: str, size: int) -> Page[Member]:
        """Rows whose keys begin so, in the order of the keys."""
        return await self._page(rollout_id, after or prefix, f"{prefix}~", size)

    async def members(
        self, rollout_id: str, state: MemberState | None, size: int, continuation: str = ""
    ) -> Page[Member]:
        """The tenants of a rollout, of one state or all, ring by ring."""
        return await self._page(
            rollout_id, continuation or _MEMBERS, _MEMBERS_END, size, state.value if state else ""
        )

    async def _page(
        self, partition: str, after: str, end: str, size: int, state: str = ""
    ) -> Page[Member]:
        query = "PartitionKey eq @partition and RowKey gt @after and RowKey lt @end"
        parameters = {"partition": partition, "after": after, "end": end}
        if state:
            query, parameters = f"{query} and State eq @state", parameters | {"state": state}
        found: list[Member] = []
        last = ""
        async with storage_errors():
            rows = self._table.query_entities(
                query, parameters=parameters, results_per_page=size + 1
            )
            async for entity in rows:
                if len(found) == size:
                    return Page(tuple(found), last)
                found.append(Member.model_validate_json(joined("Row", entity)))
                last = str(entity["RowKey"])
        return Page(tuple(found), "")


def _past_key(number: int) -> str:
    """The newest is first."""
    return f"{_PAST}{_MOST_ROLLOUTS - number:010}"


def _entity(key: str, rollout: Rollout) -> dict[str, Any]:
    text = split("Rollout", rollout.model_dump_json())
    return {"PartitionKey": _ROLLOUTS, "RowKey": key, "Id": rollout.id, **text}


def _rollout(entity: TableEntity) -> Rollout:
    return Rollout.model_validate_json(joined("Rollout", entity))


def _row(partition: str, key: str, member: Member) -> dict[str, Any]:
    return {
        "PartitionKey": partition,
        "RowKey": key,
        "State": member.state.value,
        **split("Row", member.model_dump_json()),
    }
