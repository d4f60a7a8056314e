"""The beginning of an operation: admitted, reserved, planned."""

from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network

import pytest

from activities.dependencies import Dependencies
from activities.operations import begin_operation, make_plan, reserve
from activities.outcomes import outcome_of
from landing_zone.audit import digest
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.errors import TemporaryError
from landing_zone.intake.replies import Reply
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Undo
from tests.activities.calls import OPERATION, REQUEST, reserved, tenant
from tests.fakes import HUBS, World
from tests.unit.planned_whole import whole_plan_of

type Work = Callable[[Dependencies, OperationRef], Awaitable[Outcome]]
HUB_NETWORK = HUBS.hubs[0].network_id


async def test_beginning_puts_the_tenant_into_provisioning() -> None:
    """And notes it, with who asked."""
    world = World()
    world.registry.put(tenant(TenantState.REQUESTED))
    world.clock.move(60)
    await begin_operation(world.deps, OPERATION)
    record = world.registry.rows[REQUEST.tenant_id].value
    assert (record.state, record.updated_at) == (TenantState.PROVISIONING, world.clock.now())
    [entry] = world.audit.entries(REQUEST.tenant_id)
    assert (entry.action, entry.outcome, entry.details) == (
        "tenant.onboard",
        "begun",
        {
            "before": "requested",
            "after": "provisioning",
            "why": "asked",
            "request": digest(REQUEST.to_document()),
        },
    )
    assert entry.actor == "ann"


async def test_beginning_says_why_and_by_which_message() -> None:
    """Asked again after an end, or taken up again after its orchestration was lost."""
    world = World()
    reply = Reply(origin="bus/1", message_id="message-7")
    again = tenant(TenantState.REQUESTED, operations=2, plan_hash="a" * 64, reply=reply)
    world.registry.put(again)
    operation = OPERATION.model_copy(update={"operation_id": f"{REQUEST.tenant_id}.2"})
    await begin_operation(world.deps, operation)
    await begin_operation(world.deps, operation.model_copy(update={"run": 1}))
    first, second = world.audit.entries(REQUEST.tenant_id)
    assert (first.details["why"], first.details["message"]) == ("asked again", "message-7")
    assert first.details["planBefore"] == "a" * 64
    assert second.details["why"] == "taken up again: its orchestration was lost"
    assert (second.details["before"], second.details["after"]) == ("provisioning", "provisioning")


async def test_beginning_is_noted_before_the_record_says_so() -> None:
    """Who dies in between notes it once, with the state as it was before."""
    world = World()
    world.registry.put(tenant(TenantState.REQUESTED))
    world.registry.before_replace = lambda _: world.registry.put(tenant(TenantState.REQUESTED))
    outcome = await outcome_of(begin_operation(world.deps, OPERATION))
    assert (outcome.state, outcome.code) == ("retry", "RegistryBusy")
    world.registry.before_replace = lambda _: None
    await begin_operation(world.deps, OPERATION)
    [entry] = world.audit.entries(REQUEST.tenant_id)
    assert entry.details["before"] == "requested"


async def test_beginning_twice_is_beginning_once() -> None:
    """The record is not written again and nothing is noted twice."""
    world = World()
    world.registry.put(tenant(TenantState.REQUESTED))
    for _ in range(2):
        await begin_operation(world.deps, OPERATION)
    assert world.registry.writes == 2
    assert len(world.audit.entries(REQUEST.tenant_id)) == 1


@pytest.mark.parametrize("work", [begin_operation, reserve, make_plan])
async def test_superseded_operation_does_nothing(work: Work) -> None:
    """Another has taken its place."""
    world = World()
    world.registry.put(tenant(TenantState.REQUESTED, operations=2))
    outcome = await outcome_of(work(world.deps, OPERATION))
    assert (outcome.state, outcome.code) == ("failed", "OperationSuperseded")
    assert world.registry.writes == 1
    assert world.ledger.held == {}
    assert world.documents.plans == {}


@pytest.mark.parametrize("work", [begin_operation, reserve, make_plan])
async def test_operation_of_no_tenant_fails(work: Work) -> None:
    """Its record is gone."""
    outcome = await outcome_of(work(World().deps, OPERATION))
    assert (outcome.state, outcome.code) == ("failed", "TenantNotFound")


async def test_range_is_held_in_the_ledger_and_in_the_record() -> None:
    """The same one, in the hub of the tenant's region."""
    world = World()
    world.registry.put(tenant())
    await reserve(world.deps, OPERATION)
    held = world.ledger.held["hub-weu", REQUEST.tenant_id]
    record = world.registry.rows[REQUEST.tenant_id].value
    assert record.reservation == held
    assert held.address_range.prefixlen == REQUEST.network.prefix_length
    assert held.reserved_on == world.clock.now().date()


async def test_reserving_twice_is_reserving_once() -> None:
    """With the record's range, without asking anyone."""
    world = World()
    world.registry.put(tenant())
    await reserve(world.deps, OPERATION)
    first = world.registry.rows[REQUEST.tenant_id]
    await reserve(world.deps, OPERATION)
    assert world.registry.rows[REQUEST.tenant_id] == first
    assert [sent.method for sent in world.arm.sent] == ["PAGES"]


