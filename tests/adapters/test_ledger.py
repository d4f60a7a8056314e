"""The address ledger on genuine tables: no two tenants ever get the same range."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import IPv4Network
from itertools import combinations
from typing import cast

import pytest
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from activities.leases import free_dead
from activities.operations import reserve
from azure_adapters.ledger import TableAddressLedger
from landing_zone.capacity import CapacityExceeded
from landing_zone.contracts import OperationRef
from landing_zone.errors import ConfigurationError, PermanentError
from landing_zone.hub import HubDocument, NodePools
from landing_zone.leases import LeaseSettings
from landing_zone.lifecycle import TenantState
from landing_zone.reservation import Reservation
from landing_zone.tenants import new_tenant
from tests.adapters.counting import Counting
from tests.fakes import HUBS, FakeClock, World, example_request
from tests.unit.hubs import document_of, hub, two_hubs

type Ask = Callable[[], Awaitable[Reservation | None]]
type Tables = tuple[TableClient, TableClient]
POOL = IPv4Network("10.16.0.0/22")


def hubs(*pool: IPv4Network) -> HubDocument:
    """The hub document, its hub with a small pool."""
    hub = HUBS.hubs[0].model_copy(update={"spoke_pool": pool or (POOL,)})
    return HUBS.model_copy(update={"hubs": (hub,)})


def ledger(table: TableClient, *pool: IPv4Network) -> TableAddressLedger:
    """A ledger over that pool."""
    return TableAddressLedger(table, hubs(*pool), FakeClock())


async def free(kept: TableAddressLedger, hub: str, tenant_id: str) -> None:
    """Hold nothing for a tenant any more."""
    lease = await kept.lease(hub, tenant_id)
    assert lease is None or await kept.free(lease)


async def held_by(kept: TableAddressLedger, hub: str, tenant_id: str) -> Reservation | None:
    """What a tenant holds of a hub."""
    lease = await kept.lease(hub, tenant_id)
    return lease.reservation if lease else None


def are_disjoint(held: list[Reservation]) -> bool:
    """Whether no two ranges overlap."""
    ranges = [found.address_range for found in held]
    return not any(one.overlaps(other) for one, other in combinations(ranges, 2))


async def test_twenty_at_once_get_disjoint_ranges(tables: Tables) -> None:
    """Through two processes' ledgers, in sizes of all kinds, all within the pool."""
    pool = HUBS.hubs[0].spoke_pool[0]
    ledgers = [ledger(table, pool) for table in tables]
    held = await asyncio.gather(
        *(ledgers[at % 2].reserve("hub-weu", f"tenant-{at}", 22 + at % 6, []) for at in range(20))
    )
    assert are_disjoint(held)
    assert all(found.address_range.subnet_of(pool) for found in held)
    assert [found.address_range.prefixlen for found in held] == [22 + at % 6 for at in range(20)]


async def test_fifty_at_once_cost_a_few_transactions(table: TableClient) -> None:
    """Each is given its own place, or told that there is none."""
    counting = Counting(table)
    kept = ledger(cast("TableClient", counting))
    asking = (kept.reserve("hub-weu", f"tenant-{at}", 27, []) for at in range(50))
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    held = [found for found in outcomes if isinstance(found, Reservation)]
    refused = [found for found in outcomes if isinstance(found, PermanentError)]
    assert (len(held), len(refused)) == (32, 18)
    assert {error.code for error in refused} == {"AddressPoolExhausted"}
    assert are_disjoint(held)
    assert counting.transactions <= 3


async def test_one_tenant_asking_at_once_holds_one_range(tables: Tables) -> None:
    """However often and through whomever it asks."""
    ledgers = [ledger(table) for table in tables]
    held = await asyncio.gather(
        *(ledgers[at % 2].reserve("hub-weu", "contoso", 24, []) for at in range(8))
    )
    assert len(set(held)) == 1
    others = [await ledgers[0].reserve("hub-weu", f"other-{at}", 24, []) for at in range(3)]
    assert are_disjoint([held[0], *others])


async def test_reservation_keeps_its_day(table: TableClient) -> None:
    """The first month of the budget does not move when the operation is taken up later."""
    clock = FakeClock()
    kept = TableAddressLedger(table, hubs(), clock)
    first = await kept.reserve("hub-weu", "contoso", 24, [])
    clock.move(40 * 86_400)
    assert await kept.reserve("hub-weu", "contoso", 24, []) == first
    assert first.reserved_on.isoformat() == "2026-03-14"


