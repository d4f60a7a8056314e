"""The audit of rollouts: who asked for what and why, and how far each came."""

from activities.auditing import AUTOMATION
from activities.dependencies import Dependencies
from landing_zone.audit import AuditEntry
from landing_zone.fleet.model import CHAIN, Rollout, RolloutState

ACTION = "fleet.upgrade"


async def note_rollout(
    deps: Dependencies,
    rollout: Rollout,
    outcome: str,
    actor: str = AUTOMATION,
    before: RolloutState | None = None,
    **details: str,
) -> None:
    """Note a change of a rollout before it is made: noted in vain is seen, not noted is lost."""
    told = {
        "before": before.value if before else "",
        "after": rollout.state.value,
        "rulesVersion": str(rollout.target),
        **details,
    }
    entry = AuditEntry(
        tenant_id=CHAIN,
        operation_id=rollout.id,
        event_id=f"{rollout.id}:{rollout.changes}:{rollout.ring}:{outcome}",
        action=ACTION,
        actor=actor,
        outcome=outcome,
        details={name: value for name, value in told.items() if value},
        at=deps.clock.now(),
    )
    await deps.audit.append(entry)


async def note_progress(deps: Dependencies, before: Rollout, after: Rollout) -> None:
    """Note that a rollout was halted, has come to its end, or to its next ring."""
    counts = {
        state.value: str(number)
        for tally in (after.tallies[before.ring],)
        for state, number in tally.states.items()
        if number
    }
    if after.state is not before.state:
        told = {"reason": after.trouble} if after.trouble else counts
        await note_rollout(deps, after, after.state.value, before=before.state, **told)
    elif after.ring != before.ring:
        name = before.rings[before.ring].name
        await note_rollout(deps, after, "ring-done", before=before.state, ring=name, **counts)
