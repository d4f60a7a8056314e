"""The registry on genuine tables: versions decide who is first."""

import asyncio
from typing import Any

import pytest
from azure.data.tables.aio import TableClient

from azure_adapters.registry import TableTenantRegistry
from landing_zone.access import PrincipalId
from landing_zone.ends import OpenWork
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import NOON, example_request

type Tables = tuple[TableClient, TableClient]


def record(tenant_id: str = "contoso", **changes: Any) -> TenantRecord:
    """A tenant's record, with changes."""
    made = new_tenant(example_request(tenantId=tenant_id), "ann", NOON)
    return made.model_copy(update=changes)


async def test_record_comes_back_as_it_was_put(table: TableClient) -> None:
    """Whatever its language, and longer than one property of a row may be."""
    registry = TableTenantRegistry(table)
    work = tuple(OpenWork(key=f"k{at}", reason="Zürich — 東京 🗼" * 100) for at in range(60))
    kept = record(open_work=work, state=TenantState.FAILED)
    assert await registry.insert(kept)
    found = await registry.get("contoso")
    assert found is not None
    assert found.value == kept


async def test_tenant_that_is_not_there_is_none(table: TableClient) -> None:
    """Whatever is asked for: nothing of a caller's text is a query."""
    registry = TableTenantRegistry(table)
    assert await registry.get("nobody") is None
    assert await registry.get("' or 1 eq 1") is None


async def test_shorter_record_leaves_nothing_of_the_longer_one(table: TableClient) -> None:
    """A row is replaced, not merged."""
    registry = TableTenantRegistry(table)
    work = (OpenWork(key="k", reason="x" * 100_000),)
    await registry.insert(record(open_work=work))
    found = await registry.get("contoso")
    assert found is not None
    assert await registry.replace(record(), found.etag)
    found = await registry.get("contoso")
    assert found is not None
    assert found.value == record()


async def test_tenant_is_added_once(tables: Tables) -> None:
    """Of twenty who add it at once through two clients, one does."""
    registries = [TableTenantRegistry(table) for table in tables]
    added = await asyncio.gather(
        *(registries[at % 2].insert(record(actor=f"actor-{at}")) for at in range(20))
    )
    assert added.count(True) == 1
    found = await registries[0].get("contoso")
    assert found is not None
    assert found.value.actor == f"actor-{added.index(True)}"


async def test_of_all_who_change_the_same_version_one_is_first(tables: Tables) -> None:
    """The others are told, and what the first wrote stays."""
    registries = [TableTenantRegistry(table) for table in tables]
    await registries[0].insert(record())
    found = await registries[0].get("contoso")
    assert found is not None
    changed = await asyncio.gather(
        *(registries[at % 2].replace(record(actor=f"actor-{at}"), found.etag) for at in range(10))
    )
    assert changed.count(True) == 1
    after = await registries[1].get("contoso")
    assert after is not None
    assert after.value.actor == f"actor-{changed.index(True)}"
    assert after.etag != found.etag


async def test_tenant_that_is_not_there_cannot_be_changed(table: TableClient) -> None:
    """And is not made."""
    registry = TableTenantRegistry(table)
    assert not await registry.replace(record(), "W/\"datetime'2026-03-14'\"")
    assert await registry.get("contoso") is None


@pytest.mark.parametrize("size", [1, 3, 7, 50])
async def test_pages_give_every_tenant_once_in_order(table: TableClient, size: int) -> None:
    """Each page is full but the last, and the last has no continuation."""
    registry = TableTenantRegistry(table)
    tenants = sorted(["abc", "ab-c", "a0c", "zeta", "mid", "mid-1", "mid1"])
    for tenant in reversed(tenants):
        await registry.insert(record(tenant))
    seen: list[str] = []
    continuation = ""
    sizes: list[int] = []
    for _ in tenants:
        page = await registry.page(size, continuation)
        seen.extend(item.tenant_id for item in page.items)
        sizes.append(len(page.items))
        continuation = page.continuation
        if not continuation:
            break
    assert (seen, continuation) == (tenants, "")
    assert all(count == size for count in sizes[:-1])
    assert 1 <= sizes[-1] <= size


async def test_no_tenants_are_an_empty_page(table: TableClient) -> None:
    """Without a continuation; one that names nobody gives what comes behind it."""
    registry = TableTenantRegistry(table)
    assert await registry.page(10) == ((), "")
    await registry.insert(record("contoso"))
    assert len((await registry.page(10, "b' or RowKey ge 'a")).items) == 1
    assert len((await registry.page(10, "d")).items) == 0


SUBSCRIPTION = "88888888-8888-4888-8888-88888888AbCd"


async def test_subscription_is_claimed_by_one_tenant(tables: Tables) -> None:
    """Of all who claim it at once, in whatever spelling; each is told who."""
    registries = [TableTenantRegistry(table) for table in tables]
    spellings = (SUBSCRIPTION, SUBSCRIPTION.upper())
    holders = await asyncio.gather(
        *(registries[at % 2].claim_subscription(spellings[at % 2], f"t-{at}") for at in range(8))
    )
    assert len(set(holders)) == 1
    assert await registries[0].claim_subscription(SUBSCRIPTION, "late") == holders[0]
    assert (await registries[0].page(10)).items == ()


async def test_subscription_is_let_go_by_its_holder_only(table: TableClient) -> None:
    """Twice is no error."""
    registry = TableTenantRegistry(table)
    await registry.claim_subscription(SUBSCRIPTION, "contoso")
    await registry.release_subscription(SUBSCRIPTION, "fabrikam")
    assert await registry.claim_subscription(SUBSCRIPTION, "fabrikam") == "contoso"
    for _ in range(2):
        await registry.release_subscription(SUBSCRIPTION.lower(), "contoso")
    assert await registry.claim_subscription(SUBSCRIPTION, "fabrikam") == "fabrikam"


async def test_holder_of_a_subscription_is_told_without_a_claim(table: TableClient) -> None:
    """Whatever the case of its id; nobody holds what nobody has claimed."""
    registry = TableTenantRegistry(table)
    assert await registry.subscription_holder("ABC") is None
    assert await registry.claim_subscription("abc", "contoso") == "contoso"
    assert await registry.subscription_holder("ABC") == "contoso"


async def test_an_owners_tenants_are_paged_without_the_others(table: TableClient) -> None:
    """A continuation names one of theirs, and a row without owner is nobody's."""
    registry = TableTenantRegistry(table)
    ann = PrincipalId(directory="d", object="a' or PartitionKey ne '")
    ben = PrincipalId(directory="d", object="b")
    owners = {
        "ten1": ben,
        "ten2": ann,
        "ten3": None,
        "ten4": ben,
        "ten5": ann,
        "ten6": ben,
        "ten7": ann,
    }
    for tenant_id, owner in owners.items():
        await registry.insert(record(tenant_id, owner=owner))
    first = await registry.page(2, owner=ann)
    assert ([one.tenant_id for one in first.items], first.continuation) == (
        ["ten2", "ten5"],
        "ten5",
    )
    then = await registry.page(2, first.continuation, owner=ann)
    assert ([one.tenant_id for one in then.items], then.continuation) == (["ten7"], "")
    assert (await registry.page(9, owner=PrincipalId(directory="", object=""))).items == ()
    assert len((await registry.page(9)).items) == len(owners)
