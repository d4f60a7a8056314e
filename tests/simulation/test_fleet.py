"""Fleet upgrades with genuine operations: rings, costs, the audit, and who cannot be upgraded."""

import asyncio
from typing import Any

from landing_zone.audit import verify
from landing_zone.fleet.model import CHAIN, Rollout, RolloutState
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.tenants import instance_id
from landing_zone.work import Kind, Work
from tests.fakes import NOON
from tests.other_rules import NEXT, PRODUCTION_WEEKLY, SAME, WEEKLY
from tests.simulation.fleet import WRITE_SECONDS, Fleet, fleet, tenant_named
from tests.simulation.rollouts import CANARY, acted, upgraded, wanted
from tests.simulation.virtual_loop import run


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


def test_only_what_changes_costs_calls() -> None:
    """Development stays as it is."""
    requests = [tenant_named(0, environment="dev"), tenant_named(1, environment="prod")]
    with fleet(PRODUCTION_WEEKLY, *requests) as found:
        run(found.world.clock, upgraded(found))
    assert {call.path.rsplit("-", 1)[-1] for call in found.arm.sent} == {"t00001"}
    assert set(found.states().values()) == {"upgraded"}


def test_the_ids_of_what_is_upgraded_are_shown_meanwhile() -> None:
    """Although what they refer to is not touched: it is known from the operation before."""

    async def looking(found: Fleet) -> dict[str, Any]:
        await found.begin(wanted())
        await asyncio.sleep(WRITE_SECONDS / 2)
        status: dict[str, Any] = found.engine.instances[instance_id(CANARY)].custom_status
        await found.rest()
        return status

    found, status = acted(WEEKLY, 1, looking)
    known = found.world.documents.operations[f"{CANARY}.1"]["outputs"]
    assert status["outputs"]["subscription"] == known["subscription"]
