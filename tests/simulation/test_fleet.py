"""Fleet upgrades with genuine operations: rings, failures, pauses, the way back, and deaths."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from activities.fleet.advancing import advance
from landing_zone.audit import verify
from landing_zone.fleet.contracts import FleetTurn
from landing_zone.fleet.deciding import paused
from landing_zone.fleet.model import CHAIN, MemberState, Rollout, RolloutState
from landing_zone.fleet.requests import WantedRing, WantedRollout, WantedThreshold
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.planning import RULES_VERSION, Rules
from landing_zone.tenants import instance_id
from landing_zone.work import Kind, Work
from orchestrators.upgrade_fleet import LOOKS_A_HISTORY
from tests.fakes import NOON
from tests.other_rules import ARCHIVED, NEXT, PRODUCTION_WEEKLY, SAME, WEEKLY
from tests.simulation.fleet import WRITE_SECONDS, Fleet, fleet, tenant_named
from tests.simulation.virtual_loop import run
from triggers.fleet import recover_upgrade

CANARY = "t00000"
MOST_HISTORY = 1 + 4 * LOOKS_A_HISTORY
"""Its start; a look is an activity and a timer at most, each with the episode after it."""


def wanted(at_once: int = 4, failures: int = 0, **canary: Any) -> WantedRollout:
    """A canary by its name, then all others."""
    rings = [WantedRing(name="canary", tenants=[CANARY], **canary), WantedRing(name="rest")]
    return WantedRollout(
        rings=rings, at_once=at_once, halt=WantedThreshold(failures=failures, percent=100)
    )


def acted[T](
    rules: Rules, number: int, act: Callable[[Fleet], Coroutine[Any, Any, T]], **changes: Any
) -> tuple[Fleet, T]:
    """What comes of acting on a fleet of so many tenants."""
    requests = [tenant_named(one, **changes) for one in range(number)]
    with fleet(rules, *requests) as found:
        return found, run(found.world.clock, act(found))


async def upgraded(found: Fleet) -> Rollout:
    """The fleet, upgraded."""
    await found.begin(wanted())
    return await found.rest()


def test_all_tenants_are_upgraded_ring_by_ring() -> None:
    """One property of one resource costs one read and one write; never more at once than asked."""
    found, rollout = acted(WEEKLY, 12, upgraded)
    assert rollout.state is RolloutState.DONE
    assert set(found.states().values()) == {"upgraded"}
    assert [tally.enrolled for tally in rollout.tallies] == [1, 11]
    assert [call.method for call in found.arm.sent].count("GET") == 12
    assert len(found.arm.writes()) == 12
    assert found.members[CANARY].order == 1
    assert found.arm.busiest == 4
    for tenant_id, member in found.members.items():
        record = found.tenant(tenant_id)
        assert (record.state, record.rules_version) == (TenantState.ACTIVE, NEXT)
        assert (record.plan_hash, record.operations) == (member.after, 2)
    assert found.engine.crashes == []


def test_each_step_is_in_the_audit() -> None:
    """The rollout's own in a chain of its own, and each tenant's in the tenant's."""
    found, rollout = acted(WEEKLY, 2, upgraded)
    assert [entry.outcome for entry in found.world.audit.entries(CHAIN)] == [
        "begun",
        "ring-done",
        "done",
    ]
    assert verify(found.world.audit.chains[CHAIN]).valid
    begun, *_, over = [
        entry for entry in found.world.audit.entries(CANARY) if entry.action == "tenant.upgrade"
    ]
    assert (begun.details["fleet"], over.outcome) == (rollout.id, "done")
    assert begun.actor == "person:operator"


def test_a_plan_that_stays_the_same_costs_no_call() -> None:
    """Only its version is recorded."""
    found, rollout = acted(SAME, 3, upgraded)
    assert rollout.state is RolloutState.DONE
    assert found.arm.sent == []
    assert {found.tenant(one).rules_version for one in found.members} == {NEXT}
    assert found.world.documents.plans[found.tenant(CANARY).plan_hash].rules_version == NEXT


def test_outputs_outlive_an_upgrade_that_changes_nothing() -> None:
    """The next operation finds what the plan's resources have yielded."""
    found, _ = acted(SAME, 1, upgraded)
    first = found.world.documents.operations[f"{CANARY}.1"]["outputs"]
    assert first
    applied_by = found.tenant(CANARY).applied_by
    assert found.world.documents.operations[applied_by]["outputs"] == first


