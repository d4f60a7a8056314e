"""What a tenant wants of its hub: asked for, and waited for.

The hub's reconciler writes it, together with what all others want. Each look makes sure that the
reconciler runs, so that nobody waits in vain after whatever died in between.
"""

from activities.dependencies import Dependencies
from activities.hub_running import HubClient, ensure_reconciler
from landing_zone.contracts import Call, Outcome, PollTarget
from landing_zone.hub_state.contracts import HubStatus
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import HubRow, Member
from landing_zone.hub_state.wishes import member_of
from landing_zone.references import resolved

_ITSELF = PollTarget(kind="resource")


async def begin_hub(deps: Dependencies, client: HubClient, call: Call) -> Outcome:
    """Ask for a planned part of the hub, or to be gone from it."""
    member = await _member(deps, call)
    present = call.direction == "apply"
    row = await deps.hub_requests.ask(member, present=present)
    answer = await _answer(deps, client, member, row, present=present)
    # What is so already at once was so before: nothing is written for it.
    return answer.model_copy(update={"wrote": False}) if answer.state == "done" else answer


async def poll_hub(deps: Dependencies, client: HubClient, call: Call) -> Outcome:
    """Look once whether it is there, or gone."""
    member = await _member(deps, call)
    row = await deps.hub_requests.get(member.hub, member.lane, member.name)
    return await _answer(deps, client, member, row, present=call.direction == "apply")


async def _member(deps: Dependencies, call: Call) -> Member:
    plan = await deps.documents.get_plan(call.plan_hash)
    body = resolved(plan.by_key[call.key].body, call.outputs)
    return member_of(plan.hub, plan.tenant_id, body)


async def _answer(
    deps: Dependencies, client: HubClient, member: Member, row: HubRow | None, *, present: bool
) -> Outcome:
    if row is None and not present:
        return Outcome(state="done", wrote=True)
    if row is None or row.present != present or row.member != member:
        return Outcome(state="retry", code="HubRequestLost", message="the hub was asked otherwise")
    if row.state == "failed":
        return Outcome(state="failed", code=row.code, message=row.message, hint=row.hint)
    if row.state == "applied":
        return Outcome(state="done", wrote=True)
    status = await ensure_reconciler(client, member.hub, member.lane, deps.settings.hub)
    waited = (deps.clock.now() - row.since).total_seconds()
    wait = _patience(deps.settings.hub, member, status, waited)
    return Outcome(state="pending", target=_ITSELF, wait=wait, message=_cause(member, status))


def _patience(
    settings: HubSettings, member: Member, status: HubStatus | None, waited: float
) -> float:
    """Seconds until the next look: the longer it has taken, the longer it may take.

    While several writes to the firewall are to go, which take minutes each, hurry is of no use.
    """
    if member.lane == "firewall" and status is not None and status.left > 1:
        return min(settings.poll_seconds * status.left, max(2.0, waited / 4))
    return min(settings.poll_seconds, max(0.5, waited / 10))


def _cause(member: Member, status: HubStatus | None) -> str:
    if status is None or status.phase != "writing":
        return f"the hub's {member.lane} collects requests"
    writes = f"{status.left} write{'s' * (status.left != 1)} to go"
    others = f"{writes}, {status.waiting} tenant{' waits' if status.waiting == 1 else 's wait'}"
    return f"the hub's {member.lane} is busy with {status.cause}: {others}"
