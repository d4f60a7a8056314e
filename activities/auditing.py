"""Noting what was done in the tenant's audit chain."""

from typing import Final, NamedTuple

from activities.dependencies import Dependencies
from landing_zone.applying import bound
from landing_zone.audit import AuditEntry, digest
from landing_zone.conclusions import AuditNote
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.references import resolved_where_known

AUTOMATION: Final = "spokewright"
ONBOARD: Final = "tenant.onboard"
APPLY: Final = "resource.apply"


class OperationNote(NamedTuple):
    """What became of an operation on a tenant.

    Attributes:
        action: What kind of operation it is, as `tenant.onboard`.
        outcome: How far it has come, or how it ended.
        actor: Who asked for it.
        before: The tenant's state before.
        after: Its state from then on.
        details: What else a reader should know, as why; what is empty is left out.
    """

    action: str
    outcome: str
    actor: str
    before: str
    after: str
    details: dict[str, str]


async def note(deps: Dependencies, data: AuditNote) -> Outcome:
    """Add what became of a planned resource to the tenant's audit chain."""
    plan = await deps.documents.get_plan(data.plan_hash)
    resource = plan.by_key[data.key]
    details = {"planHash": data.plan_hash, "wrote": str(data.wrote).lower(), **_change(data)}
    if data.wrote and data.action == APPLY:
        details["body"] = digest(bound(resource, data.outputs).body)
    entry = AuditEntry(
        tenant_id=data.operation.tenant_id,
        operation_id=data.operation.operation_id,
        event_id=data.event_id,
        action=data.action,
        actor=AUTOMATION,
        resource=resolved_where_known(resource.id, data.outputs),
        outcome=data.outcome,
        details={**details, **data.details},
        at=data.at,
    )
    await deps.audit.append(entry)
    return Outcome(state="done")


def _change(data: AuditNote) -> dict[str, str]:
    """What was there before, and where it was not as wanted."""
    if data.written is not None:
        return data.written.details()
    as_wanted = data.action == APPLY and data.outcome == "done" and not data.wrote
    return {"before": "as-wanted"} if as_wanted else {}


async def note_operation(deps: Dependencies, operation: OperationRef, told: OperationNote) -> None:
    """Add what became of an operation to its tenant's audit chain.

    Where it changes the tenant's record, it is noted before that: what is noted in vain is seen,
    what is not noted is lost.
    """
    details = {"before": told.before, "after": told.after, **told.details}
    entry = AuditEntry(
        tenant_id=operation.tenant_id,
        operation_id=operation.operation_id,
        event_id=f"{operation.operation_id}.{operation.run}:{told.action}:{told.outcome}",
        action=told.action,
        actor=told.actor,
        resource="",
        outcome=told.outcome,
        details={name: value for name, value in details.items() if value},
        at=deps.clock.now(),
    )
    await deps.audit.append(entry)