def test_what_is_added_is_made_and_goes_again_on_the_way_back() -> None:
    """What Azure holds afterwards is what it held before."""

    async def there_and_back(found: Fleet) -> tuple[set[str], Rollout]:
        await upgraded(found)
        made = set(found.arm.bodies)
        await found.roll_back()
        return made, await found.rest()

    requests = [tenant_named(one) for one in range(3)]
    with fleet(ARCHIVED, *requests) as found:
        before = dict(found.arm.bodies)
        plans = {one: found.tenant(one).plan_hash for one in ("t00000", "t00001", "t00002")}
        made, rollout = run(found.world.clock, there_and_back(found))
    assert len(made - set(before)) == 3
    assert (found.arm.bodies, rollout.state) == (before, RolloutState.ROLLED_BACK)
    assert {one: found.tenant(one).plan_hash for one in plans} == plans
    assert {found.tenant(one).rules_version for one in plans} == {RULES_VERSION}
    assert set(found.states().values()) == {"returned"}


def test_the_newest_comes_back_first() -> None:
    """And the canary last."""

    async def there_and_back(found: Fleet) -> list[str]:
        await found.begin(wanted(at_once=1))
        await found.rest()
        orders = sorted(found.members.values(), key=lambda one: -one.order)
        await found.roll_back()
        await found.rest()
        return [one.tenant_id for one in orders]

    found, expected = acted(WEEKLY, 5, there_and_back)
    backwards = [call.path.rsplit("-", 1)[-1] for call in found.arm.writes()[5:]]
    assert backwards == expected
    assert expected[-1] == CANARY


def test_a_failure_of_the_canary_halts_all() -> None:
    """It is as it was before, listed with why; no other is touched."""

    async def failing(found: Fleet) -> Rollout:
        found.arm.refused.add(CANARY)
        return await upgraded(found)

    found, rollout = acted(WEEKLY, 6, failing)
    assert rollout.state is RolloutState.HALTED
    assert rollout.trouble.startswith("1 failures, and 0 are put up with")
    canary = found.members[CANARY]
    assert (canary.state, canary.hint) == ("failed", "change it")
    assert "a policy disallows it" in canary.reason
    record = found.tenant(CANARY)
    assert (record.state, record.rules_version) == (TenantState.ACTIVE, RULES_VERSION)
    assert all(found.tenant(one).operations == 1 for one in found.members if one != CANARY)
    assert found.world.audit.entries(CHAIN)[-1].outcome == "halted"


def test_those_under_way_end_when_it_is_halted_and_it_can_go_on() -> None:
    """What failed is looked at and forgiven; what comes then is upgraded."""

    async def failing(found: Fleet) -> tuple[Rollout, dict[str, str]]:
        await found.begin(wanted())
        found.arm.refused = {"t00003"}
        halted = await found.rest()
        states = found.states()
        await found.resume()
        await found.rest()
        return halted, states

    found, (halted, before) = acted(WEEKLY, 12, failing)
    assert halted.state is RolloutState.HALTED
    assert halted.under_way == ()
    assert "pending" in before.values()
    after = found.states()
    assert found.rollout.state is RolloutState.DONE
    assert {one: state for one, state in after.items() if state != "upgraded"} == {
        "t00003": "failed"
    }


def test_a_pause_begins_nothing_and_forgets_nobody() -> None:
    """Those under way end; after it the others follow, each once."""

    async def pausing(found: Fleet) -> dict[str, str]:
        await found.begin(wanted())
        await asyncio.sleep(WRITE_SECONDS * 2)
        await found.pause()
        assert (await found.rest()).under_way == ()
        states = found.states()
        await asyncio.sleep(3600)
        assert found.states() == states
        await found.resume()
        await found.rest()
        return states

    found, states = acted(WEEKLY, 12, pausing)
    assert set(states.values()) == {"upgraded", "pending"}
    assert set(found.states().values()) == {"upgraded"}
    assert len(found.arm.writes()) == 12


def test_the_way_back_can_be_taken_in_the_middle() -> None:
    """Those under way are upgraded first; those that were never begun are not touched."""

    async def returning(found: Fleet) -> Rollout:
        await found.begin(wanted())
        await asyncio.sleep(WRITE_SECONDS * 2)
        assert found.rollout.under_way
        await found.roll_back()
        return await found.rest()

    found, rollout = acted(WEEKLY, 12, returning)
    assert rollout.state is RolloutState.ROLLED_BACK
    assert set(found.states().values()) == {"returned", "pending"}
    assert {found.tenant(one).rules_version for one in found.members} == {RULES_VERSION}


