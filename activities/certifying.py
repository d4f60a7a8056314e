"""The end of an offboarding: Azure itself is asked whether anything is left.

What is looked for is all that was ever planned, all that is in the subscription, and whatever in
the hub, in the rows of its reconciler, in the ledger and in the registry is about the tenant. Only
where nothing is found there is a certificate.
"""

from collections.abc import AsyncIterator
from typing import Final

from activities.auditing import OperationNote, note_operation
from activities.dependencies import Dependencies
from activities.ending import leases_of, release
from activities.looking_around import Found, look_around, sight_of
from activities.offboarding import kept_names, note_open, subscription_of
from activities.routing.remains import Remains, remains_of
from activities.tenants import change_tenant, current_tenant, is_current
from landing_zone.audit import AuditEntry, digest
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.ends import OpenWork
from landing_zone.errors import TemporaryError
from landing_zone.hub_state.members import LANES
from landing_zone.offboarding.certificate import Certificate, Checked, Parked, Returned
from landing_zone.offboarding.hub_traces import traces
from landing_zone.offboarding.looking import principals_of, trail_of
from landing_zone.offboarding.names import (
    is_purgeable,
    parked_name,
    parked_removals,
    parked_subscription,
)
from landing_zone.tenants import TenantRecord

ACTION: Final = "tenant.certify"
_NAMED: Final = 5


async def certify(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Look whether anything is left; let go of what is held; say so in a certificate.

    Raises:
        TemporaryError: Something is left (`Residue`): all of it is listed on the tenant.
    """
    record = await current_tenant(deps, operation)
    remains = await remains_of(deps, record)
    found = await _look(deps, record, remains)
    await note_open(deps, operation, found.left)
    if found.left:
        raise _residue(found.left)
    found.take((), await _let_go(deps, operation))
    certificate = await deps.documents.put_certificate(
        await _certificate(deps, record, remains, found)
    )
    await _note(deps, operation, record, certificate)
    await change_tenant(deps, operation.tenant_id, lambda one: _certified(one, operation))
    return Outcome(state="done")


def _residue(left: tuple[OpenWork, ...]) -> TemporaryError:
    named = ", ".join(item.resource or item.key for item in left[:_NAMED])
    more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    return TemporaryError("Residue", f"still there: {named}{more}")


async def _look(deps: Dependencies, record: TenantRecord, remains: Remains) -> Found:
    """All that is left anywhere, and where it was looked."""
    found = await look_around(deps, record, remains)
    trail = trail_of(record, remains.plans, subscription_of(record, remains))
    principals = principals_of(remains.plans, remains.outputs)
    for hub in remains.hubs:
        sight = await sight_of(deps, deps.document.hub(hub))
        found.take(traces(sight, trail, principals), sight.size)
        for lane in LANES:
            rows = [row.value for row in await deps.hub_requests.all(hub, lane)]
            own = [row.member.name for row in rows if row.member.tenant_id == record.tenant_id]
            left = [OpenWork(key=f"hub:{lane}", reason=f"{one} is still asked for") for one in own]
            found.take(left, {"requests to the hub": len(rows)})
    kept = await kept_names(deps, remains)
    found.take(
        [
            OpenWork(key="name", resource=one.id, reason="it is not purged yet")
            for one, body in kept
            if is_purgeable(body)
        ],
        {"names that Azure keeps": len(kept)},
    )
    return found


async def _let_go(deps: Dependencies, operation: OperationRef) -> dict[str, int]:
    """Hold nothing for the tenant any more, now that nothing stands on it.

    Raises:
        TemporaryError: Something is held all the same.
    """
    leases = await leases_of(deps, operation.tenant_id)

    def without(record: TenantRecord) -> TenantRecord:
        if not is_current(record, operation):
            return record
        return record.model_copy(update={"reservation": None})

    record = await change_tenant(deps, operation.tenant_id, without)
    if is_current(record, operation):
        await release(deps, record, leases)
    adopted = record.request.subscription.id
    holder = await deps.registry.subscription_holder(str(adopted)) if adopted else None
    if await leases_of(deps, operation.tenant_id) or holder == record.tenant_id:
        raise TemporaryError("StillHeld", "its place in the hub, or the subscription, is held")
    return {"leases of address ranges": len(leases), "claims of subscriptions": int(bool(adopted))}


async def _certificate(
    deps: Dependencies, record: TenantRecord, remains: Remains, found: Found
) -> Certificate:
    now = deps.clock.now()
    subscription = subscription_of(record, remains)
    vended = record.request.subscription.mode == "vend"
    parked: list[Parked] = [
        parked_name(one.id, body) for one, body in await kept_names(deps, remains)
    ]
    entries = [entry async for entry in _entries(deps, record.tenant_id)]
    parked += [one for one in parked_removals(entries) if one.until > now]
    if vended and subscription:
        parked.append(parked_subscription(subscription, now))
    outcome = "none" if not subscription else "cancelled" if vended else "returned"
    return Certificate(
        tenant_id=record.tenant_id,
        operation_id=record.operation_id,
        hubs=remains.hubs,
        issued_at=now,
        asked_by=record.work.actor,
        reason=record.work.reason,
        exported=record.work.exported,
        retained_until=record.work.retain_until,
        subscription=Returned(
            id=subscription, mode=record.request.subscription.mode, outcome=outcome
        ),
        plans=tuple(made.hash for made in remains.plans),
        checked=tuple(Checked(what=what, looked_at=n) for what, n in found.looked_at.items()),
        parked=tuple(parked),
        inputs=digest(sorted(found.ids)),
    )


async def _entries(deps: Dependencies, tenant_id: str) -> AsyncIterator[AuditEntry]:
    async for one in deps.audit.read(tenant_id):
        yield one.entry


async def _note(
    deps: Dependencies, operation: OperationRef, record: TenantRecord, certificate: Certificate
) -> None:
    told = OperationNote(
        action=ACTION,
        outcome="done",
        actor=record.work.actor,
        before=record.state.value,
        after=record.state.value,
        details={
            "certificate": certificate.hash,
            "lookedAt": str(sum(one.looked_at for one in certificate.checked)),
            "residue": "0",
            "parked": str(len(certificate.parked) or ""),
            "exported": certificate.exported,
        },
    )
    await note_operation(deps, operation, told)


def _certified(record: TenantRecord, operation: OperationRef) -> TenantRecord:
    if not is_current(record, operation):
        return record
    return record.model_copy(update={"certificate": operation.operation_id})
