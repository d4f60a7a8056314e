"""What is noted of resources that may have drifted, on genuine tables."""

import asyncio
from datetime import timedelta

from azure.data.tables.aio import TableClient

from azure_adapters.drift_inbox import TableDriftInbox
from landing_zone.drift.rows import MOST_EVENTS, MOST_SUBJECTS, SeenEvent
from landing_zone.drift.tallies import because
from landing_zone.remediation.owners import Owner
from tests.fakes import NOON, FakeClock

type Tables = tuple[TableClient, TableClient]
GROUP = "/subscriptions/0c0ffee0-0000-4000-8000-000000000042/resourceGroups/rg-a/providers"
DAY = "2026-03-14"
OWNER = Owner(kind="tenant", name="contoso", hub="hub-weu")


def inbox(table: TableClient) -> TableDriftInbox:
    """The inbox in a table."""
    return TableDriftInbox(table, FakeClock())


def account(number: int) -> str:
    """ARM id of a storage account."""
    return f"{GROUP}/Microsoft.Storage/storageAccounts/st{number}"


def event(name: str, subject: str = account(1), late: float = 0.0) -> SeenEvent:
    """An event of some seconds before noon."""
    return SeenEvent(id=name, at=NOON - timedelta(seconds=late), subject=subject)


async def test_events_of_a_resource_join_one_row(tables: Tables) -> None:
    """However its id is spelt, whichever process notes them; the earliest counts."""
    one, other = map(inbox, tables)
    first = await one.note(account(1), OWNER, event("a", late=2))
    second = await other.note(account(1).upper(), OWNER, event("b", late=9))
    assert (first.fresh, second.fresh, second.again) == (True, False, False)
    assert second.row.instance == first.row.instance
    assert (second.row.events, second.row.first_at) == (2, NOON - timedelta(seconds=9))
    assert await one.rows() == [second.row]


async def test_an_event_that_comes_twice_is_noted_once(tables: Tables) -> None:
    """It is counted as what it is."""
    one, other = map(inbox, tables)
    noted = await one.note(account(1), OWNER, event("a"))
    again = await other.note(account(1), OWNER, event("a"))
    assert (again.fresh, again.again, again.row) == (False, True, noted.row)
    assert await one.tallies() == {DAY: {"duplicate": 1}}


async def test_a_row_is_removed_only_as_it_was_before_the_look(tables: Tables) -> None:
    """An event that came during the look is looked at as well."""
    one, other = map(inbox, tables)
    await one.note(account(1), OWNER, event("a"))
    seen = await one.get(account(1))
    assert seen is not None
    await other.note(account(1), OWNER, event("b"))
    assert not await one.settle(seen)
    seen = await one.get(account(1))
    assert seen is not None
    assert await one.settle(seen)
    assert await other.get(account(2)) is None
    assert await one.rows() == []
    assert await one.tallies() == {DAY: {"coalesced": 1, "handled": 1}}


async def test_a_row_is_not_removed_twice(tables: Tables) -> None:
    """Nor is what it held counted twice."""
    one, other = map(inbox, tables)
    await one.note(account(1), OWNER, event("a"))
    seen = await one.get(account(1))
    same = await other.get(account(1))
    assert seen is not None
    assert same == seen
    assert await one.settle(seen)
    assert not await other.settle(same)
    assert await other.get(account(1)) is None
    assert await one.tallies() == {DAY: {"handled": 1}}


async def test_a_resource_that_drifts_again_has_another_orchestration(tables: Tables) -> None:
    """The one before may still be ending."""
    one, _ = map(inbox, tables)
    first = await one.note(account(1), OWNER, event("a"))
    seen = await one.get(account(1))
    assert seen is not None
    assert await one.settle(seen)
    second = await one.note(account(1), OWNER, event("b"))
    assert second.fresh
    assert second.row.instance != first.row.instance


async def test_a_storm_through_two_processes_loses_no_event(tables: Tables) -> None:
    """Noted, settled and counted at once, by both; each is handled, coalesced or still there."""
    both = [inbox(table) for table in tables]

    async def note(number: int) -> None:
        chosen = both[number % 2]
        await chosen.note(account(number % 7), OWNER, event(f"event-{number}"))
        await chosen.count(because("ignored", "own-write"))
        seen = await chosen.get(account(number % 7))
        if number % 3 == 0 and seen is not None:
            await chosen.settle(seen)

    await asyncio.gather(*map(note, range(140)))
    (counted,) = (await both[0].tallies()).values()
    left = sum(row.events for row in await both[1].rows())
    assert counted["ignored:own-write"] == 140
    assert counted["handled"] + counted.get("coalesced", 0) + left == 140


async def test_a_row_stays_small_however_many_events_come(tables: Tables) -> None:
    """They are counted all the same."""
    one, _ = map(inbox, tables)
    parts = [f"{account(1)}/parts/{number}" for number in range(60)]
    await asyncio.gather(
        *(one.note(account(1), OWNER, event(part, subject=part)) for part in parts)
    )
    (row,) = await one.rows()
    assert row.events == 60
    assert (len(row.event_ids), len(row.subjects)) == (MOST_EVENTS, MOST_SUBJECTS)
