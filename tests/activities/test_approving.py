"""Asking for approval, deciding, and ending what was decided against: whatever dies in between."""

from dataclasses import replace
from typing import Any

import pytest

from activities.approving import decide, look_at_approval, withdraw
from activities.changing import begin_change
from activities.operations import begin_operation
from activities.outcomes import outcome_of
from landing_zone.approval.deciding import AUTOMATION
from landing_zone.approval.record import Decision, Verdict
from landing_zone.approval.reporting import ACTION
from landing_zone.asking import ask
from landing_zone.audit import verify
from landing_zone.contracts import Outcome
from landing_zone.errors import PermanentError
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, new_tenant
from landing_zone.work import Kind, Work
from tests.fakes import NOON, World, example_request

CLUSTER = example_request(isolation="cluster")
TENANT = CLUSTER.tenant_id
REJECTED = Decision(verdict=Verdict.REJECT, actor="ben", reason="too dear", at=NOON)
APPROVED = REJECTED.model_copy(update={"verdict": Verdict.APPROVE})
UPDATE = Work(kind=Kind.UPDATE, actor="ann", wanted=CLUSTER)


class WorkerDiedError(Exception):
    """The worker died."""


class Mortal:
    """A port of a worker that dies at one of its calls, before or after it was done."""

    def __init__(self, port: Any, moments: list[str]) -> None:
        self._port = port
        self._moments = moments

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        async def call(*arguments: Any) -> Any:
            self._pass(f"before {name}")
            answer = await method(*arguments)
            self._pass(f"after {name}")
            return answer

        return call

    def _pass(self, _moment: str) -> None:
        if self._moments.pop(0) == "die":
            raise WorkerDiedError


def asked(**changes: Any) -> World:
    """A world in which an own cluster was asked for."""
    world = World()
    world.registry.put(new_tenant(CLUSTER, "ann", NOON).model_copy(update=changes))
    return world


def changing(**changes: Any) -> World:
    """A world in which an active tenant is to get an own cluster."""
    world = World()
    active = new_tenant(example_request(), "ann", NOON).model_copy(
        update={"state": TenantState.ACTIVE, "active_since": NOON, "ongoing": False}
    )
    world.registry.put(active.next_operation(UPDATE, NOON, **changes))
    return world


def tenant(world: World) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[TENANT].value


async def look(world: World) -> Outcome:
    """Look at the tenant's current operation."""
    return await look_at_approval(world.deps, tenant(world).operation)


def outcomes(world: World) -> list[str]:
    """What the audit says of the approval."""
    return [one.outcome for one in world.audit.entries(TENANT) if one.action == ACTION]


def mortal(world: World, dies_at: int) -> Any:
    """What a worker works with that dies at that of its moments."""
    moments = ["live"] * dies_at + ["die"] + ["live"] * 1000
    ports: dict[str, Any] = {
        name: Mortal(getattr(world, name), moments) for name in ("registry", "audit", "documents")
    }
    return replace(world.deps, **ports)


async def test_approval_is_asked_for_and_waited_for() -> None:
    """Until the next look, with what people are told."""
    world = asked()
    outcome = await look(world)
    assert outcome.state == "done"
    assert outcome.until is not None
    assert (outcome.until - world.clock.now()).total_seconds() == 300
    assert outcome.message.startswith("waits for an approver since 2026-03-14 12:00 UTC, until")
    assert outcomes(world) == ["asked"]


async def test_looks_come_when_something_is_due() -> None:
    """Just then, however seldom it looks otherwise."""
    world = asked()
    settings = world.deps.settings.approval.model_copy(update={"look_seconds": 86_400.0})
    every = world.deps.settings.model_copy(update={"approval": settings})
    object.__setattr__(world.deps, "settings", every)
    world.clock.move(60)
    assert (await look(world)).until is not None
    world.clock.move(3600)
    outcome = await look(world)
    approval = tenant(world).approval
    assert approval is not None
    assert outcome.until == approval.remind_at
    world.clock.move(70 * 3600)
    assert (await look(world)).until == approval.until


@pytest.mark.parametrize("decision", [APPROVED, REJECTED])
@pytest.mark.parametrize("make", [asked, changing])
@pytest.mark.parametrize("dies_at", range(20))
async def test_a_worker_may_die_at_any_moment(decision: Decision, make: Any, dies_at: int) -> None:
    """What comes in the end is the same, is noted once, and nothing is half done."""
    calm, world = make(), make()
    for one in (calm, world):
        await look(one)
        await decide(one.deps, TENANT, tenant(one).operation_id, decision)
    operation = tenant(world).operation
    expected = await look_at_approval(calm.deps, operation)
    try:
        await look_at_approval(mortal(world, dies_at), operation)
    except WorkerDiedError:
        again = await look_at_approval(world.deps, operation)
        assert again.state == expected.state
    assert tenant(world) == tenant(calm)
    assert world.documents.operations == calm.documents.operations
    assert outcomes(world) == outcomes(calm) == ["asked", decision.verdict.told]
    assert verify(world.audit.chains[TENANT]).valid


