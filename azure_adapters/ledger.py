"""The address ledger: a partition a hub, a row a tenant, one head row that serialises writers."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from ipaddress import IPv4Network
from typing import Final

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from azure_adapters.storage_errors import storage_errors
from azure_adapters.transactions import HEAD, commit, read_row
from landing_zone.capacity import NO_CLAIMS, Claims, place, total_claims
from landing_zone.clock import Clock
from landing_zone.errors import TemporaryError
from landing_zone.hub import HubDocument
from landing_zone.reservation import Reservation

ATTEMPTS: Final = 20


class TableAddressLedger:
    """`AddressLedger` over a table."""

    def __init__(self, table: TableClient, document: HubDocument, clock: Clock) -> None:
        """Use a table that exists, and the pools of the hub document."""
        self._table = table
        self._document = document
        self._clock = clock
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def reserve(
        self,
        hub: str,
        tenant_id: str,
        prefix_length: int,
        seen: Sequence[str],
        claims: Claims = NO_CLAIMS,
    ) -> Reservation:
        """Hold a range for a tenant, one for its node pool, and what it claims of the limits.

        Raises:
            PermanentError: The pool has no free range of that size (`AddressPoolExhausted`).
            CapacityExceeded: The hub has not left what is claimed.
            TemporaryError: Other writers were first each time.
        """
        others = [IPv4Network(cidr, strict=False) for cidr in seen]
        async with self._turns[hub]:
            for _ in range(ATTEMPTS):
                found = await self._try_reserve(hub, tenant_id, prefix_length, others, claims)
                if found is not None:
                    return found
                await asyncio.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - jitter only
        raise TemporaryError("LedgerBusy", f"others were first on the ledger of {hub}")

    async def _try_reserve(
        self,
        hub: str,
        tenant_id: str,
        prefix_length: int,
        others: list[IPv4Network],
        claims: Claims,
    ) -> Reservation | None:
        head = await read_row(self._table, hub, HEAD)
        rows = await self._rows(hub)
        if tenant_id in rows:
            return _reservation(hub, rows[tenant_id])
        given = place(
            self._document.hub(hub),
            [_reservation(hub, row) for row in rows.values()],
            total_claims(map(_claims, rows.values())),
            prefix_length=prefix_length,
            claims=claims,
            seen=others,
            today=self._clock.now().date(),
        )
        row = _new_row(tenant_id, given, claims)
        if not await commit(self._table, hub, head, _next(head), create=(row,)):
            return None
        return given

    async def held_by(self, hub: str, tenant_id: str) -> Reservation | None:
        """What the tenant holds of the hub, or None."""
        row = await read_row(self._table, hub, _row_key(tenant_id))
        return _reservation(hub, row) if row is not None else None

    async def release(self, hub: str, tenant_id: str) -> None:
        """Hold nothing for the tenant any more: neither a range nor a claim."""
        async with self._turns[hub]:
            for _ in range(ATTEMPTS):
                head = await read_row(self._table, hub, HEAD)
                if await read_row(self._table, hub, _row_key(tenant_id)) is None:
                    return
                keys = (_row_key(tenant_id),)
                if await commit(self._table, hub, head, _next(head), delete=keys):
                    return
        raise TemporaryError("LedgerBusy", f"others were first on the ledger of {hub}")

    async def _rows(self, hub: str) -> dict[str, TableEntity]:
        query = "PartitionKey eq @hub and RowKey ge 'tenant:' and RowKey lt 'tenant;'"
        async with storage_errors():
            found = self._table.query_entities(query, parameters={"hub": hub})
            return {str(row["RowKey"]).removeprefix("tenant:"): row async for row in found}


def _row_key(tenant_id: str) -> str:
    return f"tenant:{tenant_id}"


def _next(head: TableEntity | None) -> dict[str, int]:
    return {"Generation": int(head["Generation"]) + 1 if head is not None else 1}


def _new_row(tenant_id: str, given: Reservation, claims: Claims) -> dict[str, str]:
    row = {
        "RowKey": _row_key(tenant_id),
        "Range": str(given.address_range),
        "ReservedOn": given.reserved_on.isoformat(),
        "Claims": json.dumps(dict(claims), separators=(",", ":")),
    }
    return row if given.node_subnet is None else {**row, "NodeSubnet": str(given.node_subnet)}


def _claims(row: TableEntity) -> dict[str, int]:
    """What a row holds of the limits; rows of an earlier version hold a range only."""
    found: dict[str, int] = json.loads(row.get("Claims", "{}"))
    return found


def _reservation(hub: str, row: TableEntity) -> Reservation:
    subnet = row.get("NodeSubnet")
    return Reservation(
        hub=hub,
        address_range=IPv4Network(row["Range"]),
        node_subnet=IPv4Network(subnet) if subnet else None,
        reserved_on=date.fromisoformat(row["ReservedOn"]),
    )
