"""The beginning and the end of a change, and its route."""

from itertools import product
from typing import Any, Final

import pytest

from activities.changing import begin_change, end_change, make_route
from activities.outcomes import outcome_of
from landing_zone.capacity import NODE_SUBNETS, demand_of
from landing_zone.contracts import OperationRef, Route
from landing_zone.ends import OpenWork, RouteEnd
from landing_zone.lifecycle import TenantState
from landing_zone.routes.updating import restore_stages, update_stages
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from tests.activities.landed import landed
from tests.fakes import World, example_request
from tests.unit.changed import BROKEN, ended, staged
from tests.unit.planned_whole import NODES, whole_plan_of

REQUEST: Final = example_request()
TENANT: Final = REQUEST.tenant_id
HELD: Final = ("hub-weu", TENANT)
CHEAPER: Final = example_request(compute={"cpu": 6, "memoryGiB": 32})
DEARER: Final = example_request(compute={"cpu": 10, "memoryGiB": 32})
POOLED: Final = example_request(
    isolation="nodepool", compute={"cpu": 8, "memoryGiB": 32, "nodes": NODES}
)
LEFT: Final = OpenWork(key="node-pool", reason="locked")
BARE: Final = example_request(data={"storage": True, "database": "none", "vectorIndex": "shared"})


def work_of(wanted: TenantRequest, **changes: Any) -> Work:
    """An update."""
    return Work(kind=Kind.UPDATE, actor="ben", reason="more room", wanted=wanted, **changes)


def asked(wanted: TenantRequest = DEARER, world: World | None = None, **changes: Any) -> World:
    """A world in which an active tenant has been asked to change."""
    world = world or landed(REQUEST)
    work = changes.pop("work", None) or work_of(wanted)
    record = record_of(world).next_operation(work, world.clock.now())
    world.registry.put(record.model_copy(update=changes))
    return world


def record_of(world: World) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[TENANT].value


def operation_of(world: World) -> OperationRef:
    """The tenant's current operation."""
    return record_of(world).operation


async def begun(wanted: TenantRequest = DEARER, **changes: Any) -> World:
    """A world in which the change has begun."""
    world = asked(wanted, **changes)
    await begin_change(world.deps, operation_of(world))
    return world


async def routed(world: World) -> Route:
    """The route of the current operation."""
    outcome = await make_route(world.deps, operation_of(world))
    assert outcome.route is not None
    return outcome.route


async def end_of(world: World, **changes: Any) -> RouteEnd:
    """The good end of the current operation, unless told."""
    route = await routed(world)
    made = await world.deps.documents.get_plan(route.plan_hash)
    stages = [staged(stage) for stage in route.stages]
    values = {"operation": operation_of(world), "outputs": route.outputs, **changes}
    return ended(made, *stages, **values)


async def back_of(world: World) -> RouteEnd:
    """The end of the current operation that failed and came back."""
    route = await routed(world)
    made = await world.deps.documents.get_plan(route.plan_hash)
    forward = [staged(route.stages[0], namespace="failed")]
    back = [staged(stage, back=True) for stage in route.back]
    return ended(made, *forward, *back, operation=operation_of(world), **BROKEN)


async def test_beginning_is_noted_and_the_tenant_is_at_work_on() -> None:
    """Once, though an activity may run twice."""
    world = asked()
    for _ in range(2):
        assert (await begin_change(world.deps, operation_of(world))).state == "done"
    assert record_of(world).state is TenantState.UPDATING
    [entry] = world.audit.entries(TENANT)
    assert (entry.action, entry.outcome, entry.actor) == ("tenant.update", "begun", "ben")
    details = entry.details
    assert (details["before"], details["after"]) == ("active", "updating")
    assert (details["why"], details["planBefore"]) == ("more room", record_of(world).plan_hash)
    assert details["request"]


async def test_beginning_again_after_a_loss_says_so() -> None:
    """In a run of its own."""
    world = await begun()
    world.registry.put(record_of(world).model_copy(update={"recoveries": 1}))
    await begin_change(world.deps, operation_of(world))
    entries = world.audit.entries(TENANT)
    assert [entry.details["before"] for entry in entries] == ["active", "updating"]
    assert "lost" in entries[1].details["why"]


