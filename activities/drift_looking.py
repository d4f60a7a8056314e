"""One look at a resource that may have drifted: read it, judge it, put it right, look again.

A look begins with what is noted and ends with what is there: a killed look is made again. What was
found is kept before anything is written, so that a fix whose end nobody saw is known for ours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from activities.dependencies import Dependencies
from activities.drift_cases import Case
from activities.drift_seeing import Sight, see
from activities.hub_running import HubClient, ensure_reconciler
from landing_zone.contracts import Outcome, PollTarget
from landing_zone.drift.contracts import MORE_EVENTS, Look, Parking
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.ports import Accepted
from landing_zone.remediation.classify import lane_of
from landing_zone.remediation.decide import Decision, decide
from landing_zone.remediation.kinds import target_of
from landing_zone.remediation.looking import shown_by_answer
from landing_zone.remediation.model import Fix, HubRefresh, Violation

MOST_LOOKS: Final = 4
"""Looks of one call; a resource that changes faster is looked at again a little later."""

HUB_WAIT: Final = 5.0
"""Seconds between looks while the hub's reconciler is at work."""

_ITSELF: Final = PollTarget(kind="resource")
_DONE: Final = Outcome(state="done")


async def look_at_drift(deps: Dependencies, client: HubClient, look: Look) -> Outcome:
    """Serve the events of a resource; done once all is well, or left to a person by a rule."""
    if look.target is not None and look.target.kind != "resource":
        poll = await deps.arm.poll(look.target)
        if not poll.over:
            return Outcome(state="pending", target=look.target, wait=poll.wait)
    again = look.target is not None
    for _ in range(MOST_LOOKS):
        row = await deps.drift.get(look.resource_id)
        if row is None or row.value.instance != look.instance:
            return _DONE
        case = await Case.of(deps, row.value)
        waiting = await _put_right(deps, client, case, again=again)
        if waiting is not None:
            return waiting
        if await deps.drift.settle(row, case.tally()):
            return _DONE
        again = False
    message = "it changes faster than it can be looked at"
    return Outcome(state="retry", wait=1.0, code="StillChanging", message=message)


async def park_drift(deps: Dependencies, parking: Parking) -> Outcome:
    """Leave a resource that could not be put right to a person."""
    row = await deps.drift.get(parking.resource_id)
    if row is None or row.value.instance != parking.instance:
        return _DONE
    case = await Case.of(deps, row.value)
    await case.park(f"{parking.code}: {parking.message}", parking.hint)
    if await deps.drift.settle(row, case.tally()):
        return _DONE
    return Outcome(state="failed", code=MORE_EVENTS, message="more events came meanwhile")


@dataclass
class _Fixing:
    """What came of writing fixes.

    Attributes:
        answers: What each fix was answered with, in order, where none failed.
        errors: Why fixes failed.
    """

    answers: list[Accepted] = field(default_factory=list)
    errors: list[PermanentError | TemporaryError] = field(default_factory=list)


async def _put_right(
    deps: Dependencies, client: HubClient, case: Case, *, again: bool
) -> Outcome | None:
    """What is to be waited for; None once nothing is left that a fix of ours could do."""
    if not again:
        await _refresh_hub(deps, client, case)
    sight = await see(deps, case.row, case.known.values())
    decisions = await _decided(deps, case, sight)
    wanted = _enforced(decisions)
    fixes = [one.violation for one in wanted if isinstance(one.violation.fix, Fix)]
    if again and fixes:
        return _still_broken(fixes)
    if hubs := await _refreshed(deps, client, wanted):
        return hubs
    fixing = _Fixing()
    if waiting := await _fix_all(deps, client, fixes, fixing):
        return waiting
    pairs = zip(fixes, fixing.answers, strict=False)
    if not fixing.errors and all(shown_by_answer(one, made.body) for one, made in pairs):
        return await _closed(case, sight, [one for one in decisions if one not in wanted])
    return await _verified(deps, case, fixing)


