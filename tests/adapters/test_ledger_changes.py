"""Changing what a tenant holds of a hub's limits, on genuine tables."""

import asyncio
from ipaddress import IPv4Network

import pytest
from azure.data.tables.aio import TableClient

from azure_adapters.ledger import TableAddressLedger
from landing_zone.capacity import CapacityExceeded
from landing_zone.errors import PermanentError
from landing_zone.hub import NodePools
from landing_zone.reservation import Reservation
from tests.adapters.test_ledger import Tables, are_disjoint, held_by, ledger
from tests.fakes import HUBS, FakeClock
from tests.unit.hubs import document_of, hub

TOKENS = "tokensPerMinute:small"


async def test_change_keeps_what_is_there_until_it_is_over(table: TableClient) -> None:
    """Of each limit the larger, then only what is needed; the range and its day stay."""
    clock = FakeClock()
    kept = TableAddressLedger(table, document_of(hub(models={"small": 100})), clock)
    first = await kept.reserve("hub-one", "contoso", 24, [], {TOKENS: 60, "peerings": 1})
    clock.move(86_400)
    assert await kept.change("hub-one", "contoso", [], {TOKENS: 30}, keep=True) == first
    with pytest.raises(CapacityExceeded, match="left 40 of 100"):
        await kept.reserve("hub-one", "fabrikam", 24, [], {TOKENS: 41})
    assert await kept.change("hub-one", "contoso", [], {TOKENS: 30}, keep=False) == first
    await kept.reserve("hub-one", "fabrikam", 24, [], {TOKENS: 70})


async def test_change_beyond_what_is_left_is_refused_and_changes_nothing(
    table: TableClient,
) -> None:
    """What the tenant has counts as free for it."""
    kept = TableAddressLedger(table, document_of(hub(models={"small": 100})), FakeClock())
    await kept.reserve("hub-one", "contoso", 24, [], {TOKENS: 60})
    await kept.reserve("hub-one", "fabrikam", 24, [], {TOKENS: 30})
    before = await kept.lease("hub-one", "contoso")
    with pytest.raises(CapacityExceeded) as refused:
        await kept.change("hub-one", "contoso", [], {TOKENS: 71}, keep=True)
    assert refused.value.refusals[0].binding.left == 70
    assert await kept.lease("hub-one", "contoso") == before
    await kept.change("hub-one", "contoso", [], {TOKENS: 70}, keep=True)


async def test_letting_go_is_never_refused(table: TableClient) -> None:
    """Nor is keeping what one has, when a limit has been lowered since."""
    kept = TableAddressLedger(table, document_of(hub(models={"small": 100})), FakeClock())
    await kept.reserve("hub-one", "contoso", 24, [], {TOKENS: 60})
    lowered = TableAddressLedger(table, document_of(hub(models={"small": 50})), FakeClock())
    for amount in (60, 55):
        await lowered.change("hub-one", "contoso", [], {TOKENS: amount}, keep=False)
    with pytest.raises(CapacityExceeded):
        await lowered.change("hub-one", "contoso", [], {TOKENS: 56}, keep=False)


async def test_change_of_what_holds_nothing_is_refused(table: TableClient) -> None:
    """It has been freed, or never was."""
    with pytest.raises(PermanentError, match="NotReserved"):
        await ledger(table).change("hub-weu", "nobody", [], {}, keep=True)


async def test_node_subnet_comes_and_goes_with_its_claim(table: TableClient) -> None:
    """Away from what is seen in use; and is free for others once it is let go of."""
    kept = TableAddressLedger(table, HUBS, FakeClock())
    claims = {"nodeSubnets": 1}
    await kept.reserve("hub-weu", "contoso", 24, [])
    for _ in range(2):
        given = await kept.change("hub-weu", "contoso", ["10.0.12.0/26"], claims, keep=True)
        assert str(given.node_subnet) == "10.0.12.64/27"
    assert await kept.change("hub-weu", "contoso", [], {}, keep=True) == given
    assert (await kept.change("hub-weu", "contoso", [], {}, keep=False)).node_subnet is None
    assert (await held_by(kept, "hub-weu", "contoso")) == replace_subnet(given)
    other = await kept.reserve("hub-weu", "fabrikam", 24, ["10.0.12.0/26"], claims)
    assert other.node_subnet == given.node_subnet


def replace_subnet(held: Reservation) -> Reservation:
    """The reservation without a subnet for nodes."""
    return held.model_copy(update={"node_subnet": None})


async def test_more_nodes_are_held_against_the_subnet_that_is_there(table: TableClient) -> None:
    """Although no other subnet is claimed."""
    pools = NodePools(address_range=IPv4Network("10.0.12.0/24"), prefix_length=28, route_table="rt")
    document = document_of(hub().model_copy(update={"node_pools": pools}))
    kept = TableAddressLedger(table, document, FakeClock())
    claims = {"nodeSubnets": 1, "nodePools": 1, "nodes": 3}
    await kept.reserve("hub-one", "contoso", 24, [], claims)
    with pytest.raises(CapacityExceeded):
        await kept.change("hub-one", "contoso", [], claims | {"nodes": 60}, keep=True)


async def test_twenty_that_grow_at_once_never_claim_more_than_there_is(tables: Tables) -> None:
    """Through two processes' ledgers, while others come."""
    document = document_of(hub(models={"small": 100}))
    ledgers = [TableAddressLedger(table, document, FakeClock()) for table in tables]
    for at in range(8):
        await ledgers[0].reserve("hub-one", f"tenant-{at}", 24, [], {TOKENS: 5})
    grow = [
        ledgers[at % 2].change("hub-one", f"tenant-{at}", [], {TOKENS: 20}, keep=True)
        for at in range(8)
    ]
    come = [
        ledgers[at % 2].reserve("hub-one", f"other-{at}", 24, [], {TOKENS: 15}) for at in range(4)
    ]
    outcomes = await asyncio.gather(*grow, *come, return_exceptions=True)
    assert {type(one) for one in outcomes} == {Reservation, CapacityExceeded}
    grown = sum(isinstance(one, Reservation) for one in outcomes[:8])
    came = sum(isinstance(one, Reservation) for one in outcomes[8:])
    assert 8 * 5 + grown * 15 + came * 15 <= 100
    assert grown + came == 4
    assert are_disjoint([lease.reservation for lease in await ledgers[0].leases("hub-one")])
