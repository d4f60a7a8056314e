"""The beginning and the end of an operation that follows a route, and the making of the route."""

from collections.abc import Mapping
from typing import Any, Final

from activities.auditing import OperationNote, note_operation
from activities.dependencies import Dependencies
from activities.ending import leases_of, note_dropped, release
from activities.migrating import is_reached, uncrossed, unseen_work
from activities.routing.kinds import ROUTES, WAYS_OUT
from activities.routing.situation import situation_of
from activities.tenants import change_tenant, current_tenant, is_current, require_current
from landing_zone.approval.policy import require_approved
from landing_zone.arm_ids import normalized
from landing_zone.asking import with_following
from landing_zone.audit import digest
from landing_zone.capacity import demand_of
from landing_zone.change_documents import change_document, open_work, plan_hashes, taken_back
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.ends import OpenWork, RouteEnd
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.plan import Plan
from landing_zone.reservation import Reservation
from landing_zone.routes.courses import BEGINNINGS, LEAVING, TO_PLANS, UNDER_WAY, ending
from landing_zone.routes.updating import CLEAR
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work


async def begin_change(deps: Dependencies, operation: OperationRef) -> Outcome:
    """The registry says that the tenant is at work on; the audit, who asked for what and why."""

    def begin(record: TenantRecord) -> TenantRecord:
        require_current(record, operation)
        event = BEGINNINGS.get(operation.kind)
        if event is None or record.state in UNDER_WAY:
            return record
        require_approved(deps.settings.approval, record)
        had_failed = record.state is TenantState.FAILED
        return record.after(event, deps.clock.now(), had_failed=had_failed)

    record = await current_tenant(deps, operation)
    begun = begin(record)
    await note_operation(deps, operation, _beginning(operation, record, begun))
    await change_tenant(deps, operation.tenant_id, begin)
    return Outcome(state="done")


def _beginning(operation: OperationRef, record: TenantRecord, begun: TenantRecord) -> OperationNote:
    work = record.work
    return OperationNote(
        action=operation.kind.action,
        outcome="begun",
        actor=work.actor,
        before=record.state.value,
        after=begun.state.value,
        details={
            "why": "taken up again: its orchestration was lost" if operation.run else work.reason,
            "request": digest(work.wanted.to_document()) if work.wanted else "",
            "allowDataLoss": ", ".join(work.allow_data_loss),
            "retainDays": str(work.retain_days or ""),
            "exported": work.exported,
            "fleet": work.fleet,
            "planBefore": record.plan_hash,
        },
    )


