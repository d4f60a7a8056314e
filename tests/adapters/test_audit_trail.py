"""The audit's rows in genuine tables: read in order, and whatever was done to them is found."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from azure.data.tables import TableEntity, UpdateMode
from azure.data.tables.aio import TableClient

from activities.audit_reading import audit_page, verify_chain
from activities.dependencies import Dependencies
from azure_adapters.audit_log import TableAuditLog
from azure_adapters.audit_trail import TableAuditTrail
from landing_zone.audit import AuditRecord, chain
from landing_zone.audit_trail.filters import Asked, AuditFilter
from landing_zone.audit_trail.rows import Head, Place, Span, key_of, only
from landing_zone.audit_trail.verifying import FaultKind, Receipt
from landing_zone.request_parsing import InvalidRequest
from tests.adapters.test_audit_log import entry
from tests.fakes import World

CHAIN = "contoso"
LENGTH = 6


def deps_of(table: TableClient) -> Dependencies:
    """The dependencies of a reader of that table."""
    return replace(World().deps, trail=TableAuditTrail(table))


async def noted(table: TableClient, *, length: int = LENGTH, name: str = CHAIN) -> None:
    """A chain of that many records."""
    log = TableAuditLog(table)
    for number in range(1, length + 1):
        await log.append(entry(f"ev-{number}", name))


class Table:
    """The rows of the chain, for a test to tamper with."""

    def __init__(self, table: TableClient) -> None:
        self.client = table

    async def row(self, number: int) -> TableEntity:
        """The row of a record."""
        return await self.client.get_entity(CHAIN, f"record:{key_of(number)}")

    async def record(self, number: int) -> AuditRecord:
        """A record."""
        return AuditRecord.model_validate_json((await self.row(number))["Record0"])

    async def put(self, number: int, record: AuditRecord, suffix: str = "") -> None:
        """Write a record to a place, whatever is there."""
        row = {
            "PartitionKey": CHAIN,
            "RowKey": f"record:{key_of(number)}{suffix}",
            "Record0": record.model_dump_json(),
        }
        await self.client.upsert_entity(row, mode=UpdateMode.REPLACE)

    async def remove(self, number: int) -> None:
        """Remove a row."""
        await self.client.delete_entity(CHAIN, f"record:{key_of(number)}")

    async def head(self, **values: Any) -> None:
        """Make the head say something else."""
        row = {"PartitionKey": CHAIN, "RowKey": "head", **values}
        await self.client.upsert_entity(row, mode=UpdateMode.REPLACE)


async def change_text(table: Table) -> None:
    """The third record says something else."""
    row = await table.row(3)
    row["Record0"] = str(row["Record0"]).replace('"done"', '"fine"')
    await table.client.update_entity(row)


async def change_with_its_hash(table: Table) -> None:
    """And its hash was made anew."""
    kept = await table.record(3)
    other = kept.entry.model_copy(update={"outcome": "fine"})
    await table.put(3, chain(other, await table.record(2)))


async def spoil(table: Table) -> None:
    """The third row holds no record."""
    row = await table.row(3)
    row["Record0"] = "{"
    await table.client.update_entity(row)


async def remove(table: Table) -> None:
    """The third row is gone."""
    await table.remove(3)


async def remove_and_move_up(table: Table) -> None:
    """The third row is gone, and those behind it have its place."""
    for number in range(3, LENGTH):
        await table.put(number, await table.record(number + 1))
    await table.remove(LENGTH)


async def swap(table: Table) -> None:
    """The third and the fifth row stand in each other's place."""
    third, fifth = await table.record(3), await table.record(5)
    await table.put(3, fifth)
    await table.put(5, third)


async def put_in(table: Table) -> None:
    """A row stands in the third place; those behind have made room."""
    records = [await table.record(number) for number in range(1, LENGTH + 1)]
    other = records[2].entry.model_copy(update={"event_id": "mallory"})
    for number, record in enumerate([chain(other, records[1]), *records[2:]], 3):
        await table.put(number, record)


async def put_in_between(table: Table) -> None:
    """A row has a key of its own between the second and the third."""
    await table.put(2, await table.record(2), suffix="a")


async def put_in_behind(table: Table) -> None:
    """A row follows the last one, and the head does not know it."""
    await table.put(LENGTH + 1, chain(entry("mallory"), await table.record(LENGTH)))


async def cut_off(table: Table) -> None:
    """The last two rows are gone."""
    await table.remove(LENGTH)
    await table.remove(LENGTH - 1)


async def cut_off_with_the_head(table: Table) -> None:
    """And the head says that there never were more; the events are still marked."""
    await cut_off(table)
    last = await table.record(LENGTH - 2)
    await table.head(Sequence=last.sequence, Hash=last.hash)


async def remove_the_head(table: Table) -> None:
    """Nothing says where the chain ends."""
    await table.client.delete_entity(CHAIN, "head")


async def spoil_the_head(table: Table) -> None:
    """It says nothing that can be understood."""
    await table.head(Sequence="six")


