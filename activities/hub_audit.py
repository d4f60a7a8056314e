"""The audit of a hub: every write that its reconciler makes, in a chain for each lane.

A lane has one writer, so its chain reads like a log: a write is begun, and it is over before the
next one is begun. Its number is its place in the chain, so that a step that is made again notes
nothing twice. Where a process died in between, the next look says what became of the write.
"""

from typing import Final, Literal

from activities.auditing import AUTOMATION
from activities.dependencies import Dependencies
from landing_zone.arm_ids import normalized
from landing_zone.audit import FIRST_SEQUENCE, AuditEntry, AuditRecord
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.hub_state.changes import Change
from landing_zone.hub_state.contracts import HubStep
from landing_zone.hub_state.members import chain_of, instance_of, tenant_of

BEGUN: Final = "begun"

type Over = Literal["ended", "failed", "unknown"]


async def note_begun(
    deps: Dependencies, step: HubStep, change: Change, members: frozenset[str]
) -> None:
    """Note a write before it is sent.

    Raises:
        TemporaryError: Another step of the lane has begun a write at the same moment.
    """
    last = await deps.audit.last(chain_of(step.hub, step.lane))
    number = last.sequence + 1 if last else FIRST_SEQUENCE
    tenants = sorted({tenant_of(name) for name in members})
    details = {"lane": step.lane, "method": change.method, "tenants": ",".join(tenants)}
    entry = _entry(deps, step, number, change.id, BEGUN, details)
    noted = await deps.audit.append(entry)
    if normalized(noted.entry.resource) != normalized(change.id):
        raise TemporaryError("HubBusy", f"another step is at work on the {step.lane} of {step.hub}")


async def note_over(
    deps: Dependencies, step: HubStep, outcome: Over, error: PermanentError | TemporaryError | None
) -> None:
    """Note what became of the write of `step.current`, unless that is noted already."""
    begun = await _begun(deps, step)
    if begun is not None and normalized(begun.entry.resource) == normalized(step.current):
        await _close(deps, step, begun, outcome, error)


async def note_seen(deps: Dependencies, step: HubStep, due: frozenset[str]) -> None:
    """Note what became of a write whose end nobody saw, now that nothing is under way.

    Args:
        deps: The ports.
        step: Where things stand.
        due: Normalized ids of what is not as it should be.
    """
    begun = await _begun(deps, step)
    if begun is not None:
        there = normalized(begun.entry.resource) not in due
        await _close(deps, step, begun, "ended" if there else "unknown", None)


async def _begun(deps: Dependencies, step: HubStep) -> AuditRecord | None:
    """The write of the lane that is not over, or None."""
    last = await deps.audit.last(chain_of(step.hub, step.lane))
    return last if last is not None and last.entry.outcome == BEGUN else None


async def _close(
    deps: Dependencies,
    step: HubStep,
    begun: AuditRecord,
    outcome: Over,
    error: PermanentError | TemporaryError | None,
) -> None:
    why = {} if error is None else {"code": error.code, "reason": error.message}
    details = {**begun.entry.details, **why}
    resource = begun.entry.resource
    await deps.audit.append(_entry(deps, step, begun.sequence, resource, outcome, details))


def _entry(
    deps: Dependencies,
    step: HubStep,
    number: int,
    resource: str,
    outcome: str,
    details: dict[str, str],
) -> AuditEntry:
    end = BEGUN if outcome == BEGUN else "over"
    return AuditEntry(
        tenant_id=chain_of(step.hub, step.lane),
        operation_id=instance_of(step.hub, step.lane),
        event_id=f"write-{number}:{end}",
        action="hub.write",
        actor=AUTOMATION,
        resource=resource,
        outcome=outcome,
        details=details,
        at=deps.clock.now(),
    )