@pytest.mark.parametrize("activity", [begin_change, make_route])
async def test_operation_that_was_superseded_does_nothing(activity: Any) -> None:
    """Another has taken its place."""
    world = asked()
    earlier = operation_of(world)
    asked(CHEAPER, world)
    before = record_of(world)
    outcome = await outcome_of(activity(world.deps, earlier))
    assert (outcome.state, outcome.code) == ("failed", "OperationSuperseded")
    assert record_of(world) == before


async def test_route_leads_to_what_is_wanted_and_back() -> None:
    """Its plans are kept, and what the first yielded is known."""
    world = await begun(CHEAPER)
    route = await routed(world)
    former = whole_plan_of(REQUEST)
    made = await world.deps.documents.get_plan(route.plan_hash)
    assert route.stages == update_stages(former, made)
    assert route.back == restore_stages(former, made)
    assert {one.plan_hash for one in route.plans} == {former.hash, made.hash}
    assert route.outputs["subscription"]["subscriptionId"]
    assert made.hash != former.hash


async def test_route_is_the_same_however_often_it_is_made() -> None:
    """What it claims, too."""
    world = await begun(POOLED)
    first = await routed(world), dict(world.ledger.held), dict(world.ledger.claims)
    assert (await routed(world), world.ledger.held, world.ledger.claims) == first


async def test_route_claims_what_is_wanted_and_keeps_what_is_there() -> None:
    """Until it is known how it ends, of each limit the larger."""
    world = await begun(POOLED)
    await routed(world)
    claims = world.ledger.claims[HELD]
    assert claims[NODE_SUBNETS] == 1
    assert claims["sharedCpu"] == REQUEST.compute.cpu
    assert world.ledger.held[HELD].node_subnet is not None


async def test_route_beyond_what_the_hub_has_is_refused() -> None:
    """Nothing is claimed."""
    model = {"deployment": "gpt-5-mini", "tokensPerMinute": 10**8, "tokensPerMonth": 10**9}
    world = await begun(example_request(ai={"models": [model]}))
    before = dict(world.ledger.claims)
    outcome = await outcome_of(make_route(world.deps, operation_of(world)))
    assert (outcome.state, outcome.code) == ("failed", "CapacityExceeded")
    assert world.ledger.claims == before


async def test_data_that_would_be_lost_is_found_though_it_was_allowed_to_be_asked() -> None:
    """What was there when it was asked for may have changed since."""
    world = await begun(BARE)
    outcome = await outcome_of(make_route(world.deps, operation_of(world)))
    assert (outcome.state, outcome.code) == ("failed", "DataLoss")
    assert "cosmos" in outcome.message
    assert "allowDataLoss" in outcome.hint


async def test_data_that_may_be_lost_is_no_obstacle() -> None:
    """Nor is a word too many: it was right when it was said."""
    world = await begun(work=work_of(BARE, allow_data_loss=("cosmos", "storage")))
    route = await routed(world)
    assert [stage.name for stage in route.stages] == ["apply", "remove"]


async def test_tenant_without_a_place_has_no_route() -> None:
    """Nothing stands anywhere."""
    world = await begun(reservation=None)
    outcome = await outcome_of(make_route(world.deps, operation_of(world)))
    assert (outcome.state, outcome.code) == ("failed", "NothingThere")


async def test_good_end_makes_the_tenant_what_was_wanted() -> None:
    """Active, with the request, the plan, its rules, and the claims of that and no more."""
    world = await begun(CHEAPER)
    end = await end_of(world)
    assert (await end_change(world.deps, end)).following is None
    record = record_of(world)
    assert (record.state, record.ongoing, record.request) == (TenantState.ACTIVE, False, CHEAPER)
    made = world.documents.plans[end.plan_hash]
    assert (record.plan_hash, record.rules_version) == (made.hash, made.rules_version)
    assert record.applied_by == record.operation_id
    assert world.ledger.claims[HELD] == demand_of(CHEAPER).claims
    document = world.documents.operations[record.operation_id]
    assert (document["state"], document["openWork"]) == ("succeeded", [])
    assert document["outputs"]["subscription"]["subscriptionId"]


