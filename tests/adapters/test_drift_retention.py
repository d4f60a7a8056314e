"""Adding up what was counted long ago, on genuine tables."""

import asyncio
from datetime import timedelta

from azure.data.tables.aio import TableClient

from azure_adapters.drift_inbox import TableDriftInbox
from landing_zone.drift.retention import BEFORE, KEPT
from landing_zone.drift.rows import SHARDS, SeenEvent
from tests.fakes import NOON, FakeClock
from tests.unit.drift.drawn import OWNER, RESOURCE

DAY = timedelta(days=1)


async def counted(table: TableClient, clock: FakeClock, events: int = 20) -> None:
    """Let a process count events in every shard or so, and die."""
    inbox = TableDriftInbox(table, clock)
    await asyncio.gather(*(inbox.count({"ignored:own": 1}) for number in range(events)))


async def rows_of(table: TableClient) -> int:
    """How many rows there are."""
    return len([row async for row in table.list_entities()])


async def test_days_that_are_over_become_one_row_a_shard(table: TableClient) -> None:
    """However many processes counted; no count changes, and doing it again does nothing."""
    clock = FakeClock()
    for _ in range(3):
        await counted(table, clock)
    inbox = TableDriftInbox(table, clock)
    before = await inbox.tallies()
    assert await inbox.tidy(NOON + DAY) == 0
    fewer = await inbox.tidy(NOON + 2 * DAY)
    assert fewer > 0
    assert await inbox.tallies() == before == {"2026-03-14": {"ignored:own": 60}}
    assert await rows_of(table) <= SHARDS
    assert await inbox.tidy(NOON + 2 * DAY) == 0


async def test_what_was_long_ago_is_one_day(table: TableClient) -> None:
    """All that was counted stays counted; what is noted stays noted."""
    clock = FakeClock()
    inbox = TableDriftInbox(table, clock)
    for _ in range(3):
        await counted(table, clock)
        clock.move(DAY.total_seconds())
        await inbox.tidy(clock.now())
    row = (await inbox.note(RESOURCE, OWNER, _event())).row
    later = NOON + KEPT + 2 * DAY
    await inbox.tidy(later)
    assert await inbox.tallies() == {
        BEFORE: {"ignored:own": 40},
        "2026-03-16": {"ignored:own": 20},
    }
    await inbox.tidy(later + DAY)
    assert await inbox.tallies() == {BEFORE: {"ignored:own": 60}}
    assert await rows_of(table) <= SHARDS + 1
    assert await inbox.rows() == [row]


async def test_two_who_add_up_at_once_count_nothing_twice(
    tables: tuple[TableClient, TableClient],
) -> None:
    """Nor does who goes on counting meanwhile lose anything."""
    clock = FakeClock()
    late = TableDriftInbox(tables[0], clock)
    for number in range(4):
        await late.count({"ignored:own": 1})
        await counted(tables[number % 2], clock)
    both = [TableDriftInbox(table, clock) for table in tables]
    await asyncio.gather(
        *(one.tidy(NOON + 2 * DAY) for one in both),
        *(late.count({"ignored:own": 1}) for number in range(10)),
    )
    await both[0].tidy(NOON + 2 * DAY)
    assert await both[1].tallies() == {"2026-03-14": {"ignored:own": 94}}


def _event() -> SeenEvent:
    return SeenEvent(id="a", at=NOON, subject=RESOURCE)