async def make_route(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Find the route of an operation; its plans are kept outside of the history."""
    record = await current_tenant(deps, operation)
    if operation.kind in WAYS_OUT:
        route = await WAYS_OUT[operation.kind](deps, record)
    else:
        route = await ROUTES[operation.kind](deps, await situation_of(deps, record))
    return Outcome(state="done", route=route)


async def end_change(deps: Dependencies, end: RouteEnd) -> Outcome:
    """The registry, the documents and the audit say how it ended, and what comes next.

    Where another operation has taken its place meanwhile, that one comes next.
    """
    plans = {key: await deps.documents.get_plan(key) for key in plan_hashes(end)}
    work = open_work(end, plans)
    document = change_document(end, plans, deps.clock.now())
    document["openWork"] = [item.dump() for item in work]

    def finish(record: TenantRecord) -> tuple[TenantRecord, tuple[Work, ...]]:
        if not is_current(record, end.operation) or not record.ongoing:
            return record, ()
        ended = _ended(deps, end, record, work, plans)
        kept = ended.model_copy(update={"reservation": _as_claimed(ended, claimed)})
        return with_following(kept, deps.clock.now())

    # First: what is freed in the end is what this operation held, and nothing of a later one.
    leases = await leases_of(deps, end.operation.tenant_id)
    claimed: Reservation | None = None
    found = await deps.registry.get(end.operation.tenant_id)
    if found is not None and is_current(found.value, end.operation) and found.value.ongoing:
        ended = _ended(deps, end, found.value, work, plans)
        claimed = await _claim(deps, end, ended)
        await note_dropped(deps, end.operation, *finish(found.value))
        await note_operation(deps, end.operation, _ending(end, found.value, ended))
    record = await change_tenant(deps, end.operation.tenant_id, lambda latest: finish(latest)[0])
    if record.state in _RELEASED and record.reservation is None:
        await release(deps, record, leases)
    # Last: whoever reads here that the operation has ended finds the tenant as it says.
    await deps.documents.put_operation(end.operation.operation_id, document)
    goes_on = record.ongoing and not is_current(record, end.operation)
    following = record.operation if goes_on else None
    return Outcome(state="done", owed=bool(record.owed), following=following)


_LEAVES_REMAINS: Final = frozenset({Kind.SUSPEND, Kind.RESUME, Kind.UPGRADE, Kind.ROLL_BACK})
"""Kinds that leave alone what changes of before have left."""

_RELEASED: Final = frozenset({TenantState.FAILED, TenantState.OFFBOARDED})


def _ended(
    deps: Dependencies,
    end: RouteEnd,
    record: TenantRecord,
    work: tuple[OpenWork, ...],
    plans: Mapping[str, Plan],
) -> TenantRecord:
    """The record once the operation has ended."""
    kind = end.operation.kind
    remains = _remains(end, record)
    changes: dict[str, Any] = {
        "reason": end.reason,
        "hint": end.hint,
        "open_work": _open(end, record, work, plans),
        "remains": remains,
    }
    if end.routed:
        # Its document tells what the resources yield now: some may have been made anew.
        changes["plan_operation"] = ""
    reached = is_reached(end, record)
    if end.ok:
        changes |= _reached(record, plans.get(end.plan_hash))
    changes |= uncrossed(record, reached=reached, is_back=end.is_back)
    changes |= _of_suspension(end, record, work)
    event = ending(kind, ok=reached, is_back=end.is_back)
    if event is TenantEvent.ROLL_BACK and (remains or not end.routed):
        # It is as it was before: what was left then is left, and what had failed has.
        changes["open_work"] = record.open_work
        event = TenantEvent.FAIL if record.had_failed else event
    if event is None:
        now = deps.clock.now()
        return record.model_copy(update={**changes, "ongoing": False, "updated_at": now})
    return record.after(event, deps.clock.now(), **changes)


def _of_suspension(
    end: RouteEnd, record: TenantRecord, work: tuple[OpenWork, ...]
) -> dict[str, Any]:
    """What else the record says once a tenant has been suspended or resumed, or has not.

    To suspend is to close: it puts nothing right of what is open.
    """
    # Whoever has it held waits for a suspension that is still to come.
    again = any(one.kind is Kind.SUSPEND for one in record.queued)
    match end.operation.kind:
        case Kind.SUSPEND:
            known = {item.key for item in work}
            left = tuple(item for item in record.open_work if item.key not in known)
            held = record.held_by if end.ok or again else ""
            changes = {"open_work": (*work, *left), "held_by": held}
            half = end.routed and not end.ok and not end.is_back
            # What is closed in part is closed whole or opened from there.
            return changes | ({"plan_hash": end.plan_hash} if half else {})
        case Kind.RESUME if end.ok and not again:
            return {"held_by": ""}
        case _:
            return {}


def _open(
    end: RouteEnd, record: TenantRecord, work: tuple[OpenWork, ...], plans: Mapping[str, Plan]
) -> tuple[OpenWork, ...]:
    """What is open once an operation has ended."""
    known = {item.resource or item.key: item for item in (*record.open_work, *work)}
    if end.ok and _remains(end, record):
        return tuple(known.values())
    if end.ok or end.operation.kind not in LEAVING:
        still = () if end.ok or end.routed else record.open_work
        return work or still or unseen_work(end, record)
    # Of what was left before, or was found on the way out, that which has not been taken back.
    gone = taken_back(end, plans)
    left = tuple(item for resource, item in known.items() if normalized(resource) not in gone)
    return left or (OpenWork(key="operation", reason=end.reason or "it is not known what is left"),)


def _remains(end: RouteEnd, record: TenantRecord) -> tuple[str, ...]:
    """Plans of which something may be there that neither the record's plan nor anyone wants."""
    if end.ok:
        # Of the two plans that it led between, it has itself removed what is not wanted.
        between = {end.plan_hash, record.plan_hash}
        left = tuple(one for one in record.remains if one not in between)
        return left if end.operation.kind in _LEAVES_REMAINS else ()
    cleared = {stage.plan_hash for stage in end.stages if stage.name.startswith(CLEAR) and stage.ok}
    remains = [one for one in record.remains if one not in cleared]
    if not end.is_back and end.plan_hash and end.plan_hash != record.plan_hash:
        remains.append(end.plan_hash)
    if not end.is_back and record.left is not None:
        # Behind its commitment the tenant is of the new plan, and what is left is of the old one.
        remains.append(record.left.plan_hash)
    return tuple(dict.fromkeys(remains))


def _reached(record: TenantRecord, made: Plan | None) -> dict[str, Any]:
    """What the record says of a tenant that is as it was asked to be."""
    if made is None:
        return {
            "reservation": None,
            "plan_hash": "",
            "rules_version": 0,
            "subscription_id": "",
        }
    return {
        "request": record.work.wanted or record.request,
        "plan_hash": made.hash,
        "rules_version": made.rules_version,
    }


async def _claim(deps: Dependencies, end: RouteEnd, ended: TenantRecord) -> Reservation | None:
    """Hold of the hub from now on what the tenant needs, and no more; None where that stays.

    As long as something is left that it does not need, that stands in the hub, too.
    """
    held = ended.reservation
    settled = (end.ok or end.is_back) and not ended.remains
    if held is None or end.operation.kind not in TO_PLANS or not settled:
        return None
    claims = demand_of(ended.request).claims
    return await deps.ledger.change(held.hub, ended.tenant_id, (), claims, keep=False)


def _as_claimed(ended: TenantRecord, claimed: Reservation | None) -> Reservation | None:
    """What the record says of the tenant's place: the ledger knows nothing of its generation."""
    if claimed is None or ended.reservation is None:
        return ended.reservation
    return ended.reservation.model_copy(update={"node_subnet": claimed.node_subnet})


def _ending(end: RouteEnd, record: TenantRecord, ended: TenantRecord) -> OperationNote:
    """What is noted of an operation that has ended: how, why, and what became of the tenant."""
    results = [result for stage in end.stages for result in stage.results]
    return OperationNote(
        action=end.operation.kind.action,
        outcome="done" if is_reached(end, record) else "rolled-back" if end.is_back else "failed",
        actor=record.work.actor,
        before=record.state.value,
        after=ended.state.value,
        details={
            "planHash": ended.plan_hash,
            "planBefore": record.plan_hash if record.plan_hash != ended.plan_hash else "",
            "code": end.code,
            "reason": end.reason,
            "stages": ", ".join(stage.name for stage in end.stages),
            "written": str(sum(result.wrote for result in results)),
            "openWork": str(len(ended.open_work) or ""),
            "following": ", ".join(one.kind.value for one in record.queued),
        },
    )