async def test_subnet_of_a_node_pool_is_the_tenants_for_as_long_as_it_has_one() -> None:
    """On its record as in the ledger."""
    world = await begun(POOLED)
    await end_change(world.deps, await end_of(world))
    assert record_of(world).reservation == world.ledger.held[HELD]
    assert world.ledger.held[HELD].node_subnet is not None
    asked(REQUEST, world)
    await begin_change(world.deps, operation_of(world))
    await end_change(world.deps, await end_of(world))
    assert record_of(world).reservation == world.ledger.held[HELD]
    assert world.ledger.held[HELD].node_subnet is None
    assert NODE_SUBNETS not in world.ledger.claims[HELD]


async def test_end_that_came_back_is_what_was() -> None:
    """With the reason; and nothing more is claimed than before."""
    world = await begun(POOLED)
    before = record_of(world)
    await end_change(world.deps, await back_of(world))
    record = record_of(world)
    assert (record.state, record.request) == (TenantState.ACTIVE, REQUEST)
    assert (record.plan_hash, record.reservation) == (before.plan_hash, before.reservation)
    assert (record.reason, record.hint) == (BROKEN["reason"], BROKEN["hint"])
    assert world.ledger.claims[HELD] == demand_of(REQUEST).claims
    assert world.ledger.held[HELD].node_subnet is None
    assert world.documents.operations[record.operation_id]["state"] == "rolled-back"
    assert record.applied_by == record.operation_id


async def test_end_before_the_route_leaves_the_plan_to_the_operation_that_applied_it() -> None:
    """It knows nothing of what the resources yield."""
    world = await begun()
    applied_by = record_of(world).applied_by
    refused = ended(None, operation=operation_of(world), **BROKEN)
    await end_change(world.deps, refused)
    record = record_of(world)
    assert (record.state, record.applied_by) == (TenantState.ACTIVE, applied_by)
    assert record.request == REQUEST


async def test_end_half_way_has_failed_and_keeps_all_that_it_holds() -> None:
    """What is left is listed; of each limit the larger stays claimed."""
    world = await begun(POOLED)
    route = await routed(world)
    made = await world.deps.documents.get_plan(route.plan_hash)
    stages = [
        staged(route.stages[0], namespace="failed"),
        staged(route.back[0], back=True, vault="failed"),
    ]
    end = ended(made, *stages, operation=operation_of(world), **BROKEN)
    claims = dict(world.ledger.claims)
    await end_change(world.deps, end)
    record = record_of(world)
    assert (record.state, record.request) == (TenantState.FAILED, REQUEST)
    assert [item.key for item in record.open_work] == ["vault"]
    assert record.reservation is not None
    assert record.remains == (route.plan_hash,)
    assert (world.ledger.claims, HELD in world.ledger.held) == (claims, True)


async def test_what_is_left_is_taken_back_first() -> None:
    """And is forgotten once it is gone."""
    world = await begun(CHEAPER, remains=(whole_plan_of(POOLED).hash,), open_work=(LEFT,))
    await world.deps.documents.put_plan(whole_plan_of(POOLED))
    route = await routed(world)
    assert [stage.name for stage in route.stages] == ["clear-1", "apply"]
    assert "node-pool" in route.stages[0].keys
    await end_change(world.deps, await end_of(world))
    record = record_of(world)
    assert (record.state, record.remains, record.open_work) == (TenantState.ACTIVE, (), ())


