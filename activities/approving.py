"""Approval by a person: asking for it, deciding, and ending what was decided against."""

import logging
from datetime import timedelta

from activities.dependencies import Dependencies
from activities.tenants import change_tenant, is_current
from landing_zone.access import Access
from landing_zone.approval.deciding import after_look, decided, require_other
from landing_zone.approval.ending import code_of, ended_by, hint_of, reason_of
from landing_zone.approval.policy import approval_of, is_begun
from landing_zone.approval.record import Approval, Decision, Verdict
from landing_zone.approval.reporting import Noted, ended_document, entry_of
from landing_zone.asking import with_following
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.tenants import TenantRecord

_log = logging.getLogger(__name__)


async def look_at_approval(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Find out whether the operation may be begun: done; until when to wait; or failed for good.

    What is due meanwhile happens: approval is asked for, is reminded of, expires. What is decided
    is noted in the audit before anything comes of it.
    """
    now = deps.clock.now()

    def look(record: TenantRecord) -> TenantRecord:
        if not is_current(record, operation) or not record.ongoing:
            return record
        return after_look(deps.settings.approval, record, now)

    record = await change_tenant(deps, operation.tenant_id, look)
    if not is_current(record, operation) or not record.ongoing:
        return _over(record, operation)
    approval = approval_of(record)
    if approval is None or is_begun(record):
        return Outcome(state="done")
    await note_approval(deps, record, approval)
    match approval.decision:
        case None:
            return _waiting(deps, record, approval)
        case Decision(verdict=Verdict.APPROVE):
            return Outcome(state="done")
        case decision:
            return await _end(deps, record, approval, decision)


async def note_approval(deps: Dependencies, record: TenantRecord, approval: Approval) -> None:
    """Note in the audit what has happened to an approval so far; each thing is noted once."""
    happened: list[Noted] = ["asked"]
    if approval.reminded_at is not None:
        happened.append("reminded")
    if approval.decision is not None:
        happened.append(approval.decision)
    for one in happened:
        await deps.audit.append(entry_of(record, approval, one))


def _waiting(deps: Dependencies, record: TenantRecord, approval: Approval) -> Outcome:
    now = deps.clock.now()
    if approval.reminded_at is not None:
        _log.warning("tenant %s still %s", record.tenant_id, approval.told)
    moments = [approval.until, now + timedelta(seconds=deps.settings.approval.look_seconds)]
    if approval.remind_at is not None and approval.reminded_at is None:
        moments.append(approval.remind_at)
    return Outcome(state="done", until=min(moments), message=approval.told, owed=bool(record.owed))


async def _end(
    deps: Dependencies, record: TenantRecord, approval: Approval, decision: Decision
) -> Outcome:
    """End what was decided against: nothing of it has been done, nothing is held for it.

    The document first, as the record may go on to the next operation at once, and then nobody
    could make it any more.
    """
    operation = record.operation
    document = ended_document(record, approval, decision)
    await deps.documents.put_operation(operation.operation_id, document)

    def end(latest: TenantRecord) -> TenantRecord:
        if not is_current(latest, operation) or not latest.ongoing:
            return latest
        now = deps.clock.now()
        return with_following(ended_by(latest, approval, decision, now), now)[0]

    ended = await change_tenant(deps, record.tenant_id, end)
    told = {"code": code_of(decision), "message": reason_of(approval, decision)}
    hint = hint_of(approval, decision)
    return _over(ended, operation).model_copy(update={**told, "hint": hint})


def _over(record: TenantRecord, operation: OperationRef) -> Outcome:
    """The operation has ended, or another has taken its place; that one comes next."""
    goes_on = record.ongoing and not is_current(record, operation)
    return Outcome(
        state="failed",
        code="OperationEnded",
        message="the operation has ended",
        owed=bool(record.owed),
        following=record.operation if goes_on else None,
    )


async def decide(
    deps: Dependencies,
    tenant_id: str,
    operation_id: str,
    decision: Decision,
    access: Access | None = None,
) -> TenantRecord:
    """Keep a decision on the tenant's record, and note it; its orchestration acts upon it.

    A decision that cannot be noted now is noted before it is acted upon.

    Args:
        deps: What is worked with.
        tenant_id: The tenant.
        operation_id: The operation that is decided upon.
        decision: What is decided.
        access: The approver, who must be none of those who asked, also as the record is by now;
            None where it is not approved.

    Raises:
        AccessRefused: The approver has asked for it itself.
        PermanentError: That operation does not wait for it, or was decided upon otherwise.
        TemporaryError: It may be kept; to decide the same again is safe.
    """

    def change(latest: TenantRecord) -> TenantRecord:
        if access is not None:
            require_other(access, latest)
        return decided(latest, operation_id, decision)

    record = await change_tenant(deps, tenant_id, change)
    approval = approval_of(record)
    if approval is not None and record.ongoing and not is_begun(record):
        await note_approval(deps, record, approval)
    return record


async def withdraw(
    deps: Dependencies, record: TenantRecord, actor: str, reason: str = ""
) -> TenantRecord:
    """Take back a request that waits for approval, as who asked for it; nothing was done for it.

    The caller makes sure that the actor may, and tells the orchestration (`wake`), which ends it: a
    tenant that was asked for is offboarded then, one that was to be changed stays as it is.

    Raises:
        PermanentError: The operation does not wait for approval any more.
        TemporaryError: It may be kept; to withdraw it again is safe.
    """
    decision = Decision(verdict=Verdict.WITHDRAW, actor=actor, reason=reason, at=deps.clock.now())
    return await decide(deps, record.tenant_id, record.operation_id, decision)
