"""The end of an operation: what the registry, the documents and the audit chain say of it."""

from collections.abc import Iterable
from datetime import datetime

from activities.auditing import AUTOMATION, ONBOARD, OperationNote, note_operation
from activities.dependencies import Dependencies
from activities.tenants import change_tenant, is_current
from landing_zone.asking import with_following
from landing_zone.contracts import OperationRef, Outcome, ResourceResult
from landing_zone.ends import OpenWork, OperationEnd
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.operations import OperationView, operation_document
from landing_zone.plan import Plan, Undo
from landing_zone.progress import OperationStatus, marks, outputs_of_results
from landing_zone.references import resolved_where_known
from landing_zone.reservation import Lease, Reservation
from landing_zone.tenants import TenantRecord
from landing_zone.work import Work


async def end_operation(deps: Dependencies, end: OperationEnd) -> Outcome:
    """The registry and the operation's document say how it ended; a failure frees what it held."""
    made = await deps.documents.get_plan(end.plan_hash) if end.plan_hash else None
    work = _open_work(end, made)
    document = operation_document(_view(deps, end, made))
    document["openWork"] = [item.dump() for item in work]
    # What the plan refers to: with it, what was applied is known without reading it.
    document["outputs"] = outputs_of_results(end.results)

    def finish(record: TenantRecord) -> tuple[TenantRecord, tuple[Work, ...]]:
        if not is_current(record, end.operation) or record.state is not TenantState.PROVISIONING:
            return record, ()
        now = deps.clock.now()
        return with_following(_ended(end, made, record, work, now), now)

    # First: what is freed in the end is what this operation held, and nothing of a later one.
    leases = await leases_of(deps, end.operation.tenant_id)
    found = await deps.registry.get(end.operation.tenant_id)
    if found is not None and is_current(found.value, end.operation):
        ended, dropped = finish(found.value)
        await note_dropped(deps, end.operation, ended, dropped)
        await note_operation(deps, end.operation, _ending(end, found.value, ended))
    record = await change_tenant(deps, end.operation.tenant_id, lambda latest: finish(latest)[0])
    # Only once the record no longer says that it holds a range: whoever takes the operation up
    # again would otherwise build on one that another tenant has been given meanwhile.
    if record.state is TenantState.FAILED and record.reservation is None:
        await release(deps, record, leases)
    # Last: whoever reads here that the operation has ended finds the tenant as it says.
    await deps.documents.put_operation(end.operation.operation_id, document)
    goes_on = record.ongoing and not is_current(record, end.operation)
    following = record.operation if goes_on else None
    return Outcome(state="done", owed=bool(record.owed), following=following)


def _ended(
    end: OperationEnd,
    made: Plan | None,
    record: TenantRecord,
    work: tuple[OpenWork, ...],
    now: datetime,
) -> TenantRecord:
    """The record of a tenant whose onboarding has ended so."""
    event = TenantEvent.COMPLETE if end.ok else TenantEvent.FAIL
    if made is None and record.open_work:
        # It ended before there was a plan: what was left of an earlier attempt still is.
        return record.after(event, now, reason=end.reason, hint=end.hint)
    outputs = outputs_of_results(end.results)
    subscription = outputs.get("subscription", {}).get("subscriptionId", "")
    return record.after(
        event,
        now,
        subscription_id=subscription or str(record.request.subscription.id or ""),
        plan_hash=end.plan_hash,
        plan_operation="",
        rules_version=made.rules_version if made is not None else 0,
        reason=end.reason,
        hint=end.hint,
        open_work=work,
        reservation=_still_held(end, made, record, work),
    )


async def note_dropped(
    deps: Dependencies, operation: OperationRef, ended: TenantRecord, dropped: tuple[Work, ...]
) -> None:
    """Note what waited and cannot be done any more, now that the tenant is as it is."""
    if not dropped:
        return
    told = OperationNote(
        action="tenant.queue",
        outcome="refused",
        actor=AUTOMATION,
        before=ended.state.value,
        after=ended.state.value,
        details={
            "asked": ", ".join(f"{work.kind.value} by {work.actor}" for work in dropped),
            "reason": f"it waited, and cannot be done to a tenant that is {ended.state.value}",
        },
    )
    await note_operation(deps, operation, told)


