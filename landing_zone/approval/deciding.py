"""What becomes of a tenant's record while its current operation waits for a person, and after."""

from datetime import datetime, timedelta
from typing import Final

from landing_zone.access import Access, AccessRefused, Reason
from landing_zone.approval.policy import approval_of, is_begun, why_needed
from landing_zone.approval.record import Approval, Decision, Verdict
from landing_zone.approval.settings import ApprovalSettings
from landing_zone.errors import PermanentError
from landing_zone.intake.replies import OwedResult
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind

AUTOMATION: Final = "spokewright"

_OVERTAKING: Final = {
    Kind.ONBOARD: frozenset({Kind.OFFBOARD}),
    Kind.UPDATE: frozenset({Kind.OFFBOARD, Kind.SUSPEND}),
}
"""What does not wait behind an operation that waits for a person: it takes its place."""


def after_look(settings: ApprovalSettings, record: TenantRecord, now: datetime) -> TenantRecord:
    """The record once someone has looked at it: whatever is due has happened.

    An approval that is needed is asked for; one that is asked for is reminded of, and expires.
    """
    if is_begun(record):
        return record
    approval = approval_of(record)
    if approval is None:
        why = why_needed(settings, record)
        return _asked(settings, record, why, now) if why else record
    if approval.decision is not None:
        return record
    if now >= approval.until:
        return _with(record, approval, _expiry(approval), now)
    overtaking = [one for one in record.queued if one.kind in _OVERTAKING[record.work.kind]]
    if overtaking:
        reason = f"the tenant is to be changed otherwise first: {overtaking[0].kind.value}"
        taken = Decision(verdict=Verdict.WITHDRAW, actor=overtaking[0].actor, reason=reason, at=now)
        return _with(record, approval, taken, now)
    return _reminded(record, approval, now) if approval.is_reminder_due(now) else record


def _asked(
    settings: ApprovalSettings, record: TenantRecord, why: str, now: datetime
) -> TenantRecord:
    remind = timedelta(hours=settings.reminder_hours)
    until = now + timedelta(hours=settings.deadline_hours)
    approval = Approval(
        operation_id=record.operation_id,
        why=why,
        asked_at=now,
        until=until,
        remind_at=now + remind if remind and now + remind < until else None,
    )
    if record.state is TenantState.REQUESTED:
        return record.after(TenantEvent.NEED_APPROVAL, now, approval=approval)
    return record.model_copy(update={"approval": approval, "updated_at": now})


def _expiry(approval: Approval) -> Decision:
    hours = (approval.until - approval.asked_at).total_seconds() / 3600
    return Decision(
        verdict=Verdict.EXPIRE,
        actor=AUTOMATION,
        reason=f"nobody decided upon it within {hours:g} hours",
        at=approval.until,
    )


def _reminded(record: TenantRecord, approval: Approval, now: datetime) -> TenantRecord:
    told = approval.model_copy(update={"reminded_at": now})
    owed = record.owed
    if record.reply is not None:
        reminder = OwedResult(
            reply=record.reply,
            operation_id=record.operation_id,
            outcome="awaiting-approval",
            reason=approval.told,
            hint="ask someone with the role Approver to decide upon it",
            at=now,
        )
        owed = (*owed, reminder)
    return record.model_copy(update={"approval": told, "owed": owed, "updated_at": now})


def _with(
    record: TenantRecord, approval: Approval, decision: Decision, now: datetime
) -> TenantRecord:
    noted = approval.model_copy(update={"decision": decision})
    return record.model_copy(update={"approval": noted, "updated_at": now})


def decided(record: TenantRecord, operation_id: str, decision: Decision) -> TenantRecord:
    """The record once someone has decided; as it is where the same was decided before.

    Args:
        record: The tenant.
        operation_id: The operation that is decided upon.
        decision: What is decided, by whom, when.

    Raises:
        PermanentError: That operation does not wait for it (`ApprovalNotFound`), is not the
            current one any more (`ApprovalOutdated`), expired before (`ApprovalExpired`), or was
            decided upon otherwise (`ApprovalDecided`).
    """
    approval = _approval_for(record, operation_id)
    earlier = approval.decision
    if earlier is not None and earlier.verdict is decision.verdict:
        return record
    if earlier is not None and earlier.verdict is not Verdict.EXPIRE:
        raise PermanentError(
            "ApprovalDecided",
            f"{operation_id} was {earlier.verdict.told} at {earlier.at.isoformat()}",
            "what was decided stays decided; ask for the tenant or the change again",
        )
    if earlier is not None or decision.at >= approval.until:
        raise PermanentError(
            "ApprovalExpired",
            f"{operation_id} expired at {approval.until.isoformat()}",
            "ask for the tenant or the change again",
        )
    return _with(record, approval, decision, decision.at)


def _approval_for(record: TenantRecord, operation_id: str) -> Approval:
    if operation_id != record.operation_id:
        raise PermanentError(
            "ApprovalOutdated",
            f"{operation_id} is not the tenant's current operation: {record.operation_id} is",
            "look at what is asked for now, and decide upon that",
        )
    approval = approval_of(record)
    if approval is None:
        raise no_approval(record)
    return approval


def no_approval(record: TenantRecord) -> PermanentError:
    """Nothing is to be decided."""
    return PermanentError(
        "ApprovalNotFound",
        f"{record.operation_id} was not found to need approval",
        "a request that was asked for just now is looked at within a minute",
    )


def require_other(access: Access, record: TenantRecord) -> None:
    """Nobody approves what it has asked for, nor anything of a tenant that is its own.

    Actors are told by their object ids: an application that is called a person by one token and an
    application by the next is the same.

    Raises:
        AccessRefused: The caller is one of those who asked, or the tenant's owner (`OwnRequest`).
    """
    own = access.principal.id.object
    asked = {actor.rpartition(":")[2] for actor in askers_of(record)}
    if own not in asked and access.principal.id != record.owner:
        return
    raise AccessRefused(
        "OwnRequest",
        "you have asked for this yourself, or the tenant is yours",
        Reason.OWN_REQUEST,
        hint="somebody else with the role Approver has to decide upon it",
        principal=access.principal,
        tenant_id=record.tenant_id,
    )


def askers_of(record: TenantRecord) -> tuple[str, ...]:
    """All whose wishes are in the current operation."""
    return tuple(dict.fromkeys((record.actor, record.work.actor, *record.work.also_asked)))
