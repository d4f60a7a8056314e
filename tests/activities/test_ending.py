"""The end of an operation: active, compensated, or with work left that a person must know of."""

from datetime import timedelta
from typing import Any

import pytest

from activities.ending import end_operation
from activities.outcomes import outcome_of
from landing_zone.contracts import ResourceResult
from landing_zone.ends import OperationEnd
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from tests.activities.calls import OPERATION, PLAN, REQUEST, reserved, resource, tenant
from tests.fakes import NOON, World
from tests.unit.planned import OUTPUTS, VENDED

HELD = ("hub-weu", REQUEST.tenant_id)
FAILURE: dict[str, Any] = {
    "ok": False,
    "code": "RequestDisallowedByPolicy",
    "reason": "network: disallowed",
    "hint": "ask for an exemption",
}


def result(key: str, state: str = "done", **changes: Any) -> ResourceResult:
    """What became of a resource."""
    values: dict[str, Any] = {
        "key": key,
        "state": state,
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=5),
        "attempts": 1,
        "outputs": OUTPUTS,
    }
    return ResourceResult.model_validate(values | changes)


ALL = tuple(result(item.key) for item in PLAN.resources)


def end(**changes: Any) -> OperationEnd:
    """How the operation ended."""
    values: dict[str, Any] = {
        "operation": OPERATION,
        "ok": True,
        "started_at": NOON,
        "planned_at": 0.5,
        "plan_hash": PLAN.hash,
        "results": ALL,
    }
    return OperationEnd.model_validate(values | changes)


async def ready_world(state: TenantState = TenantState.PROVISIONING) -> World:
    """A world with the plan and a tenant that holds its range, ten seconds later."""
    world = World()
    await world.documents.put_plan(PLAN)
    reserved(world, state)
    world.clock.move(10)
    return world


def record_of(world: World) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[REQUEST.tenant_id].value


async def test_good_end_makes_the_tenant_active() -> None:
    """With its subscription, its plan and its range."""
    world = await ready_world()
    assert (await end_operation(world.deps, end())).state == "done"
    record = record_of(world)
    assert (record.state, record.subscription_id) == (TenantState.ACTIVE, VENDED)
    assert (record.plan_hash, record.reason, record.open_work) == (PLAN.hash, "", ())
    assert record.reservation == world.ledger.held[HELD]
    document = world.documents.operations[OPERATION.operation_id]
    assert (document["state"], document["seconds"], document["openWork"]) == ("succeeded", 10.0, [])
    [entry] = world.audit.entries(REQUEST.tenant_id)
    assert (entry.outcome, entry.actor) == ("active", "ann")
    assert entry.details == {
        "before": "provisioning",
        "after": "active",
        "planHash": PLAN.hash,
        "written": "0",
    }


async def test_adopted_subscription_is_the_one_that_was_asked_for() -> None:
    """Nothing yields it."""
    world = await ready_world()
    adopted = "88888888-8888-4888-8888-888888888888"
    document = REQUEST.to_document() | {"subscription": {"mode": "adopt", "id": adopted}}
    request = type(REQUEST).model_validate(document)
    world.registry.put(record_of(world).model_copy(update={"request": request}))
    bare = tuple(item.model_copy(update={"outputs": {}}) for item in ALL)
    await end_operation(world.deps, end(results=bare))
    assert record_of(world).subscription_id == adopted


async def test_compensated_end_frees_what_was_held() -> None:
    """The tenant failed, says why and what to do, and holds nothing."""
    world = await ready_world()
    undone = tuple(result(item.key) for item in PLAN.resources[:3])
    await end_operation(world.deps, end(undone=undone, **FAILURE))
    record = record_of(world)
    assert (record.state, record.reason, record.hint) == (
        TenantState.FAILED,
        "network: disallowed",
        "ask for an exemption",
    )
    assert (record.reservation, record.open_work, world.ledger.held) == (None, (), {})
    document = world.documents.operations[OPERATION.operation_id]
    assert (document["state"], document["code"]) == ("compensated", FAILURE["code"])
    [entry] = world.audit.entries(REQUEST.tenant_id)
    assert (entry.outcome, entry.details["code"]) == ("failed", FAILURE["code"])
    assert entry.details["reason"] == FAILURE["reason"]
    assert (entry.details["before"], entry.details["after"]) == ("provisioning", "failed")
    assert entry.details["undone"] == "3"


async def test_end_before_the_plan_frees_what_was_held() -> None:
    """There was nothing to take back."""
    world = await ready_world()
    await end_operation(world.deps, end(plan_hash="", results=(), planned_at=None, **FAILURE))
    assert (record_of(world).state, world.ledger.held) == (TenantState.FAILED, {})
    assert world.documents.operations[OPERATION.operation_id]["state"] == "compensated"


