"""Noting what was done in the tenant's audit chain."""

from activities.dependencies import Dependencies
from landing_zone.audit import AuditEntry
from landing_zone.contracts import AuditNote, OperationRef, Outcome
from landing_zone.references import resolved_where_known

AUTOMATION = "spokewright"


async def note(deps: Dependencies, data: AuditNote) -> Outcome:
    """Add what became of a planned resource to the tenant's audit chain."""
    plan = await deps.documents.get_plan(data.plan_hash)
    entry = AuditEntry(
        tenant_id=data.operation.tenant_id,
        operation_id=data.operation.operation_id,
        event_id=data.event_id,
        action=data.action,
        actor=AUTOMATION,
        resource=resolved_where_known(plan.by_key[data.key].id, data.outputs),
        outcome=data.outcome,
        details={"planHash": data.plan_hash, **data.details},
        at=data.at,
    )
    await deps.audit.append(entry)
    return Outcome(state="done")


async def note_operation(
    deps: Dependencies,
    operation: OperationRef,
    action: str,
    outcome: str,
    details: dict[str, str],
) -> None:
    """Add what became of an operation to its tenant's audit chain."""
    entry = AuditEntry(
        tenant_id=operation.tenant_id,
        operation_id=operation.operation_id,
        event_id=f"{operation.operation_id}.{operation.run}:{action}:{outcome}",
        action=action,
        actor=AUTOMATION,
        resource="",
        outcome=outcome,
        details={name: value for name, value in details.items() if value},
        at=deps.clock.now(),
    )
    await deps.audit.append(entry)