@pytest.mark.parametrize("dies_at", range(10))
async def test_a_decision_is_kept_whole_or_not_at_all(dies_at: int) -> None:
    """And deciding the same again is safe."""
    world = asked()
    await look(world)
    name = tenant(world).operation_id
    try:
        await decide(mortal(world, dies_at), TENANT, name, APPROVED)
    except WorkerDiedError:
        await decide(world.deps, TENANT, name, APPROVED)
    assert outcomes(world) == ["asked", "approved"]
    assert (await look(world)).until is None


async def test_an_approved_tenant_is_begun_as_one() -> None:
    """From awaiting approval, and once."""
    world = asked()
    await look(world)
    await decide(world.deps, TENANT, tenant(world).operation_id, APPROVED)
    assert (await look(world)).state == "done"
    for _ in range(2):
        assert (await begin_operation(world.deps, tenant(world).operation)).state == "done"
        assert tenant(world).state is TenantState.PROVISIONING
    assert (await look(world)).until is None


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("run", [0, 3])
async def test_nothing_begins_that_was_not_approved(*, looked: bool, run: int) -> None:
    """Whoever starts it, however often it was taken up again."""
    for world, begin in ((asked(), begin_operation), (changing(), begin_change)):
        if looked:
            await look(world)
        state, operation = tenant(world).state, tenant(world).operation
        begun = begin(world.deps, operation.model_copy(update={"run": run}))
        outcome = await outcome_of(begun)
        assert (outcome.state, outcome.code) == ("failed", "ApprovalMissing")
        assert tenant(world).state is state
        assert [one for one in world.audit.entries(TENANT) if one.action != ACTION] == []


async def test_who_asked_can_withdraw_what_waits() -> None:
    """It ends as a rejection does, by the actor, and nobody approves it afterwards."""
    world = asked()
    await look(world)
    name = tenant(world).operation_id
    await withdraw(world.deps, tenant(world), "ann", "a mistake")
    await withdraw(world.deps, tenant(world), "ann", "a mistake")
    outcome = await look(world)
    assert (outcome.state, outcome.code) == ("failed", "ApprovalWithdrawn")
    record = tenant(world)
    assert (record.state, record.ongoing) == (TenantState.OFFBOARDED, False)
    assert record.reason == "withdrawn before it was approved: a mistake"
    last = world.audit.entries(TENANT)[-1]
    assert (last.outcome, last.actor) == ("withdrawn", "ann")
    with pytest.raises(PermanentError) as caught:
        await decide(world.deps, TENANT, name, APPROVED)
    assert caught.value.code == "ApprovalDecided"


async def test_what_is_approved_cannot_be_withdrawn() -> None:
    """It is begun: it is to be offboarded then."""
    world = asked()
    await look(world)
    await decide(world.deps, TENANT, tenant(world).operation_id, APPROVED)
    with pytest.raises(PermanentError) as caught:
        await withdraw(world.deps, tenant(world), "ann")
    assert caught.value.code == "ApprovalDecided"


async def test_an_offboarding_takes_the_place_of_a_change_that_waits() -> None:
    """At the next look: it is not held up by a person who does not come."""
    world = changing()
    await look(world)
    offboard = Work(kind=Kind.OFFBOARD, actor="bob")
    world.registry.put(ask(tenant(world), offboard, NOON).record)
    outcome = await look(world)
    assert outcome.state == "failed"
    assert outcome.following is not None
    assert outcome.following.kind is Kind.OFFBOARD
    record = tenant(world)
    assert (record.work.kind, record.ongoing, record.approval) == (Kind.OFFBOARD, True, None)
    assert world.documents.operations[f"{TENANT}.2"]["state"] == "withdrawn"
    entry = world.audit.entries(TENANT)[-1]
    assert (entry.outcome, entry.actor) == ("withdrawn", "bob")


async def test_an_operation_that_is_over_is_not_decided_upon() -> None:
    """Another one has taken its place, which comes next."""
    world = changing()
    old = tenant(world).operation
    world.registry.put(tenant(world).next_operation(UPDATE, NOON))
    outcome = await look_at_approval(world.deps, old)
    assert (outcome.state, outcome.following) == ("failed", tenant(world).operation)
    assert tenant(world).approval is None


async def test_expiry_is_the_applications_own_decision() -> None:
    """Noted at the deadline, with the reason that people see."""
    world = asked()
    await look(world)
    world.clock.move(80 * 3600)
    outcome = await look(world)
    assert (outcome.state, outcome.code) == ("failed", "ApprovalExpired")
    entry = world.audit.entries(TENANT)[-1]
    assert (entry.outcome, entry.actor) == ("expired", AUTOMATION)
    assert "72 hours" in tenant(world).reason
    assert tenant(world).hint
