"""The address ledger: a partition a hub, a row a tenant, one head row that serialises writers.

Tenants that ask at once are given their places together, by one transaction.
"""

import asyncio
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import IPv4Network
from typing import Any, Final

from azure.data.tables import TableEntity
from azure.data.tables.aio import TableClient

from azure_adapters.rows import etag_of, read_row
from azure_adapters.storage_errors import storage_errors
from azure_adapters.together import Together
from azure_adapters.transactions import HEAD, commit
from landing_zone.capacity import NO_CLAIMS, Claims, larger_claims, place, place_again, total_claims
from landing_zone.clock import Clock
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.hub import HubDocument
from landing_zone.reservation import Lease, Reservation

ATTEMPTS: Final = 20
# A transaction takes a hundred rows, the head included
# (learn: performing-entity-group-transactions).
MOST_TOGETHER: Final = 90


_NEVER: Final = datetime.max.replace(tzinfo=UTC)

type _Outcome = Reservation | PermanentError


@dataclass(eq=False, slots=True)
class _Asking:
    """A tenant that asks for its place, and what becomes of it."""

    tenant_id: str
    prefix_length: int
    seen: Sequence[IPv4Network]
    claims: Claims
    outcome: _Outcome | None = None

    @property
    def served(self) -> bool:
        """Whether it is known what becomes of it."""
        return self.outcome is not None


class TableAddressLedger:
    """`AddressLedger` over a table."""

    def __init__(self, table: TableClient, document: HubDocument, clock: Clock) -> None:
        """Use a table that exists, and the pools of the hub document."""
        self._table = table
        self._document = document
        self._clock = clock
        self._together = Together(self._serve, _batch)

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
        asking = _Asking(tenant_id, prefix_length, others, claims)
        await self._together.join(hub, asking)
        if isinstance(asking.outcome, PermanentError):
            raise asking.outcome
        if asking.outcome is None:
            raise AssertionError("whoever is served has an outcome")
        return asking.outcome

    async def _serve(self, hub: str, batch: Sequence[_Asking]) -> None:
        """Give each its place, or its refusal.

        Raises:
            TemporaryError: Other writers were first each time.
        """
        for _ in range(ATTEMPTS):
            head = await read_row(self._table, hub, HEAD)
            rows = await self._rows(hub)
            outcomes, new = self._placed(hub, rows, batch)
            askers = {asking.tenant_id for asking in batch}
            kept = self._renewed(row for tenant, row in rows.items() if tenant in askers)
            nothing = not new and not kept
            if nothing or await commit(
                self._table, hub, head, _next(head), create=new, replace=kept
            ):
                for asking, outcome in zip(batch, outcomes, strict=True):
                    asking.outcome = outcome
                return
            await asyncio.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - jitter only
        raise _busy(hub)

    def _placed(
        self, hub: str, rows: dict[str, TableEntity], batch: Sequence[_Asking]
    ) -> tuple[list[_Outcome], list[dict[str, str]]]:
        """What becomes of each, one after the other, and the rows that say so."""
        held = {tenant: _reservation(hub, row) for tenant, row in rows.items()}
        claimed = [_claims(row) for row in rows.values()]
        outcomes: list[_Outcome] = []
        new: list[dict[str, str]] = []
        for asking in batch:
            if asking.tenant_id not in held:
                try:
                    given = self._place(hub, held.values(), total_claims(claimed), asking)
                except PermanentError as refusal:
                    outcomes.append(refusal)
                    continue
                held[asking.tenant_id] = given
                claimed.append(dict(asking.claims))
                now = self._clock.now()
                new.append(_new_row(asking.tenant_id, given, asking.claims, now))
            outcomes.append(held[asking.tenant_id])
        return outcomes, new

    def _place(
        self, hub: str, held: Iterable[Reservation], used: Claims, asking: _Asking
    ) -> Reservation:
        return place(
            self._document.hub(hub),
            held,
            used,
            prefix_length=asking.prefix_length,
            claims=asking.claims,
            seen=asking.seen,
            today=self._clock.now().date(),
        )

    async def preview(
        self,
        hub: str,
        tenant_id: str,
        prefix_length: int,
        seen: Sequence[str],
        claims: Claims = NO_CLAIMS,
    ) -> Reservation:
        """What the tenant would hold if it claimed that now; nothing is written.

        Raises:
            PermanentError: The pool has no free range of that size (`AddressPoolExhausted`).
            CapacityExceeded: The hub has not left what is claimed.
        """
        rows = await self._rows(hub)
        own = rows.pop(tenant_id, None)
        others = [_reservation(hub, row) for row in rows.values()]
        used = total_claims(map(_claims, rows.values()))
        ranges = [IPv4Network(cidr, strict=False) for cidr in seen]
        if own is None:
            asking = _Asking(tenant_id, prefix_length, ranges, claims)
            return self._place(hub, others, used, asking)
        return place_again(
            self._document.hub(hub),
            _reservation(hub, own),
            others,
            used,
            had=_claims(own),
            claims=claims,
            seen=ranges,
        )

    async def change(
        self, hub: str, tenant_id: str, seen: Sequence[str], claims: Claims, *, keep: bool
    ) -> Reservation:
        """Hold something else of the limits for a tenant from now on; its range stays.

        Raises:
            PermanentError: It holds nothing (`NotReserved`).
            CapacityExceeded: The hub has not left what is claimed.
            TemporaryError: Other writers were first each time.
        """
        ranges = [IPv4Network(cidr, strict=False) for cidr in seen]
        async with self._together.turn(hub):
            for _ in range(ATTEMPTS):
                head = await read_row(self._table, hub, HEAD)
                rows = await self._rows(hub)
                own = rows.pop(tenant_id, None)
                if own is None:
                    raise PermanentError("NotReserved", f"{tenant_id} holds nothing of {hub}")
                wanted = larger_claims(_claims(own), claims) if keep else dict(claims)
                given = place_again(
                    self._document.hub(hub),
                    _reservation(hub, own),
                    [_reservation(hub, row) for row in rows.values()],
                    total_claims(map(_claims, rows.values())),
                    had=_claims(own),
                    claims=wanted,
                    seen=ranges,
                )
                row = {**own, **_new_row(tenant_id, given, wanted, self._clock.now())}
                if given.node_subnet is None:
                    row.pop("NodeSubnet", None)
                if await commit(self._table, hub, head, _next(head), replace=[row]):
                    return given
        raise _busy(hub)

    async def renew(self, hub: str, tenant_id: str) -> Reservation | None:
        """What the tenant holds of the hub, asked for once more: its lease is another one then.

        Raises:
            TemporaryError: Other writers were first each time.
        """
        if await self.lease(hub, tenant_id) is None:
            return None
        async with self._together.turn(hub):
            for _ in range(ATTEMPTS):
                head = await read_row(self._table, hub, HEAD)
                row = await read_row(self._table, hub, _row_key(tenant_id))
                if row is None:
                    return None
                kept = self._renewed([row])
                if await commit(self._table, hub, head, _next(head), replace=kept):
                    return _reservation(hub, row)
        raise _busy(hub)

    def _renewed(self, rows: Iterable[TableEntity]) -> list[dict[str, Any]]:
        """The rows as they are from now on."""
        now = self._clock.now().isoformat()
        return [{**row, "LeasedAt": now} for row in rows]

    async def lease(self, hub: str, tenant_id: str) -> Lease | None:
        """The tenant's lease, or None; looking at it changes nothing."""
        row = await read_row(self._table, hub, _row_key(tenant_id))
        return _lease(hub, row) if row is not None else None

    async def leases(self, hub: str) -> list[Lease]:
        """All leases of a hub."""
        return [_lease(hub, row) for row in (await self._rows(hub)).values()]

    async def free(self, lease: Lease) -> bool:
        """Hold nothing on a lease any more; False when there is no such lease any more.

        All who write a row write the head with it, so that the head's ETag stands for the row's.

        Raises:
            TemporaryError: Other writers were first each time.
        """
        hub, key = lease.hub, _row_key(lease.tenant_id)
        async with self._together.turn(hub):
            for _ in range(ATTEMPTS):
                head = await read_row(self._table, hub, HEAD)
                row = await read_row(self._table, hub, key)
                if row is None or etag_of(row) != lease.version:
                    return False
                if await commit(self._table, hub, head, _next(head), delete=(key,)):
                    return True
        raise _busy(hub)

    async def _rows(self, hub: str) -> dict[str, TableEntity]:
        query = "PartitionKey eq @hub and RowKey ge 'tenant:' and RowKey lt 'tenant;'"
        async with storage_errors():
            found = self._table.query_entities(query, parameters={"hub": hub})
            return {str(row["RowKey"]).removeprefix("tenant:"): row async for row in found}