async def test_range_that_is_seen_in_use_is_not_given(table: TableClient) -> None:
    """Whoever uses it, whether or not it is written as a network's address."""
    seen = ["10.16.0.7/24", "10.16.2.0/23", "192.168.0.0/16"]
    found = await ledger(table).reserve("hub-weu", "contoso", 24, seen)
    assert str(found.address_range) == "10.16.1.0/24"


async def test_released_range_is_given_again(table: TableClient) -> None:
    """Releasing twice, or what was never held, is no error."""
    kept = ledger(table)
    first = await kept.reserve("hub-weu", "contoso", 24, [])
    for tenant in ("contoso", "contoso", "nobody"):
        await free(kept, "hub-weu", tenant)
    assert (await kept.reserve("hub-weu", "fabrikam", 24, [])).address_range == first.address_range


async def test_release_frees_only_its_own(tables: Tables) -> None:
    """While others reserve at the same time."""
    ledgers = [ledger(table) for table in tables]
    for tenant in ("one", "two"):
        await ledgers[0].reserve("hub-weu", tenant, 24, [])
    await asyncio.gather(
        free(ledgers[0], "hub-weu", "one"),
        ledgers[1].reserve("hub-weu", "three", 24, []),
        free(ledgers[1], "hub-weu", "nobody"),
    )
    held = [await ledgers[0].reserve("hub-weu", tenant, 24, []) for tenant in ("two", "three")]
    held += [await ledgers[0].reserve("hub-weu", f"more-{at}", 24, []) for at in range(2)]
    assert are_disjoint(held)


async def test_full_pool_is_told_for_good(table: TableClient) -> None:
    """The four fit, the fifth does not, and nothing is left of its attempt."""
    kept = ledger(table)
    for at in range(4):
        await kept.reserve("hub-weu", f"tenant-{at}", 24, [])
    with pytest.raises(PermanentError, match="AddressPoolExhausted"):
        await kept.reserve("hub-weu", "fifth", 24, [])
    await free(kept, "hub-weu", "tenant-2")
    assert str((await kept.reserve("hub-weu", "fifth", 24, [])).address_range) == "10.16.2.0/24"


async def test_hub_that_is_not_in_the_document_holds_nothing(table: TableClient) -> None:
    """A misspelt hub is a mistake in the configuration."""
    with pytest.raises(ConfigurationError, match="hub-nowhere"):
        await ledger(table).reserve("hub-nowhere", "contoso", 24, [])


async def test_twenty_at_once_never_claim_more_than_there_is(tables: Tables) -> None:
    """Through two processes' ledgers: seven get their place, and the sum is within the limit."""
    document = document_of(hub(models={"small": 75}))
    ledgers = [TableAddressLedger(table, document, FakeClock()) for table in tables]
    claims = {"tokensPerMinute:small": 10, "peerings": 1}
    outcomes = await asyncio.gather(
        *(ledgers[at % 2].reserve("hub-one", f"tenant-{at}", 24, [], claims) for at in range(20)),
        return_exceptions=True,
    )
    held = [found for found in outcomes if isinstance(found, Reservation)]
    refused = [found for found in outcomes if isinstance(found, CapacityExceeded)]
    assert (len(held), len(refused)) == (7, 13)
    assert are_disjoint(held)
    assert {error.refusals[0].binding.limit.title for error in refused} == {"small quota"}


async def test_claims_are_freed_with_the_range(table: TableClient) -> None:
    """And held no longer; who holds its range already claims nothing anew."""
    kept = TableAddressLedger(table, document_of(hub(models={"small": 10})), FakeClock())
    claims = {"tokensPerMinute:small": 10}
    first = await kept.reserve("hub-one", "contoso", 24, [], claims)
    assert await kept.reserve("hub-one", "contoso", 24, [], claims) == first
    with pytest.raises(CapacityExceeded, match=r"asked 10, left 0 of 10 tokens per minute"):
        await kept.reserve("hub-one", "fabrikam", 24, [], claims)
    await free(kept, "hub-one", "contoso")
    assert await held_by(kept, "hub-one", "contoso") is None
    second = await kept.reserve("hub-one", "fabrikam", 24, [], claims)
    assert await held_by(kept, "hub-one", "fabrikam") == second


