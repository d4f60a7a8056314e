"""What needs an approver: over hours and deaths, nothing is begun before somebody has decided."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from landing_zone.approval.record import Verdict
from landing_zone.approval.reporting import ACTION
from landing_zone.asking import Begun, ask
from landing_zone.audit import AuditEntry
from landing_zone.intake.messages import RESULTS
from landing_zone.intake.replies import Reply
from landing_zone.lifecycle import TenantState
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, instance_id
from landing_zone.work import Kind, Work
from tests.simulation.approving import APPROVER, decide_now
from tests.simulation.requests import request_of
from tests.simulation.simulation import Simulation, simulation
from tests.simulation.virtual_loop import run
from triggers.recovery import recover
from triggers.starting import start
from triggers.tenants import admitted

TENANT: Final = "contoso-research"
INSTANCE: Final = instance_id(TENANT)
REPLY: Final = Reply(origin="queue:1", correlation_id="c-1", message_id="m-1")
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

type Story = Callable[[Simulation], Coroutine[Any, Any, None]]


def played(story: Story) -> None:
    """Play a story to its end; no activity crashes and no orchestrator is indeterminate in it."""
    with simulation() as found:
        run(found.world.clock, story(found))
        assert found.engine.crashes == []


async def asked(found: Simulation, tier: str = "cluster", reply: Reply | None = None) -> None:
    """Ask for the tenant, and wait until it waits."""
    record, _ = await admitted(found.deps, request_of(tier), "ann", reply)
    await start(found.engine, record)
    await asyncio.sleep(5)


async def ended(found: Simulation) -> TenantRecord:
    """The tenant, once its orchestration has ended."""
    await found.engine.until([INSTANCE])
    return found.tenant(TENANT)


def entries(found: Simulation) -> list[AuditEntry]:
    """What the audit says of the approval."""
    return [one for one in found.world.audit.entries(TENANT) if one.action == ACTION]


def results(found: Simulation) -> list[tuple[str, str]]:
    """What was told by message: outcome and correlation id."""
    return [
        (str(one.properties["outcome"]), one.correlation_id)
        for one in found.world.messages.of(RESULTS)
    ]


def assert_untouched(found: Simulation) -> None:
    """Nothing was written to Azure, and nothing of the hub is held."""
    assert [one for one in found.arm.log if one.method != "GET"] == []
    assert found.world.ledger.held == {}
    assert found.world.hub_requests.rows == {}


def test_nothing_is_written_or_held_before_it_is_approved() -> None:
    """And then it goes on at once; the audit has who asked, who decided and why."""

    async def story(found: Simulation) -> None:
        await asked(found)
        await asyncio.sleep(10 * HOUR)
        waiting = found.tenant(TENANT)
        assert waiting.state is TenantState.AWAITING_APPROVAL
        assert_untouched(found)
        status = found.engine.instances[INSTANCE].custom_status
        assert status["cause"].startswith("waits for an approver since 2026-03-14 12:00 UTC, until")
        await decide_now(found, TENANT)
        await asyncio.sleep(5)
        assert found.tenant(TENANT).state is TenantState.PROVISIONING
        assert (await ended(found)).state is TenantState.ACTIVE
        first, last = entries(found)
        assert (first.outcome, first.details["neededFor"]) == ("asked", "isolation cluster")
        assert (last.outcome, last.actor, last.details["reason"]) == (
            "approved",
            APPROVER,
            "as it should be",
        )
        begun = found.world.audit.entries(TENANT)[2]
        assert (begun.action, begun.outcome) == ("tenant.onboard", "begun")
        assert (begun.details["before"], begun.details["after"]) == (
            "awaiting-approval",
            "provisioning",
        )

    played(story)


def test_a_rejected_request_ends_without_a_trace() -> None:
    """Offboarded, with the approver's reason, and told to who asked by message."""

    async def story(found: Simulation) -> None:
        await asked(found, reply=REPLY)
        await decide_now(found, TENANT, Verdict.REJECT)
        record = await ended(found)
        assert (record.state, record.ongoing) == (TenantState.OFFBOARDED, False)
        assert record.reason == "rejected by an approver: as it should be"
        assert record.hint
        assert_untouched(found)
        [(outcome, correlation)] = results(found)
        assert (outcome, correlation) == ("failed", "c-1")
        document = found.world.documents.operations[record.operation_id]
        assert (document["state"], document["code"]) == ("rejected", "ApprovalRejected")
        assert document["reason"] == record.reason
        assert [one.outcome for one in entries(found)] == ["asked", "rejected"]
        assert entries(found)[-1].details["after"] == "offboarded"

    played(story)