@pytest.mark.parametrize(("is_routed", "had_failed"), list(product([True, False], repeat=2)))
async def test_what_was_left_is_left_when_a_change_leads_back(
    *, is_routed: bool, had_failed: bool
) -> None:
    """And what had failed has failed; its place is held."""
    remains = (whole_plan_of(POOLED).hash,)
    world = await begun(CHEAPER, remains=remains, open_work=(LEFT,))
    world.registry.put(record_of(world).model_copy(update={"had_failed": had_failed}))
    claims = world.ledger.claims.copy()
    await world.deps.documents.put_plan(whole_plan_of(POOLED))
    if is_routed:
        back = await back_of(world)
        first = staged((await routed(world)).stages[0], nodepool="failed")
        end = back.model_copy(update={"stages": (first, *back.stages[1:])})
    else:
        end = ended(None, operation=operation_of(world), **BROKEN)
    await end_change(world.deps, end)
    record = record_of(world)
    state = TenantState.FAILED if had_failed else TenantState.ACTIVE
    assert (record.state, record.open_work, record.remains) == (state, (LEFT,), remains)
    assert world.ledger.claims == claims


@pytest.mark.parametrize("how", [end_of, back_of])
async def test_ending_twice_is_ending_once(how: Any) -> None:
    """An activity may run twice."""
    world = await begun()
    end = await how(world)
    await end_change(world.deps, end)
    first = record_of(world), dict(world.ledger.claims), world.audit.entries(TENANT)
    world.clock.move(5)
    assert (await end_change(world.deps, end)).state == "done"
    assert (record_of(world), world.ledger.claims, world.audit.entries(TENANT)) == first


async def test_end_is_noted_with_before_and_after() -> None:
    """Who, why it failed, and which plan holds."""
    world = await begun()
    before = record_of(world).plan_hash
    end = await end_of(world)
    await end_change(world.deps, end)
    entry = world.audit.entries(TENANT)[-1]
    assert (entry.action, entry.outcome, entry.actor) == ("tenant.update", "done", "ben")
    assert (entry.details["before"], entry.details["after"]) == ("updating", "active")
    assert (entry.details["planBefore"], entry.details["planHash"]) == (before, end.plan_hash)
    assert entry.details["stages"] == "apply"


async def test_what_waits_begins_when_the_current_one_has_ended() -> None:
    """The orchestration is told; the end that is repeated tells the same."""
    world = await begun(queued=(work_of(CHEAPER),))
    end = await end_of(world)
    outcomes = [await end_change(world.deps, end) for _ in range(2)]
    record = record_of(world)
    assert [one.following for one in outcomes] == [record.operation] * 2
    assert (record.work.wanted, record.request, record.queued) == (CHEAPER, DEARER, ())
    assert (record.ongoing, record.operation_id) == (True, f"{TENANT}.3")
    assert record.applied_by == f"{TENANT}.2"
    entry = world.audit.entries(TENANT)[-1]
    assert entry.details["following"] == "update"


async def test_what_cannot_be_done_any_more_is_dropped_and_noted() -> None:
    """Who asked for it finds it in the audit."""
    waiting = Work(kind=Kind.RESUME, actor="cleo"), work_of(CHEAPER)
    world = await begun(queued=waiting)
    outcome = await end_change(world.deps, await end_of(world))
    assert outcome.following == operation_of(world)
    assert record_of(world).work == waiting[1]
    [entry] = [one for one in world.audit.entries(TENANT) if one.action == "tenant.queue"]
    assert (entry.outcome, entry.details["asked"]) == ("refused", "resume by cleo")


async def test_end_of_what_was_superseded_touches_nothing() -> None:
    """And tells the orchestration what has taken its place."""
    world = await begun()
    end = await end_of(world)
    asked(CHEAPER, world)
    before = record_of(world), dict(world.ledger.claims), world.audit.entries(TENANT)
    outcome = await end_change(world.deps, end)
    assert (outcome.state, outcome.following) == ("done", before[0].operation)
    assert (record_of(world), world.ledger.claims, world.audit.entries(TENANT)) == before


async def test_other_writers_of_the_record_are_let_in() -> None:
    """What is asked for in the very moment of the end comes next."""
    world = await begun()
    end = await end_of(world)
    others = iter([(work_of(CHEAPER),)])

    def interfere(_: TenantRecord) -> None:
        for queued in others:
            world.registry.put(record_of(world).model_copy(update={"queued": queued}))

    world.registry.before_replace = interfere
    outcome = await end_change(world.deps, end)
    assert outcome.following == operation_of(world)
    assert record_of(world).work.wanted == CHEAPER