async def test_hubs_are_held_apart(table: TableClient) -> None:
    """What is taken of one is not taken of the other."""
    kept = TableAddressLedger(table, two_hubs({"small": 10}, {"small": 10}), FakeClock())
    claims = {"tokensPerMinute:small": 10}
    for name in ("hub-one", "hub-two"):
        await kept.reserve(name, f"tenant-of-{name}", 24, [], claims)
    assert await held_by(kept, "hub-one", "tenant-of-hub-two") is None


async def test_row_without_claims_holds_its_range_only(table: TableClient) -> None:
    """Rows of an earlier version have none."""
    row = {"RowKey": "tenant:old", "Range": "10.16.0.0/24", "ReservedOn": "2026-03-14"}
    await table.create_entity({"PartitionKey": "hub-one", **row})
    kept = TableAddressLedger(table, document_of(hub(peerings=1)), FakeClock())
    found = await kept.reserve("hub-one", "contoso", 24, [], {"peerings": 1})
    assert str(found.address_range) == "10.16.1.0/24"


async def test_twenty_at_once_never_share_a_node_subnet(tables: Tables) -> None:
    """Through two processes' ledgers: eight get one each, the others are told which limit binds."""
    pools = NodePools(address_range=IPv4Network("10.0.12.0/24"), prefix_length=27, route_table="rt")
    document = document_of(hub().model_copy(update={"node_pools": pools}))
    ledgers = [TableAddressLedger(table, document, FakeClock()) for table in tables]
    claims = {"nodeSubnets": 1, "nodePools": 1, "nodes": 3}
    outcomes = await asyncio.gather(
        *(ledgers[at % 2].reserve("hub-one", f"tenant-{at}", 24, [], claims) for at in range(20)),
        return_exceptions=True,
    )
    held = [found for found in outcomes if isinstance(found, Reservation)]
    refused = [found for found in outcomes if isinstance(found, CapacityExceeded)]
    assert {found.node_subnet for found in held} == set(pools.subnets)
    assert (len(held), len(refused)) == (8, 12)
    assert {error.refusals[0].binding.limit.title for error in refused} == {"node pool subnets"}


async def test_node_subnet_is_kept_and_freed_with_the_range(table: TableClient) -> None:
    """What is seen in use is passed over; who asks again holds the same."""
    kept = TableAddressLedger(table, HUBS, FakeClock())
    claims = {"nodeSubnets": 1}
    first = await kept.reserve("hub-weu", "contoso", 24, ["10.0.12.0/26"], claims)
    assert str(first.node_subnet) == "10.0.12.64/27"
    assert await kept.reserve("hub-weu", "contoso", 24, [], claims) == first
    assert await held_by(kept, "hub-weu", "contoso") == first
    assert (await kept.reserve("hub-weu", "plain", 24, [])).node_subnet is None
    await free(kept, "hub-weu", "contoso")
    second = await kept.reserve("hub-weu", "fabrikam", 24, ["10.0.12.0/26"], claims)
    assert second.node_subnet == first.node_subnet


async def test_lease_is_freed_only_as_it_was_judged(tables: Tables) -> None:
    """Whoever asks again, by either call and through another process, keeps the range."""
    one, other = (ledger(table) for table in tables)
    first = await one.reserve("hub-weu", "contoso", 24, [])
    asks: list[Ask] = [
        lambda: other.renew("hub-weu", "contoso"),
        lambda: other.reserve("hub-weu", "contoso", 24, []),
    ]
    for ask in asks:
        judged = await one.lease("hub-weu", "contoso")
        assert judged is not None
        assert await ask() == first
        assert not await one.free(judged)
        assert await held_by(one, "hub-weu", "contoso") == first
    [judged] = await one.leases("hub-weu")
    assert await one.free(judged)
    assert not await other.free(judged)
    assert await other.renew("hub-weu", "contoso") is None


async def test_lease_tells_since_when_it_was_asked_for(table: TableClient) -> None:
    """A row of an earlier version tells when it was written."""
    clock = FakeClock()
    kept = TableAddressLedger(table, hubs(), clock)
    await kept.reserve("hub-weu", "contoso", 24, [])
    clock.move(60)
    await kept.renew("hub-weu", "contoso")
    lease = await kept.lease("hub-weu", "contoso")
    assert lease is not None
    assert lease.since == clock.now()
    row = await table.get_entity("hub-weu", "tenant:contoso")
    del row["LeasedAt"]
    await table.update_entity(row, mode=UpdateMode.REPLACE)
    earlier = await kept.lease("hub-weu", "contoso")
    assert earlier is not None
    written = (await table.get_entity("hub-weu", "tenant:contoso")).metadata["timestamp"]
    assert (earlier.since, earlier.reservation) == (written, lease.reservation)


