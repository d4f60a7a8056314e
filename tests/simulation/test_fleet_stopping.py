"""Fleet upgrades that are halted, paused, gone on with, and called back."""

import asyncio

import pytest

from activities.fleet.asking import change_rollout
from landing_zone.fleet.deciding import rolling_back
from landing_zone.fleet.model import CHAIN, Rollout, RolloutState
from landing_zone.lifecycle import TenantState
from landing_zone.planning import RULES_VERSION, Rules
from tests.other_rules import ARCHIVED, COPIED, COPIES, NEXT, WEEKLY
from tests.simulation.fleet import WRITE_SECONDS, Fleet, fleet, tenant_named
from tests.simulation.rollouts import CANARY, acted, upgraded, wanted
from tests.simulation.virtual_loop import run


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


@pytest.mark.parametrize("allowed", [(), (COPIES,)])
def test_data_that_the_upgrade_made_room_for_is_lost_only_where_that_is_allowed(
    allowed: tuple[str, ...],
) -> None:
    """Else nothing of the tenant is touched, and the reason names what would be lost."""

    async def returning(found: Fleet) -> int:
        rollout = await upgraded(found)
        assert rollout.state is RolloutState.DONE, found.members
        writes = len(found.arm.writes())
        await change_rollout(
            found.deps,
            found.engine,
            rollout.id,
            lambda one: rolling_back(one, allowed),
            "person:operator",
        )
        await found.rest()
        return writes

    found, writes = acted(COPIED, 1, returning)
    deleted = [one.path for one in found.arm.writes()[writes:] if one.method == "DELETE"]
    assert any("storageAccounts" in path for path in deleted) is bool(allowed)
    assert found.states()[CANARY] == ("returned" if allowed else "stranded")
    if not allowed:
        assert deleted == []
        assert "copies would be deleted with its data" in found.members[CANARY].reason
        assert found.tenant(CANARY).state is TenantState.ACTIVE
