"""What an operator asks of an operation over HTTP, and what a timer tells again."""

from typing import Any

import pytest

from activities.operator_acts import hear_act, pass_on
from landing_zone.access import Role
from landing_zone.audit import AuditEntry
from landing_zone.explaining.acts import Act, Deed, Hearing, Stopping
from landing_zone.hub_state.members import Member
from landing_zone.lifecycle import TenantState
from landing_zone.progress import LiveStatus
from landing_zone.tenants import TenantRecord
from tests.fakes import NOON, FakeStatus, World, example_request
from tests.principals import ANN, BEN, headers_of, principal_of
from tests.triggers.requests import INSTANCE, TENANT, content, record, request
from tests.unit.explaining.standings import wait_for
from tests.unit.planned import plan_of
from triggers.operation_actions import act_on_operation
from triggers.operations import show_operation
from triggers.recovery import GRACE, recover

PLAN = plan_of(example_request())
OPERATOR = headers_of(BEN, [Role.OPERATOR])
OPERATION = f"{TENANT}.1"
SUB = f"{INSTANCE}:1.0:apply:budget"


@pytest.fixture
async def world(given_dependencies: World) -> World:
    """A tenant whose budget has been refused for hours."""
    found = given_dependencies
    found.registry.put(record(TenantState.PROVISIONING, owner=principal_of(ANN).id))
    await found.documents.put_plan(PLAN)
    done = tuple("" if one.key == "budget" else "d0,1,1" for one in PLAN.resources)
    status = LiveStatus(started_at=NOON, phase="apply", plan_hash=PLAN.hash, applied=done)
    found.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running", status.dump())
    wait = wait_for("InternalServerError", since=7200)
    found.client.statuses[SUB] = FakeStatus(SUB, "Running", wait.dump())
    return found


async def act(world: World, body: Any, operation: str = OPERATION) -> tuple[int, Any]:
    """The answer to asking for something."""
    client: Any = world.client
    asked = request(body, operationId=operation, headers=OPERATOR)
    response = await act_on_operation(asked, client)
    return response.status_code, content(response)


def wish(action: str, resource: str = "", **more: Any) -> dict[str, Any]:
    """What is asked for."""
    named = {"resource": resource} if resource else {}
    return {"action": action, "reason": "it hangs", **named, **more}


def kept(world: World) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[TENANT].value


def noted(world: World) -> list[AuditEntry]:
    """What the audit tells of the tenant."""
    return world.audit.entries(TENANT)


async def test_what_is_safe_is_noted_kept_and_told(world: World) -> None:
    """Who, why and what; to the one who works on the resource."""
    status, answer = await act(world, wish("skip", "budget"))
    assert (status, answer["action"], answer["resource"]) == (202, "skip", "budget")
    assert answer["links"]["operation"] == f"/api/operations/{OPERATION}"
    (entry,) = noted(world)
    assert (entry.action, entry.actor, entry.outcome) == (
        "operation.skip",
        f"person:{BEN}",
        "asked",
    )
    assert entry.details == {"resource": "budget", "why": "it hangs", "anew": "false"}
    assert "/budgets/" in entry.resource
    (open_act,) = kept(world).acts.open
    (raised,) = world.client.raised
    assert (raised.instance_id, raised.event_name) == (SUB, open_act.event)
    assert Act.parse(raised.event_data) == open_act


async def test_the_operation_itself_is_told_where_no_resource_is_named(world: World) -> None:
    """It goes on no further."""
    status, _ = await act(world, wish("compensate"))
    assert (status, world.client.raised[0].instance_id) == (202, INSTANCE)
    assert kept(world).acts.stopped


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (wish("skip", "network"), "not waiting"),
        (wish("skip"), "name one of its resources"),
        (wish("compensate", "budget"), "single resource"),
        (wish("retry"), "waits for nothing"),
        (wish("retry", "network"), "ended, and well"),
    ],
)
async def test_what_is_not_safe_is_refused_with_its_reason(
    world: World, body: Any, why: str
) -> None:
    """Nothing is written, and nobody is told."""
    before = kept(world)
    status, answer = await act(world, body)
    assert (status, answer["code"], why in answer["detail"]) == (409, "ActionNotSafe", True)
    assert answer["hint"]
    assert (kept(world), noted(world), world.client.raised) == (before, [], [])