async def test_range_that_only_the_ledger_knew_is_found_again() -> None:
    """A worker died between the ledger and the record."""
    world = World()
    world.registry.put(tenant())
    held = await world.ledger.reserve("hub-weu", REQUEST.tenant_id, 24, [])
    await reserve(world.deps, OPERATION)
    assert world.registry.rows[REQUEST.tenant_id].value.reservation == held


@pytest.mark.parametrize("operations", [1, 2, 7])
async def test_what_is_held_afresh_is_of_a_generation_of_its_own(operations: int) -> None:
    """The operation's number: higher than that of any before, and the same if this runs twice."""
    world = World()
    world.registry.put(tenant(operations=operations))
    operation = OPERATION.model_copy(update={"operation_id": f"{REQUEST.tenant_id}.{operations}"})
    await reserve(world.deps, operation)
    await reserve(world.deps, operation)
    kept = world.registry.rows[REQUEST.tenant_id].value.reservation
    assert kept is not None
    assert kept.generation == operations


async def test_what_an_earlier_operation_left_in_the_ledger_is_of_the_new_generation() -> None:
    """It was let go of, and what was made on it may keep its names."""
    world = World()
    world.registry.put(tenant(operations=3))
    await world.ledger.reserve("hub-weu", REQUEST.tenant_id, 24, [])
    operation = OPERATION.model_copy(update={"operation_id": f"{REQUEST.tenant_id}.3"})
    await reserve(world.deps, operation)
    kept = world.registry.rows[REQUEST.tenant_id].value.reservation
    assert kept is not None
    assert kept.generation == 3


async def test_what_is_still_held_keeps_its_generation() -> None:
    """What is left of the earlier attempt has its names."""
    world = World()
    held = reserved(world).reservation
    world.registry.put(tenant(operations=3, reservation=held))
    operation = OPERATION.model_copy(update={"operation_id": f"{REQUEST.tenant_id}.3"})
    await reserve(world.deps, operation)
    assert world.registry.rows[REQUEST.tenant_id].value.reservation == held


async def test_range_of_an_orphan_peering_is_not_given_away() -> None:
    """The ledger knows nothing of it, the hub network does."""
    world = World()
    pool = HUBS.hubs[0].spoke_pool[0]
    orphan = next(pool.subnets(new_prefix=24))
    for number, space in enumerate(({"addressPrefixes": [str(orphan)]}, None, {})):
        peering = f"{HUB_NETWORK}/virtualNetworkPeerings/peer-{number}"
        world.arm.put(peering, {"properties": {"remoteAddressSpace": space}})
    world.registry.put(tenant())
    await reserve(world.deps, OPERATION)
    record = world.registry.rows[REQUEST.tenant_id].value
    assert record.reservation is not None
    assert not record.reservation.address_range.overlaps(orphan)
    assert record.reservation.address_range.subnet_of(pool)


async def test_nothing_is_held_while_the_peerings_cannot_be_read() -> None:
    """A range in use could be given away."""
    world = World()
    world.registry.put(tenant())
    world.arm.script("PAGES", TemporaryError("TooManyRequests", "wait", 2.0))
    outcome = await outcome_of(reserve(world.deps, OPERATION))
    assert (outcome.state, outcome.wait) == ("retry", 2.0)
    assert world.ledger.held == {}


async def test_plan_is_kept_under_its_hash_and_told_as_its_graph() -> None:
    """Every resource with what it waits for, and the bounds of its attempts."""
    world = World()
    reserved(world)
    outcome = await make_plan(world.deps, OPERATION)
    assert outcome.plan is not None
    kept = world.documents.plans[outcome.plan.plan_hash]
    assert kept.hash == whole_plan_of(REQUEST).hash
    nodes = {node.key: node for node in outcome.plan.nodes}
    assert {key: frozenset(node.after) for key, node in nodes.items()} == kept.graph
    assert all(
        node.undoable == (kept.by_key[key].undo is not Undo.KEEP) for key, node in nodes.items()
    )
    assert {key for key, node in nodes.items() if node.ready} == {"peering:hub", "peering:spoke"}
    assert outcome.plan.named == ("subscription",)
    assert outcome.plan.retry == world.deps.settings.retry


async def test_planning_again_gives_the_same_plan() -> None:
    """A crash between planning and telling changes nothing."""
    world = World()
    reserved(world)
    first = await make_plan(world.deps, OPERATION)
    world.clock.move(86_400 * 40)
    assert await make_plan(world.deps, OPERATION) == first
    assert len(world.documents.plans) == 1


async def test_planning_waits_for_the_reservation() -> None:
    """A plan without a range is none."""
    world = World()
    world.registry.put(tenant())
    outcome = await outcome_of(make_plan(world.deps, OPERATION))
    assert (outcome.state, outcome.code) == ("retry", "NotReserved")


async def test_full_pool_fails_for_good() -> None:
    """Waiting makes no room."""
    world = World()
    world.registry.put(tenant())
    pool = HUBS.hubs[0].spoke_pool[0]
    world.arm.put(
        f"{HUB_NETWORK}/virtualNetworkPeerings/all",
        {"properties": {"remoteAddressSpace": {"addressPrefixes": [str(IPv4Network(pool))]}}},
    )
    outcome = await outcome_of(reserve(world.deps, OPERATION))
    assert (outcome.state, outcome.code, bool(outcome.hint)) == ("failed", "CapacityExceeded", True)
    assert "addresses of the spoke pool (asked 1, left 0 of 4096 ranges of /24)" in outcome.message
    assert world.ledger.held == {}
