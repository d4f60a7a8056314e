"""Fleet upgrades where hosts die, looks race, and fleets are large."""

import asyncio
from typing import Any

import pytest

from activities.fleet.advancing import advance
from landing_zone.fleet.contracts import FleetTurn
from landing_zone.fleet.deciding import paused
from landing_zone.fleet.model import MemberState, Rollout, RolloutState
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.planning import Rules
from landing_zone.tenants import instance_id
from landing_zone.work import Kind, Work
from orchestrators.upgrade_fleet import LOOKS_A_HISTORY
from tests.fakes import NOON
from tests.other_rules import SAME, WEEKLY
from tests.simulation.fleet import WRITE_SECONDS, Fleet
from tests.simulation.rollouts import acted, upgraded, wanted
from triggers.fleet import recover_upgrade

MOST_HISTORY = 1 + 4 * LOOKS_A_HISTORY
"""Its start; a look is an activity and a timer at most, each with the episode after it."""


@pytest.mark.parametrize("period", [3.1, 11.7, 41.3])
def test_a_host_that_keeps_dying_begins_no_tenant_twice_and_loses_none(period: float) -> None:
    """Each has exactly one operation more in the end, and one write."""

    async def dying(found: Fleet) -> Rollout:
        await found.begin(wanted())
        for _ in range(40):
            await asyncio.sleep(period)
            found.engine.kill()
            await asyncio.sleep(0.5)
            found.engine.revive()
            client: Any = found.engine
            await recover_upgrade(client, client)
            await _recovered(found)
        return await found.rest()

    found, rollout = acted(WEEKLY, 9, dying)
    assert rollout.state is RolloutState.DONE
    assert set(found.states().values()) == {"upgraded"}
    assert {found.tenant(one).operations for one in found.members} == {2}
    assert rollout.tallies[0].states == {"upgraded": 1}
    assert rollout.tallies[1].states == {"upgraded": 8}


async def _recovered(found: Fleet) -> None:
    """What the timer of tenants does: an operation that nobody works on is started."""
    for row in list(found.world.registry.rows.values()):
        instance = found.engine.instances.get(instance_id(row.value.tenant_id))
        if row.value.ongoing and (instance is None or not instance.running):
            await found.engine.start_new(
                "operate_tenant", instance_id(row.value.tenant_id), row.value.operation.dump()
            )


class _Died(Exception):  # noqa: N818 - an event of the world
    """The process died here."""


@pytest.mark.parametrize("place", range(9))
def test_a_death_before_any_write_of_the_rollout_counts_nobody_twice(place: int) -> None:
    """Rows are written before the rollout is: judged again, they are counted once."""

    async def dying(found: Fleet) -> Rollout:
        put, tenant = found.world.registry.put, found.tenant
        put(tenant("t00001").model_copy(update={"state": TenantState.SUSPENDED}))
        busy = tenant("t00003").next_operation(Work(kind=Kind.UPDATE, actor="ann"), NOON)
        put(busy.after(TenantEvent.UPDATE, NOON))
        left = [place]

        def die(_: Rollout) -> None:
            left[0] -= 1
            if left[0] == -1:
                raise _Died

        found.world.fleet.before_replace = die
        await found.begin(wanted(at_once=2))
        await asyncio.sleep(400)
        put(tenant("t00003").after(TenantEvent.COMPLETE, NOON))
        return await found.rest()

    found, rollout = acted(WEEKLY, 6, dying)
    assert rollout.state is RolloutState.DONE
    assert [dict(tally.states) for tally in rollout.tallies] == [
        {"upgraded": 1},
        {"skipped": 1, "upgraded": 4},
    ]
    assert len(found.engine.crashes) == 1
    assert len(found.arm.writes()) == 5


def test_a_pause_between_a_look_and_its_write_wins() -> None:
    """What was decided without knowing of it is decided anew: nobody is begun with."""

    async def racing(found: Fleet) -> tuple[Rollout, int]:
        left = [1]

        def interfere(wanted: Rollout) -> None:
            if wanted.under_way and left:
                left.clear()
                found.world.fleet.set(paused(found.rollout))

        found.world.fleet.before_replace = interfere
        await found.begin(wanted())
        stopped = await found.rest()
        begun = sum(found.tenant(one).operations - 1 for one in found.members)
        await found.resume()
        await found.rest()
        return stopped, begun

    found, (stopped, begun) = acted(WEEKLY, 5, racing)
    assert (stopped.state, stopped.under_way, begun) == (RolloutState.PAUSED, (), 0)
    assert set(found.states().values()) == {"upgraded"}


def test_two_looks_at_once_begin_nobody_twice() -> None:
    """A host runs an activity at least once, and may run it twice at the same time."""

    async def looking(found: Fleet) -> Rollout:
        await found.begin(wanted())
        turn = FleetTurn(rollout_id=found.rollout.id)
        for _ in range(30):
            await asyncio.sleep(WRITE_SECONDS / 3)
            await asyncio.gather(*(advance(found.deps, found.engine, turn) for _ in range(3)))
        return await found.rest()

    found, rollout = acted(WEEKLY, 9, looking)
    assert [dict(tally.states) for tally in rollout.tallies] == [{"upgraded": 1}, {"upgraded": 8}]
    assert {found.tenant(one).operations for one in found.members} == {2}
    assert found.arm.busiest <= 4
    assert len(found.arm.writes()) == 9


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_a_thousand_tenants_are_upgraded() -> None:
    """In the usual rings, ten at once, with a history as short as that of a few."""

    async def all_of_them(found: Fleet) -> Rollout:
        await found.begin()
        return await found.rest()

    found, rollout = acted(WEEKLY, 1_000, all_of_them)
    assert rollout.state is RolloutState.DONE
    assert sum(tally.of(MemberState.UPGRADED) for tally in rollout.tallies) == 1_000
    assert len(found.arm.writes()) == 1_000
    assert found.arm.busiest <= rollout.at_once
    assert found.engine.longest[found.orchestration.id] <= MOST_HISTORY


@pytest.mark.parametrize("rules", [SAME, WEEKLY])
def test_neither_history_nor_status_grows_with_the_fleet(rules: Rules) -> None:
    """Forty tenants need no more of either than ten do."""
    histories: list[int] = []
    statuses: list[int] = []
    for number in (10, 40):
        found, _ = acted(rules, number, upgraded)
        histories.append(found.engine.longest[found.orchestration.id])
        statuses.append(len(str(found.rollout.dump())))
    assert histories[1] <= MOST_HISTORY
    assert histories[0] <= MOST_HISTORY
    # No more than some counts have one digit more.
    assert statuses[1] <= statuses[0] + 10
