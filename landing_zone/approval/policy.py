"""Which operations need the approval of a person, and which of them have it."""

from typing import Final

from landing_zone.approval.record import Approval, Verdict
from landing_zone.approval.settings import ApprovalSettings
from landing_zone.errors import PermanentError
from landing_zone.lifecycle import TenantState
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind

MAY_NEED_APPROVAL: Final = frozenset({Kind.ONBOARD, Kind.UPDATE})
"""Kinds of operations that can give a tenant a property that needs approval."""

_AT_WORK: Final = frozenset(
    {TenantState.PROVISIONING, TenantState.UPDATING, TenantState.OFFBOARDING}
)


def is_begun(record: TenantRecord) -> bool:
    """Whether the current operation has been begun: approval is for what has not."""
    return record.state in _AT_WORK


def approval_of(record: TenantRecord) -> Approval | None:
    """The approval that the current operation was found to need; None where it was not."""
    found = record.approval
    return found if found is not None and found.operation_id == record.operation_id else None


def is_waiting(record: TenantRecord) -> bool:
    """Whether the current operation waits for a person."""
    approval = approval_of(record)
    return record.ongoing and approval is not None and approval.decision is None


def why_needed(settings: ApprovalSettings, record: TenantRecord) -> str:
    """What of the current operation needs approval, for a person; empty where nothing does."""
    match record.work.kind:
        case Kind.ONBOARD:
            return _gained(settings, None, record.request)
        case Kind.UPDATE if record.work.wanted is not None:
            return _gained(settings, record.request, record.work.wanted)
        case _:
            return ""


def _gained(settings: ApprovalSettings, before: TenantRequest | None, wanted: TenantRequest) -> str:
    """Properties that need approval and were not there before."""
    found: list[str] = []
    if wanted.isolation in settings.tiers and (
        before is None or before.isolation != wanted.isolation
    ):
        found.append(f"isolation {wanted.isolation}")
    if wanted.environment in settings.environments and (
        before is None or before.environment != wanted.environment
    ):
        found.append(f"environment {wanted.environment}")
    return ", ".join(found)


def require_approved(settings: ApprovalSettings, record: TenantRecord) -> None:
    """Hold an operation that is to be begun to the approval that it needs.

    Raises:
        PermanentError: It needs approval and has none (`ApprovalMissing`).
    """
    approval = approval_of(record)
    if approval is None:
        if why_needed(settings, record):
            raise _missing(record)
    elif approval.decision is None or approval.decision.verdict is not Verdict.APPROVE:
        raise _missing(record)


def _missing(record: TenantRecord) -> PermanentError:
    return PermanentError(
        "ApprovalMissing",
        f"{record.operation_id} needs the approval of a person and does not have it",
        "an approver decides upon it; it is asked for on its own",
    )