@pytest.mark.parametrize(
    ("body", "operation", "status", "code"),
    [
        (wish("retry", "nothing"), OPERATION, 404, "ResourceNotPlanned"),
        (wish("retry"), f"{TENANT}.2", 404, "OperationNotFound"),
        (wish("retry"), "nobody.1", 404, "OperationNotFound"),
        ({"action": "wait"}, OPERATION, 400, "InvalidRequest"),
        (b"[", OPERATION, 400, "InvalidRequest"),
    ],
)
async def test_what_is_not_understood_is_refused(
    world: World, body: Any, operation: str, status: int, code: str
) -> None:
    """As everywhere."""
    answered, answer = await act(world, body, operation)
    assert (answered, answer["code"]) == (status, code)


@pytest.mark.parametrize("changes", [{"operations": 2}, {"state": TenantState.ACTIVE}])
async def test_an_operation_that_has_ended_is_not_acted_upon(
    world: World, changes: dict[str, Any]
) -> None:
    """Ask for another."""
    ended = kept(world).model_copy(update={"ongoing": False, **changes})
    world.registry.put(ended)
    status, answer = await act(world, wish("compensate"))
    assert (status, answer["code"]) == (409, "OperationEnded")


async def test_the_same_again_is_told_again_and_kept_once(world: World) -> None:
    """Until it is heard."""
    await act(world, wish("skip", "budget"))
    status, answer = await act(world, wish("skip", "budget"))
    assert (status, "again" in answer["told"]) == (202, True)
    assert len(kept(world).acts.open) == 1
    first, second = world.client.raised
    assert first == second


async def test_another_writer_is_not_overwritten(world: World) -> None:
    """What it wrote is judged anew: here, the operation has ended."""

    def end(_: TenantRecord) -> None:
        world.registry.before_replace = lambda _: None
        world.registry.put(kept(world).model_copy(update={"ongoing": False}))

    world.registry.before_replace = end
    status, answer = await act(world, wish("compensate"))
    assert (status, answer["code"], world.client.raised) == (409, "OperationEnded", [])


async def test_what_cannot_be_told_is_kept_and_told_by_a_timer(world: World) -> None:
    """Until it is heard, and not before it had its time."""
    world.client.refusals[SUB] = [RuntimeError("the host is away")]
    status, answer = await act(world, wish("skip", "budget"))
    assert (status, "minute" in answer["told"], world.client.raised) == (202, True, [])
    assert await recover(world.deps, world.client) == []
    assert world.client.raised == []
    world.clock.move(GRACE.total_seconds())
    assert await recover(world.deps, world.client) == []
    (raised,) = world.client.raised
    (open_act,) = kept(world).acts.open
    heard = Hearing(operation=kept(world).operation, act=open_act, told="given up")
    await hear_act(world.deps, heard)
    await hear_act(world.deps, heard)
    await recover(world.deps, world.client)
    assert (world.client.raised, kept(world).acts.unheard) == ([raised], ())
    assert [(entry.outcome, entry.actor) for entry in noted(world)] == [
        ("asked", f"person:{BEN}"),
        ("heard", "spokewright"),
    ]


async def test_an_operation_that_was_lost_hears_anew_that_it_is_to_go_no_further(
    world: World,
) -> None:
    """And of nothing that was asked of what is lost with it."""
    await act(world, wish("retry", "budget"))
    await act(world, wish("compensate"))
    world.client.statuses.clear()
    world.clock.move(60)
    assert await recover(world.deps, world.client) == [TENANT]
    (left,) = kept(world).acts.unheard
    assert (left.deed, left.instance, kept(world).recoveries) == (Deed.COMPENSATE, INSTANCE, 1)
    assert left.event == f"act:{OPERATION}.1:1"


