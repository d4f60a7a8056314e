"""Taking up again what nobody works on, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from landing_zone.lifecycle import SETTLED, TenantState
from tests.fakes import FakeStatus, Started, World
from tests.triggers.requests import INSTANCE, TENANT, record
from triggers.recovery import GRACE, MOST_RECOVERIES, PAGE, recover, recover_operations

UNDER_WAY = set(TenantState) - SETTLED


def later() -> World:
    """A world in which the grace of what was recorded at noon is over."""
    world = World()
    world.clock.move(GRACE.total_seconds() + 1)
    return world


@pytest.mark.parametrize("status", ["Failed", "Terminated", "Completed", "Canceled", None])
@pytest.mark.parametrize("state", sorted(UNDER_WAY))
async def test_lost_operation_is_started_anew(state: TenantState, status: str | None) -> None:
    """As the next run of the same operation, counted on the record."""
    world = later()
    world.registry.put(record(state))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, status)
    assert await recover(world.deps, world.client) == [TENANT]
    operation = {"tenant_id": TENANT, "operation_id": f"{TENANT}.1", "run": 1}
    assert world.client.started == [Started("operate_tenant", INSTANCE, operation)]
    found = world.registry.rows[TENANT].value
    assert (found.recoveries, found.updated_at) == (1, world.clock.now())


@pytest.mark.parametrize("status", ["Running", "Pending", "Suspended", "ContinuedAsNew"])
async def test_operation_that_is_worked_on_is_left_alone(status: str) -> None:
    """However long it takes."""
    world = later()
    world.registry.put(record(TenantState.PROVISIONING))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, status)
    assert await recover(world.deps, world.client) == []
    assert (world.client.started, world.registry.writes) == ([], 1)


async def test_fresh_request_is_left_to_who_asked() -> None:
    """Its start may be on its way; a moment later it is not."""
    world = World()
    world.registry.put(record(TenantState.REQUESTED))
    world.clock.move(GRACE.total_seconds() - 1)
    assert await recover(world.deps, world.client) == []
    world.clock.move(1)
    assert await recover(world.deps, world.client) == [TENANT]
    world.client.statuses.clear()
    assert await recover(world.deps, world.client) == []


@pytest.mark.parametrize("state", sorted(set(TenantState) - UNDER_WAY))
async def test_tenant_on_which_nothing_is_to_be_done_is_left_alone(state: TenantState) -> None:
    """Active, failed, waiting for a person."""
    world = later()
    world.registry.put(record(state))
    assert await recover(world.deps, world.client) == []
    assert (world.client.started, world.registry.writes) == ([], 1)


@pytest.mark.parametrize("state", [TenantState.ACTIVE, TenantState.FAILED])
async def test_operation_that_ended_meanwhile_is_not_taken_up(state: TenantState) -> None:
    """It ended between the reading of the page and the look at its orchestration."""
    world = later()
    world.registry.put(record(TenantState.PROVISIONING))
    get_status = world.client.get_status

    class EndsMeanwhile:
        """A client whose orchestration ends just when it is looked at."""

        start_new = world.client.start_new
        raise_event = world.client.raise_event

        async def get_status(self, instance_id: str) -> Any:
            """The status, after the end."""
            ended = record(state, updated_at=world.clock.now() - timedelta(seconds=1))
            world.registry.put(ended)
            world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Completed")
            return await get_status(instance_id)

    assert await recover(world.deps, EndsMeanwhile()) == []
    assert world.client.started == []
    assert world.registry.rows[TENANT].value.recoveries == 0


async def test_operation_that_is_lost_again_and_again_is_left_to_a_person() -> None:
    """It failed, with what may be left of it listed; nothing is started any more."""
    world = later()
    lost = UNDER_WAY - {TenantState.AWAITING_APPROVAL}
    for state in lost:
        world.registry.put(record(state, state.value, recoveries=MOST_RECOVERIES))
    assert await recover(world.deps, world.client) == []
    assert world.client.started == []
    for tenant in lost:
        found = world.registry.rows[tenant].value
        assert (found.state, bool(found.reason), bool(found.hint)) == (
            TenantState.FAILED,
            True,
            True,
        )
        assert [work.key for work in found.open_work] == ["operation"]
        [entry] = world.audit.entries(tenant)
        assert (entry.action, entry.outcome, entry.actor) == ("tenant.onboard", "lost", "ann")
        assert (entry.details["code"], entry.details["after"]) == ("OperationLost", "failed")
        assert entry.details["reason"] == found.reason


async def test_every_page_is_looked_at() -> None:
    """All that is lost is taken up at once."""
    world = later()
    tenants = [f"tenant-{number:04d}" for number in range(PAGE + 5)]
    for tenant in tenants:
        world.registry.put(record(TenantState.REQUESTED, tenant))
    assert await recover(world.deps, world.client) == tenants


async def test_timer_works_in_the_process_s_world(given_dependencies: World) -> None:
    """The wrapper resolves and logs, nothing else."""
    world = given_dependencies
    world.clock.move(GRACE.total_seconds())
    world.registry.put(record(TenantState.REQUESTED))
    timer: Any = None
    client: Any = world.client
    await recover_operations(timer, client)
    assert [started.instance_id for started in world.client.started] == [INSTANCE]
