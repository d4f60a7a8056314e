"""What was found, on genuine tables."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from azure.data.tables.aio import TableClient

from azure_adapters.findings import MOST_TOGETHER, TableFindings
from landing_zone.remediation.findings import Finding, FindingState
from tests.adapters.counting import Counting
from tests.fakes import NOON
from tests.unit.drift.drawn import OWNER, RESOURCE, finding

type Tables = tuple[TableClient, TableClient]
S = FindingState
NAME = OWNER.name


async def listed(found: AsyncIterator[Finding]) -> list[Finding]:
    """All of them."""
    return [one async for one in found]


def over(at: datetime = NOON, **changes: Any) -> Finding:
    """A finding that is over."""
    return finding(S.FIXED, fixed_at=at, **changes)


async def test_findings_of_a_resource_are_kept_together(tables: Tables) -> None:
    """However its id is spelt; another process sees them."""
    one, other = map(TableFindings, tables)
    assert await one.of(NAME, RESOURCE) == ((), "")
    kept = (finding(), finding(S.PARKED, rule="public-ip", error="no role"))
    etag = await one.put(NAME, RESOURCE, kept, "")
    assert etag
    assert await other.of(NAME, RESOURCE.upper()) == (kept, etag)
    assert await other.of("fabrikam", RESOURCE) == ((), "")


async def test_only_the_first_of_two_changes_them(tables: Tables) -> None:
    """Be they new, changed, or gone meanwhile."""
    one, other = map(TableFindings, tables)
    first = await one.put(NAME, RESOURCE, [finding()], "")
    assert first
    assert await other.put(NAME, RESOURCE, [finding(S.PARKED)], "") is None
    second = await other.put(NAME, RESOURCE, [finding(S.PARKED)], first)
    assert second
    assert await one.put(NAME, RESOURCE, [finding()], first) is None
    assert (await one.of(NAME, RESOURCE)).value == (finding(S.PARKED),)
    assert await one.put(NAME, f"{RESOURCE}2", [finding()], first) is None


async def test_those_who_write_at_once_share_a_transaction(table: TableClient) -> None:
    """The first goes at once, by itself; one that is late does not keep the others from theirs."""
    counting: Any = Counting(table)
    store = TableFindings(counting)
    names = [f"{RESOURCE}{number}" for number in range(MOST_TOGETHER)]
    etags = await asyncio.gather(*(store.put(NAME, name, [finding()], "") for name in names))
    assert all(etags)
    assert counting.transactions == 2
    wrong = [etag if number else "" for number, etag in enumerate(etags)]
    again = await asyncio.gather(
        *(
            TableFindings(table).put(NAME, name, [finding(S.PARKED)], etag or "")
            for name, etag in zip(names, wrong, strict=True)
        )
    )
    assert again[0] is None
    assert all(again[1:])


async def test_a_late_one_does_not_spoil_the_transaction_of_others(table: TableClient) -> None:
    """Each is then written by itself."""
    store = TableFindings(table)
    await store.put(NAME, f"{RESOURCE}0", [finding()], "")
    etags = await asyncio.gather(
        *(store.put(NAME, f"{RESOURCE}{number}", [over()], "") for number in range(8))
    )
    assert etags[0] is None
    assert all(etags[1:])
    assert len(await listed(store.all(NAME))) == 8


async def test_all_are_listed_or_those_of_one_owner(table: TableClient) -> None:
    """An owner's name is a value, never a part of the question."""
    store = TableFindings(table)
    hub = OWNER.model_copy(update={"kind": "hub", "name": "hub-weu"})
    await store.put(NAME, RESOURCE, [finding(), finding(rule="public-ip")], "")
    await store.put(hub.name, RESOURCE, [finding(owner=hub)], "")
    assert len(await listed(store.all())) == 3
    assert await listed(store.all("hub-weu")) == [finding(owner=hub)]
    assert await listed(store.all("x' or PartitionKey ne '")) == []


async def test_many_findings_of_one_resource_fit(table: TableClient) -> None:
    """More than one property of a row takes."""
    store = TableFindings(table)
    many = [finding(resource_id=f"{RESOURCE}/subnets/{number}") for number in range(200)]
    assert await store.put(NAME, RESOURCE, many, "")
    assert (await store.of(NAME, RESOURCE)).value == tuple(many)


async def test_what_was_over_long_ago_is_forgotten(tables: Tables) -> None:
    """Rows that tell nothing more are gone; the others are written anew."""
    one, other = map(TableFindings, tables)
    later = NOON + timedelta(days=1)
    await one.put(NAME, RESOURCE, [over()], "")
    await one.put(NAME, f"{RESOURCE}2", [over(), over(later, rule="public-ip")], "")
    kept = await one.put(NAME, f"{RESOURCE}3", [finding(), over(later, rule="public-ip")], "")
    assert await other.forget(later) == 2
    assert await one.of(NAME, RESOURCE) == ((), "")
    assert (await one.of(NAME, f"{RESOURCE}2")).value == (over(later, rule="public-ip"),)
    assert (await one.of(NAME, f"{RESOURCE}3")).etag == kept
    assert await other.forget(later) == 0
    assert await one.put(NAME, RESOURCE, [finding()], "")