async def test_what_could_not_be_taken_back_is_listed_and_keeps_its_range() -> None:
    """The network still uses it; each is listed by its id with the reason."""
    world = await ready_world()
    undone = (
        result("peering:hub"),
        result("network", "failed", code="ScopeLocked", message="locked by finance"),
        result("resource-group:network", "skipped", started_at=None),
    )
    await end_operation(world.deps, end(undone=undone, **FAILURE))
    record = record_of(world)
    assert [(work.key, work.resource) for work in record.open_work] == [
        ("network", resource("network").id),
        ("resource-group:network", resource("resource-group:network").id),
    ]
    assert record.open_work[0].reason == "locked by finance"
    assert record.open_work[1].reason
    assert record.state is TenantState.FAILED
    assert record.reservation == world.ledger.held[HELD]
    [entry] = world.audit.entries(REQUEST.tenant_id)
    assert (entry.details["undone"], entry.details["openWork"]) == ("1", "2")
    document = world.documents.operations[OPERATION.operation_id]
    assert document["state"] == "failed"
    assert [work["key"] for work in document["openWork"]] == ["network", "resource-group:network"]


async def test_what_is_left_has_new_names_once_the_subscription_is_gone() -> None:
    """A vault that was deleted in it cannot be brought back into the next one."""
    world = await ready_world()
    undone = (result("hub:firewall", "failed", message="busy"), result("subscription"))
    for _ in range(2):
        await end_operation(world.deps, end(undone=undone, **FAILURE))
        held, kept = world.ledger.held[HELD], record_of(world).reservation
        assert kept == held.model_copy(update={"generation": 2})


@pytest.mark.parametrize("state", ["failed", "skipped"])
async def test_what_is_left_keeps_its_names_while_the_subscription_is_there(state: str) -> None:
    """The next attempt finds it, and brings back what was deleted beside it."""
    world = await ready_world()
    undone = (result("network", "failed", message="locked"), result("subscription", state))
    await end_operation(world.deps, end(undone=undone, **FAILURE))
    assert record_of(world).reservation == world.ledger.held[HELD]


@pytest.mark.parametrize("changes", [{}, FAILURE], ids=["ok", "failed"])
async def test_ending_twice_is_ending_once(changes: dict[str, Any]) -> None:
    """An activity may run twice."""
    world = await ready_world()
    await end_operation(world.deps, end(**changes))
    first = record_of(world), dict(world.ledger.held), world.audit.entries(REQUEST.tenant_id)
    world.clock.move(5)
    await end_operation(world.deps, end(**changes))
    assert (record_of(world), world.ledger.held, world.audit.entries(REQUEST.tenant_id)) == first


async def test_end_of_a_superseded_operation_touches_nothing_of_its_successor() -> None:
    """Neither the record nor the range that the successor holds."""
    world = await ready_world()
    successor = record_of(world).model_copy(update={"operations": 2})
    world.registry.put(successor)
    held = dict(world.ledger.held)
    outcome = await outcome_of(end_operation(world.deps, end(**FAILURE)))
    assert (outcome.state, outcome.following) == ("done", successor.operation)
    assert record_of(world) == successor
    assert world.ledger.held == held


async def test_end_of_a_tenant_that_is_active_already_frees_nothing() -> None:
    """An operation that was taken up again by mistake must not give the range away."""
    world = await ready_world(TenantState.ACTIVE)
    before = record_of(world)
    await end_operation(world.deps, end(plan_hash="", results=(), planned_at=None, **FAILURE))
    assert record_of(world) == before
    assert HELD in world.ledger.held


async def test_range_is_freed_only_once_the_record_has_let_go_of_it() -> None:
    """Who takes the operation up again after a crash in between must find the range held."""
    world = await ready_world()
    world.registry.before_replace = lambda _: world.registry.put(record_of(world))
    outcome = await outcome_of(end_operation(world.deps, end(**FAILURE)))
    assert (outcome.state, outcome.code) == ("retry", "RegistryBusy")
    assert record_of(world).reservation == world.ledger.held[HELD]
    world.registry.before_replace = lambda _: None
    await end_operation(world.deps, end(**FAILURE))
    assert (record_of(world).reservation, world.ledger.held) == (None, {})


async def test_end_of_no_tenant_fails() -> None:
    """Its record is gone."""
    world = World()
    await world.documents.put_plan(PLAN)
    outcome = await outcome_of(end_operation(world.deps, end()))
    assert (outcome.state, outcome.code) == ("failed", "TenantNotFound")


async def test_range_that_never_reached_the_record_is_freed_too() -> None:
    """A worker died between the ledger and the record, and then the operation failed."""
    world = World()
    world.registry.put(tenant())
    await world.ledger.reserve("hub-weu", REQUEST.tenant_id, 24, [])
    await end_operation(world.deps, end(plan_hash="", results=(), planned_at=None, **FAILURE))
    assert world.ledger.held == {}