def test_what_was_changed_since_is_left_as_it_is() -> None:
    """An update after the upgrade was asked for by someone; nobody takes it back unasked."""

    async def returning(found: Fleet) -> Rollout:
        await upgraded(found)
        record = found.tenant(CANARY)
        found.world.registry.put(record.model_copy(update={"plan_hash": "another"}))
        await found.roll_back()
        return await found.rest()

    found, rollout = acted(WEEKLY, 3, returning)
    assert rollout.state is RolloutState.ROLLED_BACK
    assert found.states()[CANARY] == "kept"
    assert found.tenant(CANARY).plan_hash == "another"
    assert "changed since" in found.members[CANARY].reason


def test_a_ring_is_watched_before_the_next_begins() -> None:
    """For as long as it says, and shows until when."""

    async def watching(found: Fleet) -> tuple[str, int]:
        await found.begin(wanted(bake_minutes=30))
        await asyncio.sleep(20 * 60)
        cause, begun = str(found.orchestration.custom_status["cause"]), found.rollout.orders
        assert (await found.rest()).state is RolloutState.DONE
        return cause, begun

    found, (cause, begun) = acted(WEEKLY, 3, watching)
    assert cause.startswith("the ring before is watched until")
    assert begun == 1
    assert (found.world.clock.now() - NOON).total_seconds() > 30 * 60


def test_who_cannot_be_upgraded_is_listed_with_why() -> None:
    """Suspended, failed: skipped. Busy: asked again, and upgraded once it has time."""

    async def acting(found: Fleet) -> Rollout:
        put, tenant = found.world.registry.put, found.tenant
        put(tenant("t00001").model_copy(update={"state": TenantState.SUSPENDED}))
        failed = {"state": TenantState.FAILED, "reason": "it broke", "hint": "mend it"}
        put(tenant("t00002").model_copy(update=failed))
        busy = tenant("t00003").next_operation(Work(kind=Kind.UPDATE, actor="ann"), NOON)
        put(busy.after(TenantEvent.UPDATE, NOON))
        put(tenant("t00004").model_copy(update={"rules_version": NEXT}))
        await found.begin(wanted())
        await asyncio.sleep(300)
        assert found.states()["t00003"] == "waiting"
        assert "update is under way" in found.members["t00003"].reason
        put(tenant("t00003").after(TenantEvent.COMPLETE, NOON))
        return await found.rest()

    found, rollout = acted(WEEKLY, 6, acting)
    assert rollout.state is RolloutState.DONE
    assert found.states() == {
        "t00000": "upgraded",
        "t00001": "skipped",
        "t00002": "skipped",
        "t00003": "upgraded",
        "t00004": "current",
        "t00005": "upgraded",
    }
    assert found.members["t00001"].reason == "it is suspended"
    assert (found.members["t00002"].reason, found.members["t00002"].hint) == (
        "it is failed: it broke",
        "mend it",
    )


def test_who_never_has_time_is_skipped_in_the_end() -> None:
    """Nothing hangs for one tenant."""

    async def acting(found: Fleet) -> Rollout:
        busy = found.tenant("t00001").next_operation(Work(kind=Kind.UPDATE, actor="ann"), NOON)
        found.world.registry.put(busy.after(TenantEvent.UPDATE, NOON))
        return await upgraded(found)

    found, rollout = acted(WEEKLY, 3, acting)
    assert rollout.state is RolloutState.DONE
    assert found.states()["t00001"] == "skipped"
    assert "it had no time in any turn" in found.members["t00001"].reason


def test_a_release_with_other_rules_halts_it() -> None:
    """They would lead the tenants somewhere else than was asked for."""

    async def acting(found: Fleet) -> Rollout:
        await found.begin(wanted(bake_minutes=30))
        await asyncio.sleep(600)
        object.__setattr__(found.deps, "rules", Rules(NEXT + 1, WEEKLY.builders))
        return await found.rest()

    found, rollout = acted(WEEKLY, 3, acting)
    assert rollout.state is RolloutState.HALTED
    assert rollout.trouble == f"this release has version {NEXT + 1} of the rules"
    assert found.tenant("t00001").operations == 1


def test_only_what_changes_costs_calls() -> None:
    """Development stays as it is."""
    requests = [tenant_named(0, environment="dev"), tenant_named(1, environment="prod")]
    with fleet(PRODUCTION_WEEKLY, *requests) as found:
        run(found.world.clock, upgraded(found))
    assert {call.path.rsplit("-", 1)[-1] for call in found.arm.sent} == {"t00001"}
    assert set(found.states().values()) == {"upgraded"}


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