def _batch(waiting: Sequence[_Asking]) -> list[_Asking]:
    """The first of those that wait, as many as one transaction takes."""
    return [asking for asking in waiting if not asking.served][:MOST_TOGETHER]


def _busy(hub: str) -> TemporaryError:
    return TemporaryError("LedgerBusy", f"others were first on the ledger of {hub}")


def _row_key(tenant_id: str) -> str:
    return f"tenant:{tenant_id}"


def _next(head: TableEntity | None) -> dict[str, int]:
    return {"Generation": int(head["Generation"]) + 1 if head is not None else 1}


def _new_row(tenant_id: str, given: Reservation, claims: Claims, now: datetime) -> dict[str, str]:
    row = {
        "RowKey": _row_key(tenant_id),
        "Range": str(given.address_range),
        "ReservedOn": given.reserved_on.isoformat(),
        "LeasedAt": now.isoformat(),
        "Claims": json.dumps(dict(claims), separators=(",", ":")),
    }
    return row if given.node_subnet is None else {**row, "NodeSubnet": str(given.node_subnet)}


def _claims(row: TableEntity) -> dict[str, int]:
    """What a row holds of the limits; rows of an earlier version hold a range only."""
    found: dict[str, int] = json.loads(row.get("Claims", "{}"))
    return found


def _lease(hub: str, row: TableEntity) -> Lease:
    """The lease of a row; rows of an earlier version say only when storage last wrote them."""
    tenant_id = str(row["RowKey"]).removeprefix("tenant:")
    leased_at = row.get("LeasedAt")
    written = row.metadata["timestamp"] or _NEVER
    since = datetime.fromisoformat(leased_at) if leased_at else written
    return Lease(tenant_id, _reservation(hub, row), since, str(etag_of(row)))


def _reservation(hub: str, row: TableEntity) -> Reservation:
    subnet = row.get("NodeSubnet")
    return Reservation(
        hub=hub,
        address_range=IPv4Network(row["Range"]),
        node_subnet=IPv4Network(subnet) if subnet else None,
        reserved_on=date.fromisoformat(row["ReservedOn"]),
    )
