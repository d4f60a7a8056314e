"""What callers and the audit are told of an approval."""

from datetime import datetime
from typing import Any, Literal

from landing_zone.approval.deciding import AUTOMATION, askers_of
from landing_zone.approval.ending import code_of, hint_of, reason_of, state_after
from landing_zone.approval.record import Approval, Decision
from landing_zone.audit import AuditEntry, digest
from landing_zone.intake.results import links_of
from landing_zone.operations import OperationView, operation_document
from landing_zone.progress import OperationStatus
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord

ACTION = "tenant.approval"

type Noted = Literal["asked", "reminded"] | Decision


def wanted_of(record: TenantRecord) -> TenantRequest:
    """What the tenant is to be once the current operation has been done."""
    return record.work.wanted or record.request


def approval_document(record: TenantRecord, approval: Approval) -> dict[str, Any]:
    """What is decided upon, as callers see it."""
    document: dict[str, Any] = {
        "tenantId": record.tenant_id,
        "operationId": approval.operation_id,
        "kind": record.work.kind.value,
        "state": approval.state,
        "neededFor": approval.why,
        "askedBy": list(_askers(record)),
        "owner": str(record.owner.object) if record.owner else None,
        "reason": record.work.reason or None,
        "askedAt": approval.asked_at.isoformat(),
        "until": approval.until.isoformat(),
        "remindAt": _text(approval.remind_at),
        "remindedAt": _text(approval.reminded_at),
        "decision": _decision(approval.decision) if approval.decision else None,
        "request": wanted_of(record).to_document(),
        "links": {
            "self": link_of(record.tenant_id),
            "dryRun": f"/api/tenants/{record.tenant_id}/plan?wanted=true",
            **links_of(record.tenant_id, approval.operation_id),
        },
    }
    if approval.decision is None:
        document["waitingFor"] = approval.told
    return document


def link_of(tenant_id: str) -> str:
    """Where an approval is looked at and decided upon."""
    return f"/api/tenants/{tenant_id}/approval"


def _askers(record: TenantRecord) -> tuple[str, ...]:
    return tuple(actor for actor in askers_of(record) if actor)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict.told,
        "by": decision.actor,
        "reason": decision.reason or None,
        "at": decision.at.isoformat(),
    }


def ended_document(record: TenantRecord, approval: Approval, decision: Decision) -> dict[str, Any]:
    """The document of an operation that was decided against: the same, whenever it is made."""
    view = OperationView(
        operation=record.operation,
        state=decision.verdict.told,
        status=OperationStatus(started_at=approval.asked_at, phase="end"),
        finished_at=decision.at,
        code=code_of(decision),
        reason=reason_of(approval, decision),
        hint=hint_of(approval, decision),
    )
    left = [item.dump() for item in record.open_work]
    return {**operation_document(view), "openWork": left, "outputs": {}}


def entry_of(record: TenantRecord, approval: Approval, noted: Noted) -> AuditEntry:
    """What is noted in the audit: the same entry, however often it is noted."""
    operation = approval.operation_id
    details = {
        "kind": record.work.kind.value,
        "neededFor": approval.why,
        "askedBy": ", ".join(_askers(record)),
        "askedAt": approval.asked_at.isoformat(),
        "until": approval.until.isoformat(),
        "request": digest(wanted_of(record).to_document()),
        "before": record.state.value,
        "after": record.state.value,
    }
    actor, outcome, at = AUTOMATION, "asked", approval.asked_at
    match noted:
        case Decision():
            actor, outcome, at = noted.actor, noted.verdict.told, noted.at
            details |= {"reason": noted.reason, "after": state_after(record, noted).value}
        case "reminded":
            outcome, at = noted, approval.reminded_at or approval.asked_at
        case "asked":
            details["reason"] = record.work.reason
    return AuditEntry(
        tenant_id=record.tenant_id,
        operation_id=operation,
        event_id=f"{operation}:{ACTION}:{outcome}",
        action=ACTION,
        actor=actor,
        outcome=outcome,
        details={name: value for name, value in details.items() if value},
        at=at,
    )