async def test_claim_is_freed_with_the_range(table: TableClient) -> None:
    """And kept with it, when it is asked for again."""
    kept = TableAddressLedger(table, document_of(hub(models={"small": 10})), FakeClock())
    claims = {"tokensPerMinute:small": 10}
    await kept.reserve("hub-one", "contoso", 24, [], claims)
    await kept.renew("hub-one", "contoso")
    with pytest.raises(CapacityExceeded):
        await kept.reserve("hub-one", "fabrikam", 24, [], claims)
    [lease] = await kept.leases("hub-one")
    assert await kept.free(lease)
    await kept.reserve("hub-one", "fabrikam", 24, [], claims)


async def test_dead_are_freed_while_the_living_ask(tables: Tables) -> None:
    """A run of the timer and a request for each tenant, at once, through two processes.

    Each tenant's record says at its end what the ledger has; those that nobody asks for are free.
    """
    clock = FakeClock()
    ledgers = [TableAddressLedger(table, document_of(hub()), clock) for table in tables]
    tenants = [f"tenant-{at}" for at in range(12)]
    for tenant in tenants:
        await ledgers[0].reserve("hub-one", tenant, 24, [])
    world = World(document_of(hub()))
    kept = world.deps.settings.model_copy(update={"lease": LeaseSettings(grace_seconds=0)})
    looking, asking = (replace(world.deps, ledger=one, settings=kept) for one in ledgers)
    for tenant in tenants:
        request = example_request(tenantId=tenant)
        state = TenantState.PROVISIONING if tenant in tenants[::2] else TenantState.FAILED
        record = new_tenant(request, "ann", clock.now()).model_copy(update={"state": state})
        world.registry.put(record)
    living = tenants[::2]
    operations = [OperationRef(tenant_id=one, operation_id=f"{one}.1") for one in living]
    world.client.statuses.clear()
    await asyncio.gather(
        free_dead(looking, world.client), *(reserve(asking, one) for one in operations)
    )
    await free_dead(looking, world.client)
    assert {lease.tenant_id for lease in await ledgers[0].leases("hub-one")} == set(living)
    for tenant in living:
        given = world.registry.rows[tenant].value.reservation
        assert given == await held_by(ledgers[1], "hub-one", tenant)


async def test_preview_is_what_reserving_gives_then_and_holds_nothing(table: TableClient) -> None:
    """Not even the head row."""
    counting = Counting(table)
    kept = ledger(cast("TableClient", counting))
    await kept.reserve("hub-weu", "first", 24, [])
    written = counting.transactions
    shown = await kept.preview("hub-weu", "second", 24, ["10.16.1.0/24"])
    assert await held_by(kept, "hub-weu", "second") is None
    assert counting.transactions == written
    assert await kept.reserve("hub-weu", "second", 24, ["10.16.1.0/24"]) == shown


async def test_preview_of_a_full_pool_is_refused(table: TableClient) -> None:
    """As the reservation would be."""
    kept = ledger(table, IPv4Network("10.16.0.0/24"))
    await kept.reserve("hub-weu", "first", 24, [])
    with pytest.raises(PermanentError, match="AddressPoolExhausted"):
        await kept.preview("hub-weu", "second", 24, [])


async def test_preview_of_a_holder_counts_its_own_as_free(table: TableClient) -> None:
    """Its range stays, what it claims now is held against what others have."""
    kept = TableAddressLedger(table, document_of(hub("hub-one", {"gpt": 100})), FakeClock())
    tokens = "tokensPerMinute:gpt"
    held = await kept.reserve("hub-one", "own", 24, [], {tokens: 60})
    await kept.reserve("hub-one", "other", 24, [], {tokens: 30})
    assert await kept.preview("hub-one", "own", 24, [], {tokens: 70}) == held
    with pytest.raises(CapacityExceeded) as refused:
        await kept.preview("hub-one", "own", 24, [], {tokens: 71})
    assert refused.value.refusals[0].binding.left == 70
    assert await held_by(kept, "hub-one", "own") == held
