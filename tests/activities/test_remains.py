"""What may be there of a tenant is found, whatever happened to it before."""

from typing import Any

from activities.adopting import subscription_before
from activities.changing import make_route
from activities.ending import end_operation
from activities.routing.remains import remains_of
from landing_zone.contracts import OperationRef
from landing_zone.ends import OpenWork, OperationEnd
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan
from landing_zone.planning import plan
from landing_zone.reservation import Before
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from tests.fakes import HUBS, NOON, World, example_request
from tests.triggers.requests import record
from tests.unit.planned import HUB, OUTPUTS, VENDED, reservation_for

TENANT = "contoso-research"
ADOPTED = "22222222-2222-4222-8222-222222222222"
ROOT = f"/providers/Microsoft.Management/managementGroups/{HUBS.directory_id}"


async def planned(world: World, **changes: Any) -> Plan:
    """A plan that is kept."""
    request = example_request(**changes)
    made = plan(request, HUBS, HUB, reservation_for(request))
    await world.documents.put_plan(made)
    return made


def leaving(operations: int, **changes: Any) -> TenantRecord:
    """A tenant that is being offboarded."""
    return record(
        TenantState.OFFBOARDING,
        operations=operations,
        work=Work(kind=Kind.OFFBOARD, actor="ann"),
        plan_operation=f"{TENANT}.1",
        **changes,
    )


def document(state: str, plan_hash: str = "", *walked: str, **outputs: Any) -> dict[str, Any]:
    """How an operation ended."""
    stages = [{"planHash": one} for one in (*walked, None)]
    return {"state": state, "planHash": plan_hash, "stages": stages, "outputs": outputs}


async def test_plans_since_the_last_good_end_are_found_the_one_that_holds_first() -> None:
    """Of operations that came back nothing is left; before a good end nothing is looked for."""
    world = World()
    held, failed, former = [
        (await planned(world, costCenter=f"CC-{number}")).hash for number in range(3)
    ]
    operations = world.documents.operations
    operations[f"{TENANT}.1"] = document("succeeded", held, former, **OUTPUTS)
    operations[f"{TENANT}.2"] = document("rolled-back", former, former)
    operations[f"{TENANT}.4"] = document("failed", failed, held, more={"y": "new"})
    found = await remains_of(world.deps, leaving(5, plan_hash=held))
    assert [made.hash for made in found.plans] == [held, failed]
    assert found.outputs == {"more": {"y": "new"}, **OUTPUTS}


async def test_what_a_migration_has_left_is_found_however_well_it_ended() -> None:
    """Its record names the plan of the tier that was left."""
    world = World()
    held, left = [(await planned(world, costCenter=f"CC-{number}")).hash for number in range(2)]
    world.documents.operations[f"{TENANT}.1"] = document("succeeded", held, **OUTPUTS)
    found = await remains_of(world.deps, leaving(2, plan_hash=held, remains=(left,)))
    assert [made.hash for made in found.plans] == [held, left]


async def test_where_nothing_was_written_down_the_reservation_and_azure_tell() -> None:
    """The worker died before anyone noted the plan, or the id of the subscription."""
    world = World()
    made = await planned(world)
    world.documents.plans.clear()
    alias = made.by_key["subscription"]
    world.arm.put(alias.id, {"id": alias.id, "properties": {"subscriptionId": VENDED}})
    held = reservation_for(example_request())
    lost = (OpenWork(key="operation", reason="lost"),)
    found = await remains_of(world.deps, leaving(2, reservation=held, open_work=lost))
    assert [one.hash for one in found.plans] == [made.hash]
    assert found.subscription_id == VENDED
    assert world.documents.plans == {}


async def test_of_a_tenant_that_has_nothing_there_is_a_route_all_the_same() -> None:
    """To its certificate."""
    world = World()
    world.registry.put(leaving(2))
    operation = leaving(2).operation
    route = (await make_route(world.deps, operation)).route
    assert route is not None
    assert [stage.name for stage in route.stages] == ["unlock", "empty", "purge", "certify"]
    assert (route.plans, route.back, route.plan_hash) == ((), (), "")


async def test_what_was_left_before_is_not_forgotten_by_a_failure_before_the_plan() -> None:
    """The tenant was asked for again, and did not come as far as to a plan."""
    world = World()
    made = await planned(world)
    left = (OpenWork(key="network", resource="/n", reason="forbidden"),)
    held = reservation_for(example_request())
    world.registry.put(
        record(
            TenantState.PROVISIONING,
            operations=2,
            open_work=left,
            reservation=held,
            plan_hash=made.hash,
            plan_operation=f"{TENANT}.1",
        )
    )
    operation = OperationRef(tenant_id=TENANT, operation_id=f"{TENANT}.2")
    end = OperationEnd(operation=operation, ok=False, started_at=NOON, code="X", reason="why")
    await end_operation(world.deps, end)
    found = world.registry.rows[TENANT].value
    assert (found.state, found.reason, found.open_work) == (TenantState.FAILED, "why", left)
    assert (found.reservation, found.plan_hash) == (held, made.hash)
    assert found.applied_by == f"{TENANT}.1"


def adopting() -> TenantRecord:
    """A tenant that adopts a subscription."""
    request = example_request(subscription={"mode": "adopt", "id": ADOPTED})
    return record(TenantState.PROVISIONING).model_copy(update={"request": request})


def tagged(world: World, **tags: str) -> None:
    """Give the subscription tags, and a place."""
    scope = f"/subscriptions/{ADOPTED}/providers/Microsoft.Resources/tags/default"
    world.arm.put(scope, {"properties": {"tags": tags}})
    group = "/providers/Microsoft.Management/managementGroups/old"
    below = {"name": ADOPTED.upper(), "properties": {"parent": {"id": group}}}
    world.arm.put(f"{ROOT}/descendants/one", below)


async def test_an_adopted_subscription_is_remembered_as_it_was() -> None:
    """Where it stood, and those of its tags that ours replace."""
    world = World()
    tagged(world, Owner="them", purpose="research")
    place = f"/providers/Microsoft.Management/managementGroups/old/subscriptions/{ADOPTED}"
    found = await subscription_before(world.deps, adopting())
    assert found == Before(placement=place, tags={"Owner": "them"})


async def test_what_we_left_there_is_not_what_was_before() -> None:
    """Its tags say that it is ours already."""
    world = World()
    tagged(world, tenantId=TENANT)
    assert await subscription_before(world.deps, adopting()) is None


async def test_a_subscription_that_is_vended_was_nothing_before() -> None:
    """And nothing is read."""
    assert await subscription_before(World().deps, record(TenantState.PROVISIONING)) is None