def test_what_nobody_decides_upon_is_reminded_of_and_expires() -> None:
    """Once each, at their times; a decision that comes too late changes nothing."""

    async def story(found: Simulation) -> None:
        await asked(found, reply=REPLY)
        await asyncio.sleep(DAY - 60)
        assert [one.outcome for one in entries(found)] == ["asked"]
        await asyncio.sleep(120)
        assert [one.outcome for one in entries(found)] == ["asked", "reminded"]
        assert found.tenant(TENANT).owed[0].outcome == "awaiting-approval"
        record = await ended(found)
        assert (record.state, record.ongoing) == (TenantState.OFFBOARDED, False)
        assert "nobody decided upon it within 72 hours" in record.reason
        assert [one.outcome for one in entries(found)] == ["asked", "reminded", "expired"]
        waited = entries(found)[-1].at - entries(found)[0].at
        assert waited.total_seconds() == 3 * DAY
        assert results(found) == [("awaiting-approval", "c-1"), ("failed", "c-1")]
        assert_untouched(found)

    played(story)


def test_a_wait_of_days_has_a_short_history() -> None:
    """However often it looks."""

    async def story(found: Simulation) -> None:
        await asked(found)
        await asyncio.sleep(2 * DAY)
        instance = found.engine.instances[INSTANCE]
        assert instance.executions > 500
        assert len(instance.log) < 10
        await decide_now(found, TENANT)
        assert (await ended(found)).state is TenantState.ACTIVE

    played(story)


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.REJECT])
def test_a_decision_while_the_host_is_down_is_found_when_it_is_back(verdict: Verdict) -> None:
    """It was told to nobody: the record knows."""

    async def story(found: Simulation) -> None:
        await asked(found)
        found.engine.kill()
        await decide_now(found, TENANT, verdict, told=False)
        await asyncio.sleep(10)
        found.engine.revive()
        record = await ended(found)
        approved = verdict is Verdict.APPROVE
        assert record.state is (TenantState.ACTIVE if approved else TenantState.OFFBOARDED)
        assert [one.outcome for one in entries(found)] == ["asked", verdict.told]

    played(story)


def test_a_deadline_that_passes_while_the_host_is_down_is_kept() -> None:
    """The request has expired, at its time."""

    async def story(found: Simulation) -> None:
        await asked(found)
        found.engine.kill()
        await asyncio.sleep(4 * DAY)
        found.engine.revive()
        assert (await ended(found)).state is TenantState.OFFBOARDED
        assert entries(found)[-1].outcome == "expired"
        assert entries(found)[-1].at == found.tenant(TENANT).approval.until  # type: ignore[union-attr]

    played(story)


def test_a_lost_event_costs_minutes_and_nothing_else() -> None:
    """The orchestration looks by itself."""

    async def story(found: Simulation) -> None:
        await asked(found)
        await decide_now(found, TENANT, told=False)
        await asyncio.sleep(found.deps.settings.approval.look_seconds + 5)
        assert found.tenant(TENANT).state is TenantState.PROVISIONING
        await ended(found)

    played(story)


