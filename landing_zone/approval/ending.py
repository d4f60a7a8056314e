"""What comes of a decision: what the record says then, and what people are told."""

from datetime import datetime
from typing import Final

from landing_zone.approval.record import Approval, Decision, Verdict
from landing_zone.intake.replies import OwedResult
from landing_zone.lifecycle import TenantEvent, TenantState, next_state
from landing_zone.tenants import TenantRecord

_CODES: Final = {
    Verdict.REJECT: "ApprovalRejected",
    Verdict.EXPIRE: "ApprovalExpired",
    Verdict.WITHDRAW: "ApprovalWithdrawn",
}


def reason_of(approval: Approval, decision: Decision) -> str:
    """Why nothing is done, for a person."""
    match decision.verdict:
        case Verdict.EXPIRE:
            return f"not approved: {decision.reason} (needed for {approval.why})"
        case Verdict.WITHDRAW:
            return f"withdrawn before it was approved: {decision.reason or 'no reason was given'}"
        case _:
            return f"rejected by an approver: {decision.reason or 'no reason was given'}"


def hint_of(approval: Approval, decision: Decision) -> str:
    """What a person can do about it."""
    match decision.verdict:
        case Verdict.EXPIRE:
            return "ask again, and tell someone with the role Approver of it in time"
        case Verdict.WITHDRAW:
            return "ask again where it is wanted after all"
        case _:
            return f"talk to the approver, or ask again without {approval.why}"


def code_of(decision: Decision) -> str:
    """What kind of trouble it is; empty for none."""
    return _CODES.get(decision.verdict, "")


def state_after(record: TenantRecord, decision: Decision) -> TenantState:
    """The tenant's state once the decision has been acted upon."""
    event = _event(record, decision)
    return record.state if event is None else next_state(record.state, event)


def ended_by(
    record: TenantRecord, approval: Approval, decision: Decision, now: datetime
) -> TenantRecord:
    """The record of a tenant whose operation was decided against: nothing of it has been done.

    What an earlier attempt has left stays listed: such a tenant has failed, as before.
    """
    told = {"reason": reason_of(approval, decision), "hint": hint_of(approval, decision)}
    event = _event(record, decision)
    if event is not None:
        return record.after(event, now, **told)
    ended = record.model_copy(update={**told, "ongoing": False, "updated_at": now})
    return _owing(ended)


def _owing(record: TenantRecord) -> TenantRecord:
    """The record with what is to be told by message of a change that was decided against."""
    if record.reply is None:
        return record
    owed = OwedResult(
        reply=record.reply,
        operation_id=record.operation_id,
        outcome="failed",
        state=record.state.value,
        reason=record.reason,
        hint=record.hint,
        at=record.updated_at,
    )
    return record.model_copy(update={"owed": (*record.owed, owed)})


def _event(record: TenantRecord, decision: Decision) -> TenantEvent | None:
    """What happens to the tenant; None where its state stays."""
    if record.state is not TenantState.AWAITING_APPROVAL:
        return None
    if decision.verdict is Verdict.APPROVE:
        return TenantEvent.APPROVE
    if record.open_work or record.reservation is not None:
        return TenantEvent.FAIL
    return TenantEvent.EXPIRE if decision.verdict is Verdict.EXPIRE else TenantEvent.REJECT
