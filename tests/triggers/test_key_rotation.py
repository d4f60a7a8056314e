"""The timer of due rotations: which tenants, how many, in which order."""

from datetime import timedelta
from typing import Any

import pytest

from activities.keys import end_rotation, look_at_key
from landing_zone.errors import PermanentError
from landing_zone.key_contracts import RotationEnd, RotationRef
from landing_zone.key_records import KeyRecord, RotationAsk
from landing_zone.key_rotation import instance_of
from landing_zone.lifecycle import TenantState
from tests.fakes import NOON, FakeStatus, Started, World
from tests.triggers.requests import TENANT, record
from triggers.key_rotation import MOST_STARTS, PAGE, rotate_due_keys, start_due

DAYS = 90 * 24 * 3600.0
INSTANCE = instance_of(TENANT)


def active(world: World, tenant_id: str = TENANT, **keys: Any) -> None:
    """A tenant that has been active since noon."""
    made = record(TenantState.ACTIVE, tenant_id, active_since=NOON, keys=KeyRecord(**keys))
    world.registry.put(made)


async def test_a_rotation_is_started_when_it_is_due() -> None:
    """Not a second before; its input is nothing but the tenant."""
    world = World()
    active(world)
    world.clock.move(DAYS - 1)
    assert await start_due(world.deps, world.client) == []
    world.clock.move(1)
    assert await start_due(world.deps, world.client) == [TENANT]
    assert world.client.started == [Started("rotate_key", INSTANCE, {"tenant_id": TENANT})]


async def test_one_that_is_on_its_way_is_not_started_again() -> None:
    """Nor counted; the registry is not written."""
    world = World()
    active(world)
    world.clock.move(DAYS)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
    assert await start_due(world.deps, world.client) == []
    assert (world.client.started, world.registry.writes) == ([], 1)


async def test_one_that_ended_is_started_anew() -> None:
    """All rotations of a tenant share an instance id."""
    world = World()
    active(world)
    world.clock.move(DAYS)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Completed")
    assert await start_due(world.deps, world.client) == [TENANT]


@pytest.mark.parametrize("state", sorted(set(TenantState) - {TenantState.ACTIVE}))
async def test_tenants_that_are_not_active_are_left_alone(state: TenantState) -> None:
    """Whatever is due."""
    world = World()
    world.registry.put(record(state, active_since=NOON))
    world.clock.move(10 * DAYS)
    assert await start_due(world.deps, world.client) == []


async def test_what_was_asked_for_and_not_started_is_found() -> None:
    """Whoever asked may have died in between."""
    world = World()
    active(world, asked=RotationAsk(actor="ann", at=NOON))
    assert await start_due(world.deps, world.client) == [TENANT]


async def test_a_tick_starts_so_many_the_most_overdue_first() -> None:
    """Over all pages; the rest come with the next ticks."""
    world = World()
    count = PAGE + 10
    for number in range(count):
        tenant = f"tenant-{number:04d}"
        active(world, tenant, rotated_at=NOON - timedelta(seconds=number))
    world.clock.move(DAYS)
    started = await start_due(world.deps, world.client)
    assert started == [f"tenant-{count - 1 - number:04d}" for number in range(MOST_STARTS)]


async def test_a_start_that_someone_else_made_is_as_good() -> None:
    """Two ticks at once."""
    world = World()
    active(world)
    world.clock.move(DAYS)

    def first(started: Started) -> None:
        world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
        raise RuntimeError(f"{started.instance_id} is running")

    world.client.on_start = first
    assert await start_due(world.deps, world.client) == []


async def test_a_start_that_fails_is_told() -> None:
    """The host notes it, and the next tick tries again."""
    world = World()
    active(world)
    world.clock.move(DAYS)

    def fail(started: Started) -> None:
        raise RuntimeError(f"{started.instance_id} cannot be started")

    world.client.on_start = fail
    with pytest.raises(RuntimeError, match="cannot be started"):
        await start_due(world.deps, world.client)


async def test_timer_works_in_the_process_s_world(given_dependencies: World) -> None:
    """The wrapper resolves and logs, nothing else."""
    world = given_dependencies
    active(world)
    world.clock.move(DAYS)
    timer: Any = None
    client: Any = world.client
    await rotate_due_keys(timer, client)
    assert [started.instance_id for started in world.client.started] == [INSTANCE]


async def test_what_was_due_while_a_tenant_was_suspended_is_done_once_it_is_resumed() -> None:
    """Nothing is started meanwhile, so that nothing fails; an ask that was open stays open."""
    world = World()
    ask = RotationAsk(actor="ann", at=NOON)
    keys = KeyRecord(asked=ask)
    closed = record(TenantState.SUSPENDED, active_since=NOON, keys=keys)
    world.registry.put(closed)
    world.clock.move(2 * DAYS)
    assert await start_due(world.deps, world.client) == []
    world.registry.put(closed.model_copy(update={"state": TenantState.ACTIVE}))
    assert await start_due(world.deps, world.client) == [TENANT]
    assert world.registry.rows[TENANT].value.keys == keys


async def test_a_rotation_that_a_suspension_overtook_is_tried_again_later() -> None:
    """It fails once, and is not tried until the tenant is active and the pause is over."""
    world = World()
    active(world)
    world.clock.move(DAYS)
    assert await start_due(world.deps, world.client) == [TENANT]
    open_record = world.registry.rows[TENANT].value
    closed = open_record.model_copy(update={"state": TenantState.SUSPENDED})
    world.registry.put(closed)
    run = RotationRef(tenant_id=TENANT)
    with pytest.raises(PermanentError) as refused:
        await look_at_key(world.deps, run)
    end = RotationEnd(run=run, ok=False, code=refused.value.code, reason=refused.value.message)
    await end_rotation(world.deps, end)
    failed = world.registry.rows[TENANT].value
    assert (failed.keys.code, failed.state) == ("TenantNotActive", TenantState.SUSPENDED)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Completed")
    for _ in range(3):
        world.clock.move(DAYS)
        assert await start_due(world.deps, world.client) == []
    assert world.registry.rows[TENANT].value == failed
    world.registry.put(failed.model_copy(update={"state": TenantState.ACTIVE}))
    assert await start_due(world.deps, world.client) == [TENANT]