async def _verified(deps: Dependencies, case: Case, fixing: _Fixing) -> Outcome | None:
    """Look once more, after fixes were written.

    Raises:
        PermanentError: A fix could not be written, and all others are verified.
        TemporaryError: The same, for now.
    """
    sight = await see(deps, case.row, case.known.values())
    decisions = await _decided(deps, case, sight)
    wanted = _enforced(decisions)
    waiting = None if fixing.errors and sight.settling else await _closed(case, sight, decisions)
    if fixing.errors:
        raise min(fixing.errors, key=lambda error: isinstance(error, PermanentError))
    return _still_broken(one.violation for one in wanted) if wanted else waiting


async def _closed(case: Case, sight: Sight, decisions: Sequence[Decision]) -> Outcome | None:
    """Keep that what a look has not found is right; what is waited for until that can be said."""
    if sight.settling and case.is_being_fixed:
        return Outcome(state="pending", target=_ITSELF, message="Azure is working on it")
    await case.close(decisions)
    return None


async def _decided(deps: Dependencies, case: Case, sight: Sight) -> tuple[Decision, ...]:
    """Decide, and keep what was found."""
    exemptions = await deps.exemptions.all() if sight.violations else ()
    now = deps.clock.now()
    decisions = decide(sight.violations, case.known, exemptions, deps.policy, now)
    await case.note(decisions)
    return decisions


def _enforced(decisions: Iterable[Decision]) -> list[Decision]:
    return [one for one in decisions if one.action == "enforce"]


async def _fix_all(
    deps: Dependencies, client: HubClient, violations: Iterable[Violation], fixing: _Fixing
) -> Outcome | None:
    """Write fixes, up to the first that takes its time, which is then waited for.

    One that fails does not keep the others from being written: no door is left open for another.
    """
    for violation in violations:
        try:
            accepted = await _fix(deps, client, violation)
        except (PermanentError, TemporaryError) as error:
            fixing.errors.append(error)
            continue
        if accepted.target is not None:
            return Outcome(state="pending", target=accepted.target, wait=accepted.wait, wrote=True)
        fixing.answers.append(accepted)
    return None


async def _fix(deps: Dependencies, client: HubClient, violation: Violation) -> Accepted:
    """Send the writes of a fix, up to the first that takes its time; what the last one answered."""
    accepted = Accepted(None, None, None)
    fix = violation.fix
    if not isinstance(fix, Fix):
        return accepted
    if fix.hub is not None:
        await ensure_reconciler(client, fix.hub.hub, fix.hub.lane, deps.settings.hub)
    for write in fix.writes:
        accepted = await deps.arm.write(
            write.method, write.path, write.api_version, write.body, if_match=write.if_match
        )
        if accepted.target is not None:
            break
    return accepted


def _still_broken(violations: Iterable[Violation]) -> Outcome:
    rules = ", ".join(sorted({one.rule for one in violations}))
    message = f"what was written does not show yet: {rules}"
    return Outcome(state="retry", code="NotFixed", message=message)


async def _refresh_hub(deps: Dependencies, client: HubClient, case: Case) -> None:
    """Have the hub look too, where it depends on what the resource is."""
    target = target_of(case.row.resource_id)
    lane = lane_of(target, case.owner) if target else None
    if lane is not None:
        await ensure_reconciler(client, case.owner.hub, lane, deps.settings.hub)


async def _refreshed(
    deps: Dependencies, client: HubClient, wanted: Iterable[Decision]
) -> Outcome | None:
    """What is waited for where the hub's reconciler puts it right."""
    asked = [one.violation.fix for one in wanted if isinstance(one.violation.fix, HubRefresh)]
    for fix in asked:
        await ensure_reconciler(client, fix.hub, fix.lane, deps.settings.hub)
    if not asked:
        return None
    message = "the hub is being reconciled"
    return Outcome(state="pending", target=_ITSELF, wait=HUB_WAIT, message=message)