@pytest.mark.parametrize(
    ("tampering", "number", "kind"),
    [
        (change_text, 3, FaultKind.CHANGED),
        (change_with_its_hash, 3, FaultKind.CHANGED),
        (spoil, 3, FaultKind.CHANGED),
        (remove, 3, FaultKind.REMOVED),
        (remove_and_move_up, 3, FaultKind.REMOVED),
        (swap, 3, FaultKind.MOVED),
        (put_in, 3, FaultKind.PUT_IN),
        (put_in_between, 3, FaultKind.PUT_IN),
        (put_in_behind, LENGTH + 1, FaultKind.PUT_IN),
        (cut_off, LENGTH - 1, FaultKind.CUT_OFF),
        (cut_off_with_the_head, LENGTH - 1, FaultKind.CUT_OFF),
        (remove_the_head, LENGTH, FaultKind.HEAD),
        (spoil_the_head, LENGTH, FaultKind.HEAD),
    ],
)
async def test_what_was_done_to_a_table_is_named_with_its_row(
    table: TableClient,
    tampering: Callable[[Table], Awaitable[None]],
    number: int,
    kind: FaultKind,
) -> None:
    """And before it was done, the chain was whole."""
    await noted(table)
    await noted(table, name="contoso-2")
    deps = deps_of(table)
    assert (await verify_chain(deps, CHAIN)).fault is None
    await tampering(Table(table))
    verdict = await verify_chain(deps, CHAIN)
    assert verdict.fault is not None
    assert (verdict.fault.number, verdict.fault.kind) == (number, kind)
    assert (await verify_chain(deps, "contoso-2")).fault is None


async def test_chain_that_was_made_anew_breaks_the_receipt_of_an_earlier_one(
    table: TableClient,
) -> None:
    """Rows, marks and head all fit each other."""
    await noted(table)
    deps = deps_of(table)
    verdict = await verify_chain(deps, CHAIN)
    receipt = Receipt(verdict.length, verdict.hash)
    await TableAuditLog(table).append(entry("later"))
    assert (await verify_chain(deps, CHAIN, receipt)).fault is None
    last: AuditRecord | None = None
    for number in range(1, LENGTH + 2):
        kept = (await Table(table).record(number)).entry
        last = chain(kept.model_copy(update={"actor": "mallory"}), last)
        await Table(table).put(number, last)
    assert last is not None
    await Table(table).head(Sequence=last.sequence, Hash=last.hash)
    assert (await verify_chain(deps, CHAIN)).fault is None
    fault = (await verify_chain(deps, CHAIN, receipt)).fault
    assert fault is not None
    assert (fault.number, fault.kind) == (LENGTH, FaultKind.CHANGED)


async def test_long_chain_is_verified_over_many_answers(table: TableClient) -> None:
    """Azure's tables answer a thousand rows at a time (learn: query-timeout-and-pagination)."""
    rows: list[dict[str, Any]] = []
    last: AuditRecord | None = None
    for number in range(1, 1_206):
        last = chain(entry(f"ev-{number}"), last)
        key = f"record:{key_of(number)}"
        rows.append(
            {"PartitionKey": CHAIN, "RowKey": key, "Record0": last.model_dump_json()},
        )
    assert last is not None
    for start in range(0, len(rows), 100):
        await table.submit_transaction([("create", row) for row in rows[start : start + 100]])
    await Table(table).head(Sequence=last.sequence, Hash=last.hash)
    verdict = await verify_chain(deps_of(table), CHAIN)
    assert (verdict.length, verdict.hash, verdict.fault) == (1_205, last.hash, None)
    await Table(table).remove(1_100)
    fault = (await verify_chain(deps_of(table), CHAIN)).fault
    assert fault is not None
    assert (fault.number, fault.kind) == (1_100, FaultKind.REMOVED)


async def places(table: TableClient, span: Span, after: Place | None = None) -> list[Place]:
    """Where the rows of some chains stand."""
    return [row.place async for row in TableAuditTrail(table).rows(span, after)]


async def test_rows_come_by_chain_and_number(table: TableClient) -> None:
    """From wherever a reader left off; heads and marks are no rows."""
    names = ["contoso", "fabrikam", "hub:hub-weu:dns", "hub:hub-weu:network"]
    for name in reversed(names):
        await noted(table, length=11, name=name)
    every = [Place(name, key_of(number)) for name in names for number in range(1, 12)]
    assert await places(table, Span()) == every
    assert await places(table, only("fabrikam")) == every[11:22]
    assert await places(table, Span("fabrikam", "hub:hub-weu:dns")) == every[11:33]
    for at in (0, 10, 11, 42, 43):
        assert await places(table, Span(), every[at]) == every[at + 1 :]
    assert await places(table, only("contoso"), every[3]) == every[4:11]


async def test_pages_together_hold_everything_once(table: TableClient) -> None:
    """And each continuation is refused once the row that it names is another one."""
    for name in ("contoso", "fabrikam"):
        await noted(table, length=5, name=name)
    deps, found, continuation = deps_of(table), [], ""
    while True:
        asked = Asked(filter=AuditFilter(), top=3, continuation=continuation)
        page = await audit_page(deps, asked)
        found += [(row.place.chain, row.place.number) for row in page.items]
        if not page.continuation:
            break
        continuation = page.continuation
    assert found == [(name, at) for name in ("contoso", "fabrikam") for at in range(1, 6)]
    row = await table.get_entity("fabrikam", f"record:{key_of(4)}")
    row["Record0"] = str(row["Record0"]).replace("a", "b")
    await table.update_entity(row)
    with pytest.raises(InvalidRequest, match="continuation"):
        await audit_page(deps, Asked(filter=AuditFilter(), continuation=continuation))


async def test_head_is_what_the_log_wrote_last(table: TableClient) -> None:
    """A chain that was never begun has none; events are marked under their records' numbers."""
    trail = TableAuditTrail(table)
    assert await trail.head(CHAIN) is None
    await noted(table, length=3)
    assert await trail.head(CHAIN) == Head(3, (await Table(table).record(3)).hash)
    assert sorted([number async for number in trail.noted(CHAIN)]) == [1, 2, 3]
    assert await trail.row(Place(CHAIN, key_of(4))) is None
