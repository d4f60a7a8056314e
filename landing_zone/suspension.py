"""Who may resume a tenant: not its owner, where an operator has had it suspended."""

from datetime import datetime

from landing_zone.access import Access
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind


def hold(record: TenantRecord, actor: str, now: datetime) -> TenantRecord:
    """The record once an operator has asked for the suspension, whoever asked for it before.

    It stays as it is where the tenant neither is suspended nor is to be.
    """
    if record.held_by or not _is_to_be_suspended(record):
        return record
    return record.model_copy(update={"held_by": actor, "updated_at": now})


def is_held_for(record: TenantRecord, access: Access) -> bool:
    """Whether a caller may not resume a tenant that it reaches."""
    return bool(record.held_by) and access.owner is not None


def _is_to_be_suspended(record: TenantRecord) -> bool:
    works = ((record.work,) if record.ongoing else ()) + record.queued
    return record.state is TenantState.SUSPENDED or any(work.kind is Kind.SUSPEND for work in works)