def _ending(end: OperationEnd, record: TenantRecord, ended: TenantRecord) -> OperationNote:
    """What is noted of an operation that has ended: how, why, and what became of the tenant."""
    count = sum(result.wrote for result in end.results)
    return OperationNote(
        action=ONBOARD,
        outcome="active" if end.ok else "failed",
        actor=record.actor,
        before=record.state.value,
        after=ended.state.value,
        details={
            "planHash": end.plan_hash,
            "planBefore": record.plan_hash if record.plan_hash != end.plan_hash else "",
            "code": end.code,
            "reason": end.reason,
            "written": str(count),
            "undone": str(sum(result.state == "done" for result in end.undone) or ""),
            "openWork": str(len(ended.open_work) or ""),
        },
    )


def _still_held(
    end: OperationEnd, made: Plan | None, record: TenantRecord, work: tuple[OpenWork, ...]
) -> Reservation | None:
    """What the tenant holds from now on: what is left stands on its range and has its names.

    Where the subscription was given back, nothing that has a world-wide name is left, and what was
    deleted in it cannot be brought back into the next one: that one's names are new.
    """
    held = record.reservation
    if end.ok or held is None:
        return held
    if not work:
        return None
    cancelled = any(
        made is not None
        and result.state == "done"
        and made.by_key[result.key].undo is Undo.CANCEL_SUBSCRIPTION
        for result in end.undone
    )
    return held.model_copy(update={"generation": record.operations + 1}) if cancelled else held


async def leases_of(deps: Dependencies, tenant_id: str) -> list[Lease]:
    """What a tenant holds.

    In every hub: a worker may have died between the ledger and the record that names the hub.
    """
    found = [await deps.ledger.lease(hub.name, tenant_id) for hub in deps.document.hubs]
    return [lease for lease in found if lease is not None]


async def release(deps: Dependencies, record: TenantRecord, leases: Iterable[Lease]) -> None:
    """Hold nothing for a tenant any more: neither its place nor a subscription that it adopted."""
    for lease in leases:
        await deps.ledger.free(lease)
    adopted = record.request.subscription.id
    if adopted is not None:
        await deps.registry.release_subscription(str(adopted), record.tenant_id)


def _open_work(end: OperationEnd, made: Plan | None) -> tuple[OpenWork, ...]:
    """What was to be taken back and is still there; what a tenant was made without."""
    if made is None:
        return ()
    outputs = outputs_of_results(end.results)
    left = [result for result in end.undone if result.state != "done"]
    missing = [result for result in end.results if end.ok and result.state == "given-up"]
    return tuple(
        OpenWork(
            key=result.key,
            resource=resolved_where_known(made.by_key[result.key].id, outputs),
            reason=result.message or "something that depends on it is still there",
            missing=result.state == "given-up",
        )
        for result in (*left, *missing)
    )


def _view(deps: Dependencies, end: OperationEnd, made: Plan | None) -> OperationView:
    status = OperationStatus(
        started_at=end.started_at,
        phase="end",
        planned_at=end.planned_at,
        plan_hash=end.plan_hash,
        applied=marks(end.started_at, _by_key(end.results)),
        undone=marks(end.started_at, _by_key(end.undone)),
        outputs=outputs_of_results(end.results),
    )
    left = any(result.state != "done" for result in end.undone)
    return OperationView(
        operation=end.operation,
        state="succeeded" if end.ok else "failed" if left else "compensated",
        status=status,
        plan=made,
        finished_at=deps.clock.now(),
        code=end.code,
        reason=end.reason,
        hint=end.hint,
    )


def _by_key(results: tuple[ResourceResult, ...]) -> dict[str, ResourceResult]:
    return {result.key: result for result in results}
