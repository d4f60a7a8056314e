"""The point of a migration behind which there is no way back."""

from typing import Any

from activities.auditing import OperationNote, note_operation
from activities.dependencies import Dependencies
from activities.tenants import change_tenant, current_tenant, require_current
from landing_zone.capacity import needs_node_subnet
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.ends import OpenWork, RouteEnd
from landing_zone.errors import PermanentError
from landing_zone.plan import Plan
from landing_zone.reservation import Reservation
from landing_zone.routes.runtimes import tier_of
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import Crossing, TenantRecord


async def cross_over(deps: Dependencies, operation: OperationRef) -> Outcome:
    """The registry says that the tenant is of its new tier, before the old runtime is touched.

    Whoever takes the operation up after its orchestration was lost goes on from there.

    Raises:
        PermanentError: It is not known where the migration leads to (`NoHeading`).
    """
    record = await current_tenant(deps, operation)
    if record.left is not None:
        return Outcome(state="done")
    if not record.heading:
        raise PermanentError("NoHeading", "the registry names no plan that this leads to")
    former = await deps.documents.get_plan(record.plan_hash)
    made = await deps.documents.get_plan(record.heading)

    def cross(found: TenantRecord) -> TenantRecord:
        require_current(found, operation)
        return found if found.left is not None else _crossed(found, made)

    told = OperationNote(
        action=operation.kind.action,
        outcome="switched",
        actor=record.work.actor,
        before=record.state.value,
        after=record.state.value,
        details={
            "tier": f"{tier_of(former)} > {tier_of(made)}",
            "planHash": made.hash,
            "planBefore": former.hash,
        },
    )
    await note_operation(deps, operation, told)
    await change_tenant(deps, operation.tenant_id, cross)
    return Outcome(state="done")


def _crossed(record: TenantRecord, made: Plan) -> TenantRecord:
    """The record of a tenant that has left its former tier, which it still names."""
    left = Crossing(
        request=record.request, plan_hash=record.plan_hash, rules_version=record.rules_version
    )
    return record.model_copy(
        update={
            "crossing": left,
            "request": record.work.wanted or record.request,
            "plan_hash": made.hash,
            # Its document tells what the former plan yielded, until this one has ended.
            "plan_operation": record.applied_by,
            "rules_version": made.rules_version,
        }
    )


def is_reached(end: RouteEnd, record: TenantRecord) -> bool:
    """Whether a tenant is as it was asked for, though something of before may be left."""
    came_back = any(stage.back for stage in end.stages)
    return end.is_reached or (record.left is not None and not came_back)


def unseen_work(end: RouteEnd, record: TenantRecord) -> tuple[OpenWork, ...]:
    """What an operation has to tell that was lost behind its commitment and found no way on."""
    if record.left is None or end.stages:
        return ()
    return (OpenWork(key="migration", reason=f"the old runtime may be left: {end.reason}"),)


def uncrossed(record: TenantRecord, *, reached: bool, is_back: bool) -> dict[str, Any]:
    """What the record says of the tier once a migration has ended, one way or the other.

    Where something of the new runtime is left, it stands in the subnet that is then still held.
    """
    left = record.left
    changes: dict[str, Any] = {"heading": "", "crossing": None}
    if reached and left is not None:
        # The document of this operation tells what the plan yielded.
        return changes | {"plan_operation": ""}
    if not reached and is_back and record.heading:
        request = left.request if left else record.request
        changes |= {"reservation": _without_subnet(record.reservation, request)}
    if reached or left is None:
        return changes
    return changes | {
        "request": left.request,
        "plan_hash": left.plan_hash,
        "rules_version": left.rules_version,
    }


def _without_subnet(held: Reservation | None, request: TenantRequest) -> Reservation | None:
    """What is held of the hub by a tenant that has come back from where its nodes had a subnet."""
    if held is None or needs_node_subnet(request):
        return held
    return held.model_copy(update={"node_subnet": None})
