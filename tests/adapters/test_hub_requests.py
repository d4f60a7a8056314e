"""What tenants want of a hub, on genuine tables."""

import asyncio

from azure.data.tables.aio import TableClient

from azure_adapters.hub_requests import TableHubRequests
from landing_zone.errors import PermanentError
from tests.fakes import NOON, FakeClock
from tests.unit.hub_members import firewall, peered

type Tables = tuple[TableClient, TableClient]
HUB = "hub-weu"
NAMES = tuple(f"service-{number}.research.contoso.com" for number in range(200))


def requests(table: TableClient) -> TableHubRequests:
    """The requests in a table."""
    return TableHubRequests(table, FakeClock())


async def test_what_is_asked_for_is_kept(tables: Tables) -> None:
    """Long lists of names too; the lanes are apart."""
    one, other = map(requests, tables)
    member = firewall(1, "azure", fqdns=NAMES)
    row = await one.ask(member, present=True)
    assert row is not None
    assert (row.member, row.state, row.since) == (member, "waiting", NOON)
    assert await other.get(HUB, "firewall", "tenant-1") == row
    assert await other.get(HUB, "network", "tenant-1") is None
    assert [found.value for found in await other.all(HUB, "firewall")] == [row]
    assert await other.all("hub-neu", "firewall") == []


async def test_asking_at_once_leaves_one_row_each(tables: Tables) -> None:
    """Through two processes' adapters, twice each."""
    both = [requests(table) for table in tables]
    await asyncio.gather(*(both[at % 2].ask(peered(at // 4), present=True) for at in range(20)))
    rows = await both[0].all(HUB, "network")
    assert sorted(row.value.member.tenant_id for row in rows) == [f"tenant-{n}" for n in range(5)]


async def test_an_answer_to_an_older_wish_is_none(tables: Tables) -> None:
    """Who has asked for something else meanwhile is not told that it has it."""
    one, other = map(requests, tables)
    await one.ask(firewall(1, "azure"), present=True)
    (seen,) = await one.all(HUB, "firewall")
    await other.ask(firewall(1, "azure"), present=False)
    assert not await one.settle(seen)
    row = await one.get(HUB, "firewall", "tenant-1")
    assert row is not None
    assert (row.present, row.state) == (False, "waiting")


async def test_who_comes_back_is_not_removed(tables: Tables) -> None:
    """An answer to the wish to be gone does not meet the wish to be there."""
    one, other = map(requests, tables)
    await one.ask(firewall(1, "azure"), present=True)
    await one.ask(firewall(1, "azure"), present=False)
    (seen,) = await one.all(HUB, "firewall")
    back = await other.ask(firewall(1, "azure"), present=True)
    assert not await one.settle(seen)
    assert await one.get(HUB, "firewall", "tenant-1") == back


async def test_answers_are_kept(tables: Tables) -> None:
    """Refused with its reason, then applied, then gone."""
    one, _ = map(requests, tables)
    await one.ask(firewall(1, "azure"), present=True)
    (seen,) = await one.all(HUB, "firewall")
    assert await one.settle(seen, PermanentError("Refused", "no", "ask"))
    row = await one.get(HUB, "firewall", "tenant-1")
    assert row is not None
    assert (row.state, row.code, row.message, row.hint) == ("failed", "Refused", "no", "ask")
    await one.ask(firewall(1, "azure"), present=True)
    (seen,) = await one.all(HUB, "firewall")
    assert (seen.value.state, await one.settle(seen)) == ("waiting", True)
    row = await one.ask(firewall(1, "azure"), present=True)
    assert row is not None
    assert row.state == "applied"
    await one.ask(firewall(1, "azure"), present=False)
    (seen,) = await one.all(HUB, "firewall")
    assert await one.settle(seen)
    assert await one.get(HUB, "firewall", "tenant-1") is None
    assert await one.ask(firewall(1, "azure"), present=False) is None