@pytest.mark.parametrize("decided", [False, True])
def test_a_lost_orchestration_is_taken_up_and_asks_nobody_again(*, decided: bool) -> None:
    """However often; what was asked, and since when, stays; and so does what was decided."""

    async def story(found: Simulation) -> None:
        await asked(found)
        before = found.tenant(TENANT).approval
        for _ in range(8):
            found.engine.instances[INSTANCE].status = "Terminated"
            if decided and found.tenant(TENANT).approval == before:
                await decide_now(found, TENANT, told=False)
            await asyncio.sleep(60)
            assert await recover(found.deps, found.engine) == [TENANT]
            if decided:
                break
            await asyncio.sleep(5)
            assert found.tenant(TENANT).approval == before
        if not decided:
            assert found.tenant(TENANT).state is TenantState.AWAITING_APPROVAL
            await decide_now(found, TENANT)
        assert (await ended(found)).state is TenantState.ACTIVE
        assert [one.outcome for one in entries(found)] == ["asked", "approved"]

    played(story)


def test_asking_again_while_it_waits_and_after_a_rejection_passes_nothing_by() -> None:
    """The same request changes nothing; the next one needs an approval of its own."""

    async def story(found: Simulation) -> None:
        await asked(found)
        await asked(found)
        assert found.tenant(TENANT).operations == 1
        await decide_now(found, TENANT, Verdict.REJECT)
        await ended(found)
        await asked(found)
        again = found.tenant(TENANT)
        assert (again.operations, again.state) == (2, TenantState.AWAITING_APPROVAL)
        assert_untouched(found)
        await decide_now(found, TENANT)
        assert (await ended(found)).state is TenantState.ACTIVE

    played(story)


async def changed(found: Simulation, **changes: Any) -> None:
    """Ask for a change of the tenant, and wait until it waits."""
    record = found.tenant(TENANT)
    document = record.request.to_document() | changes
    wanted = TenantRequest.model_validate(document)
    work = Work(kind=Kind.UPDATE, actor="person:bob", wanted=wanted, reason="we grow")
    answer = ask(record, work, found.world.clock.now())
    assert isinstance(answer, Begun)
    row = await found.deps.registry.get(TENANT)
    assert row is not None
    assert await found.deps.registry.replace(answer.record, row.etag)
    await start(found.engine, answer.record)
    await asyncio.sleep(5)


@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.APPROVE])
def test_moving_to_a_cluster_of_its_own_waits_for_an_approver(verdict: Verdict) -> None:
    """The tenant stays as it is and active; a rejection leaves it so, with the reason."""

    async def story(found: Simulation) -> None:
        await asked(found, "namespace")
        before = await ended(found)
        writes, held = len(found.arm.log), dict(found.world.ledger.claims)
        await changed(found, isolation="cluster")
        waiting = found.tenant(TENANT)
        assert (waiting.state, waiting.ongoing) == (TenantState.ACTIVE, True)
        assert (len(found.arm.log), found.world.ledger.claims) == (writes, held)
        await decide_now(found, TENANT, verdict)
        record = await ended(found)
        assert record.state is TenantState.ACTIVE
        if verdict is Verdict.APPROVE:
            assert (record.request.isolation, record.reason) == ("cluster", "")
            return
        assert len(found.arm.log) == writes
        assert (record.request, record.plan_hash) == (before.request, before.plan_hash)
        assert record.reason == "rejected by an approver: as it should be"
        await changed(found, costCenter="CC-7")
        record = await ended(found)
        assert (record.request.cost_center, record.reason) == ("CC-7", "")

    played(story)


def test_a_change_that_gains_nothing_that_needs_approval_waits_for_nobody() -> None:
    """An own cluster that was approved stays approved."""

    async def story(found: Simulation) -> None:
        await asked(found)
        await decide_now(found, TENANT)
        await ended(found)
        await changed(found, costCenter="CC-7")
        record = await ended(found)
        assert (record.state, record.request.cost_center) == (TenantState.ACTIVE, "CC-7")
        assert record.approval is None

    played(story)
