"""Audit chains on genuine tables: whole, whoever writes at once."""

import asyncio
from typing import Any, cast

from azure.data.tables.aio import TableClient

from azure_adapters.audit_log import TableAuditLog
from landing_zone.audit import AuditEntry, AuditRecord, verify
from landing_zone.ports import AuditLog
from tests.adapters.counting import Counting
from tests.fakes import NOON

type Tables = tuple[TableClient, TableClient]


def entry(event_id: str, tenant_id: str = "contoso", **changes: Any) -> AuditEntry:
    """An entry, with changes."""
    values: dict[str, Any] = {
        "tenant_id": tenant_id,
        "operation_id": f"{tenant_id}.1",
        "event_id": event_id,
        "action": "resource.apply",
        "actor": "spokewright",
        "resource": "/subscriptions/1",
        "outcome": "done",
        "at": NOON,
    }
    return AuditEntry.model_validate(values | changes)


async def records(log: AuditLog, tenant_id: str = "contoso") -> list[AuditRecord]:
    """The whole chain."""
    return [record async for record in log.read(tenant_id)]


async def test_concurrent_entries_make_one_whole_chain(tables: Tables) -> None:
    """Through two processes' logs; each entry is there once."""
    logs: list[AuditLog] = [TableAuditLog(table) for table in tables]
    made = await asyncio.gather(*(logs[at % 2].append(entry(f"ev-{at}")) for at in range(24)))
    chain = await records(logs[0])
    head = max(made, key=lambda record: record.sequence).hash
    assert verify(chain, expected_head=head, expected_length=24).valid
    assert {record.entry.event_id for record in chain} == {f"ev-{at}" for at in range(24)}


async def test_same_event_is_noted_once(tables: Tables) -> None:
    """Though many note it at once; all are told the same record."""
    logs = [TableAuditLog(table) for table in tables]
    await logs[0].append(entry("first"))
    made = await asyncio.gather(*(logs[at % 2].append(entry("same")) for at in range(8)))
    await logs[0].append(entry("last"))
    assert len({record.hash for record in made}) == 1
    chain = await records(logs[0])
    assert [record.entry.event_id for record in chain] == ["first", "same", "last"]
    assert await logs[1].append(entry("same")) == chain[1]


async def test_entries_that_come_at_once_are_written_together(table: TableClient) -> None:
    """And what follows in the same process is not read first."""
    counting = Counting(table)
    log = TableAuditLog(cast("TableClient", counting))
    await asyncio.gather(*(log.append(entry(f"ev-{at}")) for at in range(100)))
    assert counting.transactions <= 5
    read = counting.reads
    await log.append(entry("after"))
    assert (counting.transactions <= 6, counting.reads) == (True, read)
    chain = await records(TableAuditLog(table))
    assert verify(chain, expected_length=101).valid
    assert len({record.entry.event_id for record in chain}) == 101


async def test_large_entries_that_come_at_once_fit_their_transactions(table: TableClient) -> None:
    """Each of 300 KB, in a transaction of 4 MB at most."""
    log = TableAuditLog(table)
    large = {"message": "x" * 300_000}
    await asyncio.gather(*(log.append(entry(f"ev-{at}", details=large)) for at in range(20)))
    assert verify(await records(log), expected_length=20).valid


async def test_tenants_have_chains_of_their_own(table: TableClient) -> None:
    """Each begins at one."""
    log = TableAuditLog(table)
    for tenant in ("contoso", "contoso-2", "contoso"):
        await log.append(entry(f"{tenant}-{len(await records(log, tenant))}", tenant))
    assert [record.sequence for record in await records(log)] == [1, 2]
    assert [record.sequence for record in await records(log, "contoso-2")] == [1]
    assert await records(log, "nobody") == []


async def test_long_entry_comes_back_whole(table: TableClient) -> None:
    """Longer than one property of a row may be, in any language."""
    log = TableAuditLog(table)
    long = entry("ev", details={"message": "東京 Zürich \U0001f5fc" * 9000})
    made = await log.append(long)
    [kept] = await records(log)
    assert (kept, kept.entry) == (made, long)
    assert verify([kept]).valid


async def test_order_is_kept_beyond_nine(table: TableClient) -> None:
    """Rows sort as texts."""
    log = TableAuditLog(table)
    for at in range(12):
        await log.append(entry(f"ev-{at}"))
    assert [record.sequence for record in await records(log)] == list(range(1, 13))


async def test_row_that_was_changed_is_found(table: TableClient) -> None:
    """The chain is what makes it evident."""
    log = TableAuditLog(table)
    for at in range(3):
        await log.append(entry(f"ev-{at}"))
    row = await table.get_entity("contoso", "record:000000000002")
    row["Record0"] = str(row["Record0"]).replace("done", "fine")
    await table.update_entity(row)
    assert verify(await records(log)).first_broken_sequence == 2


async def test_the_last_record_is_the_end_of_its_chain(table: TableClient) -> None:
    """A hub's chain stands beside those of the tenants."""
    log = TableAuditLog(table)
    assert await log.last("hub:hub-weu:network") is None
    for at in range(11):
        made = await log.append(entry(f"write-{at}:begun", "hub:hub-weu:network"))
        await log.append(entry(f"ev-{at}"))
    assert await log.last("hub:hub-weu:network") == made
    assert verify(await records(log, "hub:hub-weu:network")).length == 11
