"""How a suspension ends on the tenant's record: what is still open, and who holds the tenant."""

from typing import Any

import pytest

from activities.changing import end_change
from landing_zone.ends import OpenWork, RouteEnd, StageEnd
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from tests.fakes import NOON, World, example_request
from tests.triggers.requests import TENANT, record
from tests.unit.planned_whole import whole_plan_of

LEFT = OpenWork(key="storage", resource="/subscriptions/1/storage", reason="locked")
PLAN = whole_plan_of(example_request())


def under_way(kind: Kind, **changes: Any) -> TenantRecord:
    """A tenant that is being worked on."""
    work = Work(kind=kind, actor="ann")
    return record(
        TenantState.UPDATING, active_since=NOON, work=work, plan_hash=PLAN.hash, **changes
    )


async def ended(before: TenantRecord, *, ok: bool = False, routed: bool = True) -> TenantRecord:
    """The tenant once its operation has ended: well, or without having found a way."""
    world = World()
    world.registry.put(before)
    await world.documents.put_plan(PLAN)
    closing = StageEnd(name="close-api", started_at=NOON, finished_at=NOON)
    end = RouteEnd(
        operation=before.operation,
        started_at=NOON,
        routed=routed,
        plan_hash=PLAN.hash if ok else "",
        stages=(closing,) if routed else (),
        code="" if ok else "NothingThere",
        reason="" if ok else "no way",
    )
    await end_change(world.deps, end)
    return world.registry.rows[TENANT].value


@pytest.mark.parametrize("kind", [Kind.SUSPEND, Kind.UPDATE])
async def test_what_had_failed_is_not_active_because_no_way_was_found(kind: Kind) -> None:
    """It is as it was before: failed, with what was open then."""
    found = await ended(under_way(kind, open_work=(LEFT,), had_failed=True), routed=False)
    assert (found.state, found.open_work, found.reason) == (TenantState.FAILED, (LEFT,), "no way")


@pytest.mark.parametrize("kind", [Kind.SUSPEND, Kind.UPDATE])
async def test_what_was_active_is_active_if_no_way_was_found(kind: Kind) -> None:
    """Nothing has been done to it."""
    found = await ended(under_way(kind), routed=False)
    assert (found.state, found.open_work, found.reason) == (TenantState.ACTIVE, (), "no way")


async def test_what_cannot_be_resumed_stays_suspended() -> None:
    """With what was open, and held by whom it was."""
    before = under_way(Kind.RESUME, held_by="ben")
    found = await ended(before, routed=False)
    assert (found.state, found.held_by) == (TenantState.SUSPENDED, "ben")


async def test_to_suspend_puts_nothing_right_that_was_open() -> None:
    """It is still listed, and held by whom it was asked."""
    found = await ended(under_way(Kind.SUSPEND, open_work=(LEFT,), held_by="ben"), ok=True)
    assert (found.state, found.open_work) == (TenantState.SUSPENDED, (LEFT,))
    assert (found.held_by, found.plan_hash) == ("ben", PLAN.hash)


async def test_nobody_holds_a_tenant_that_is_not_suspended() -> None:
    """Neither one that is resumed, unless it is to be suspended next, nor one that could not be."""
    resumed = await ended(under_way(Kind.RESUME, held_by="ben"), ok=True)
    assert (resumed.state, resumed.held_by) == (TenantState.ACTIVE, "")
    waiting = (Work(kind=Kind.SUSPEND, actor="ben"),)
    again = await ended(under_way(Kind.RESUME, held_by="ben", queued=waiting), ok=True)
    assert (again.work, again.held_by) == (waiting[0], "ben")
    back = await ended(under_way(Kind.SUSPEND, held_by="ben"), routed=False)
    assert (back.state, back.held_by) == (TenantState.ACTIVE, "")


@pytest.mark.parametrize("kind", [Kind.SUSPEND, Kind.RESUME, Kind.UPGRADE, Kind.ROLL_BACK])
async def test_what_a_migration_has_left_is_left_by_what_does_not_clear_it(kind: Kind) -> None:
    """Until an update takes it away, however well the others end."""
    found = await ended(under_way(kind, open_work=(LEFT,), remains=("former",)), ok=True)
    assert (found.open_work, found.remains) == ((LEFT,), ("former",))


async def test_what_a_migration_has_left_is_gone_once_an_update_has_ended_well() -> None:
    """An update begins with it."""
    before = under_way(Kind.UPDATE, open_work=(LEFT,), remains=("former",))
    found = await ended(before, ok=True)
    assert (found.open_work, found.remains) == ((), ())