async def test_those_at_work_are_told_under_the_names_that_they_wait_for(world: World) -> None:
    """One has heard something before, one has not; one has ended, and needs to hear nothing."""
    await act(world, wish("retry", "budget"))
    await act(world, wish("compensate"))
    stop = kept(world).acts.open[-1]
    gone, fresh = f"{INSTANCE}:1.0:apply:gone", f"{INSTANCE}:1.0:apply:fresh"
    world.client.refusals[gone] = [RuntimeError("Instance with ID x is gone")]
    world.client.raised.clear()
    data = Stopping(operation=kept(world).operation, instances=(SUB, gone, fresh), act=stop)
    await pass_on(world.deps, world.client, data)
    assert {(one.instance_id, one.event_name) for one in world.client.raised} == {
        (SUB, f"act:{OPERATION}.0:2"),
        (fresh, f"act:{OPERATION}.0:1"),
    }
    assert {Act.parse(one.event_data).deed for one in world.client.raised} == {Deed.COMPENSATE}


@pytest.mark.parametrize(("role", "names"), [(Role.READER, True), (Role.REQUESTER, False)])
async def test_a_requester_is_not_told_who_else_waits_for_the_hub(
    world: World, role: Role, *, names: bool
) -> None:
    """Its place in the line it is."""
    member = Member(hub=PLAN.hub, lane="firewall", tenant_id="bens-tenant")
    await world.hub_requests.ask(member, present=True)
    world.clock.move(1)
    mine = member.model_copy(update={"tenant_id": TENANT})
    await world.hub_requests.ask(mine, present=True)
    applied = tuple("" if one.key == "hub:firewall" else "d0,1,1" for one in PLAN.resources)
    status = LiveStatus(started_at=NOON, phase="apply", plan_hash=PLAN.hash, applied=applied)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running", status.dump())
    sub = f"{INSTANCE}:1.0:apply:hub:firewall"
    world.client.statuses[sub] = FakeStatus(sub, "Running", wait_for().dump())
    client: Any = world.client
    asked = request(operationId=OPERATION, headers=headers_of(ANN, [role]))
    response = await show_operation(asked, client)
    items = [item for step in content(response)["steps"] for item in step["resources"]]
    (item,) = [one for one in items if one["key"] == "hub:firewall"]
    held = item["explanation"]["heldBy"]
    assert (held["position"], held["waiting"]) == (2, 2)
    assert ("bens-tenant" in response.get_body().decode()) is names


async def test_what_had_ended_before_it_could_hear_is_told_no_more(world: World) -> None:
    """The audit says that it came too late."""
    world.client.refusals[SUB] = [RuntimeError(f"Instance with ID {SUB} is gone")] * 2
    await act(world, wish("retry", "budget"))
    world.client.statuses[SUB] = FakeStatus(SUB, "Completed")
    world.clock.move(GRACE.total_seconds())
    await recover(world.deps, world.client)
    assert kept(world).acts.unheard == ()
    assert "came too late" in noted(world)[-1].details["told"]


async def test_the_operations_own_wait_is_explained(world: World) -> None:
    """With the call, and when it is made again; a retry is told to the operation itself."""
    wait = wait_for("LedgerBusy", activity="reserve").model_copy(update={"cause": ""})
    cause = "waiting 120 s: LedgerBusy"
    status = LiveStatus(started_at=NOON, cause=cause, wait=wait)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running", status.dump())
    client: Any = world.client
    shown = content(await show_operation(request(operationId=OPERATION), client))
    found = shown["explanation"]
    assert (found["lastCall"]["activity"], found["waitsFor"]) == ("reserve", cause)
    assert found["nextRetry"] == wait.until
    answered, _ = await act(world, wish("retry"))
    assert (answered, world.client.raised[0].instance_id) == (202, INSTANCE)
