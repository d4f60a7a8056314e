"""What dead requests hold is freed and noted; whoever lives, or may live, is left alone."""

from dataclasses import replace
from typing import Any

import pytest

from activities.leases import free_dead
from landing_zone.audit import verify
from landing_zone.lifecycle import TenantState
from landing_zone.reservation import Lease
from tests.activities.calls import REQUEST, reserved, tenant
from tests.fakes import FakeStatus, World

TENANT = REQUEST.tenant_id
INSTANCE = f"tenant-{TENANT}"
HELD = ("hub-weu", TENANT)


async def holding(state: TenantState | None = TenantState.FAILED) -> World:
    """A world in which a range is held that no record names, for long."""
    world = World()
    if state is not None:
        world.registry.put(tenant(state))
    await world.ledger.reserve(*HELD, 24, [], {"peerings": 1})
    world.clock.move(world.deps.settings.lease.grace_seconds)
    return world


@pytest.mark.parametrize("state", [TenantState.FAILED, TenantState.OFFBOARDED, None])
async def test_range_and_claim_of_a_dead_request_are_freed(state: TenantState | None) -> None:
    """And the chain says which, whose, why, and since when."""
    world = await holding(state)
    [freed] = await free_dead(world.deps, world.client)
    assert (freed.hub, freed.tenant_id) == HELD
    assert (world.ledger.held, world.ledger.claims) == ({}, {})
    begun, done = world.audit.entries(TENANT)
    assert (begun.outcome, done.outcome) == ("begun", "done")
    assert (done.action, done.actor) == ("reservation.free", "spokewright")
    assert done.details["addressRange"] == str(freed.reservation.address_range)
    assert {"why", "hub", "leasedAt"} <= done.details.keys()
    assert verify(world.audit.chains[TENANT]).valid
    assert await free_dead(world.deps, world.client) == []
    assert len(world.audit.entries(TENANT)) == 2


@pytest.mark.parametrize("status", ["Running", "Pending", "Suspended", "ContinuedAsNew"])
async def test_request_whose_orchestration_is_on_its_way_keeps_its_range(status: str) -> None:
    """It may be about to free it itself."""
    world = await holding()
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, status)
    assert await free_dead(world.deps, world.client) == []
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Completed")
    assert len(await free_dead(world.deps, world.client)) == 1


async def test_range_that_was_just_reserved_is_left_alone() -> None:
    """Whoever did it has the grace to write it down; asking again begins it anew."""
    world = await holding()
    await world.ledger.renew(*HELD)
    world.clock.move(world.deps.settings.lease.grace_seconds - 1)
    assert await free_dead(world.deps, world.client) == []
    world.clock.move(1)
    assert len(await free_dead(world.deps, world.client)) == 1


async def test_tenant_keeps_what_its_record_names() -> None:
    """However old it is."""
    world = World()
    reserved(world, TenantState.ACTIVE)
    world.clock.move(10**8)
    assert await free_dead(world.deps, world.client) == []
    assert HELD in world.ledger.held
    assert world.audit.entries(TENANT) == []


async def test_range_that_is_asked_for_meanwhile_is_kept() -> None:
    """Between the look and the freeing; the chain says that it was kept."""
    world = await holding()
    free = world.ledger.free

    class AskedMeanwhile:
        """A ledger whose range is asked for just before it is freed."""

        leases = world.ledger.leases

        async def free(self, lease: Lease) -> bool:
            """Free it, once somebody has asked for it."""
            await world.ledger.renew(*HELD)
            return await free(lease)

    ledger: Any = AskedMeanwhile()
    assert await free_dead(replace(world.deps, ledger=ledger), world.client) == []
    assert HELD in world.ledger.held
    assert [entry.outcome for entry in world.audit.entries(TENANT)] == ["begun", "kept"]
