"""Applying one planned resource: begin, look again, verify; and the same for taking it back.

Each call may be made twice: what is there is read first, and only what differs is written.
"""

from typing import Any

from activities.dependencies import Dependencies
from activities.outcomes import UNSEEN
from landing_zone.applying import (
    Request,
    apply_request,
    bound,
    bound_to_go,
    is_as_wanted,
    is_ready,
    is_settling,
    outputs_of,
    recovery_request,
    undo_requests,
    vended_subscription,
)
from landing_zone.contracts import Call, Outcome, PollTarget
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.plan import Resource
from landing_zone.planning import api_versions
from landing_zone.ports import Accepted
from landing_zone.references import referenced_keys
from landing_zone.written import Written, written_over

_ITSELF = PollTarget(kind="resource")


async def begin_resource(deps: Dependencies, call: Call) -> Outcome:
    """Send what makes the resource, or takes it back; return as soon as ARM has accepted it."""
    resource = await _resource(deps, call)
    current = await deps.arm.get(resource.id, resource.api_version)
    if call.direction == "undo":
        return await _begin_undo(deps, resource, current)
    if is_settling(current):
        return _pending(_ITSELF, None)
    # A type without a provisioning state does not show that its operation has failed.
    before = await _before(deps, call)
    if current is not None and not call.failed and is_as_wanted(resource, current, before):
        return Outcome(state="done", outputs=outputs_of(resource, current))
    if current is None and await _is_kept(deps, resource):
        # It may come back as it was: it is looked at itself, and what differs is then written.
        accepted = await _send(deps, recovery_request(resource))
        kept = written_over(resource.body, None, kept=True)
        return _wrote(accepted, kept).model_copy(update={"target": _ITSELF})
    return await _write(deps, resource, current)


async def _write(deps: Dependencies, resource: Resource, current: dict[str, Any] | None) -> Outcome:
    written = written_over(resource.body, current)
    try:
        accepted = await _send(deps, apply_request(resource, current))
    except TemporaryError as error:
        return _maybe_written(error, written)
    if accepted.target is not None:
        return _wrote(accepted, written)
    outputs = await _outputs(deps, resource, accepted.body)
    return Outcome(state="done", outputs=outputs, wrote=True, written=written)


async def poll_resource(deps: Dependencies, call: Call) -> Outcome:
    """Look once at what a call that began is waiting for."""
    resource = await _resource(deps, call)
    target = call.target or _ITSELF
    if target.kind == "resource":
        current = await deps.arm.get(resource.id, resource.api_version)
        if call.direction == "undo":
            return _gone(current)
        return _settled(resource, current)
    poll = await deps.arm.poll(target)
    if not poll.over:
        return _pending(target, poll.wait)
    outputs = {} if call.direction == "undo" else await _outputs(deps, resource, None)
    return Outcome(state="done", outputs=outputs)


async def verify_resource(deps: Dependencies, call: Call) -> Outcome:
    """Whether the resource's own condition holds, now that all is there."""
    resource = await _resource(deps, call)
    current = await deps.arm.get(resource.id, resource.api_version)
    if is_ready(resource, current):
        return Outcome(state="done")
    wanted = ", ".join(f"{path} {value}" for path, value in resource.ready.items())
    raise TemporaryError("NotReady", f"{resource.key} is not yet {wanted}")


async def _resource(deps: Dependencies, call: Call) -> Resource:
    plan = await deps.documents.get_plan(call.plan_hash)
    resource = plan.by_key[call.key]
    if resource.write.on_data_plane:
        raise PermanentError("NotInArm", f"{call.key} is on a data plane, which ARM does not show")
    return (bound_to_go if call.direction == "undo" else bound)(resource, call.outputs)


async def _before(deps: Dependencies, call: Call) -> Resource | None:
    """The resource as it was last applied, where that is known."""
    if not call.before:
        return None
    former = await deps.documents.get_plan(call.before)
    found = former.by_key.get(call.key)
    if found is None or not referenced_keys([found.id, found.body]) <= call.outputs.keys():
        return None
    return bound(found, call.outputs)


async def _is_kept(deps: Dependencies, resource: Resource) -> bool:
    """Whether the resource was deleted and can be brought back."""
    kept = resource.recovery
    return kept is not None and await deps.arm.get(kept.id, kept.api_version) is not None


async def _send(deps: Dependencies, request: Request) -> Accepted:
    return await deps.arm.write(request.method, request.path, request.api_version, request.body)


async def _begin_undo(
    deps: Dependencies, resource: Resource, current: dict[str, Any] | None
) -> Outcome:
    last: Accepted | None = None
    vended = vended_subscription(resource, current)
    subscription = await deps.arm.get(vended, api_versions.SUBSCRIPTIONS) if vended else None
    for request in undo_requests(resource, current, subscription):
        last = await _send(deps, request)
    if last is None:
        return Outcome(state="done")
    written = Written(before="present")
    if last.target is None:
        return Outcome(state="done", wrote=True, written=written)
    return _wrote(last, written)


async def _outputs(
    deps: Dependencies, resource: Resource, body: dict[str, Any] | None
) -> dict[str, str]:
    """The resource's outputs; read afresh where what was returned does not hold them all."""
    if not resource.outputs:
        return {}
    found = outputs_of(resource, body or {})
    if found.keys() != resource.outputs.keys():
        current = await deps.arm.get(resource.id, resource.api_version)
        found = outputs_of(resource, current or {})
    if found.keys() != resource.outputs.keys():
        raise TemporaryError("OutputMissing", f"{resource.key} does not show its outputs yet")
    return found


def _settled(resource: Resource, current: dict[str, Any] | None) -> Outcome:
    if is_settling(current):
        return _pending(_ITSELF, None)
    if current is not None and is_as_wanted(resource, current):
        return Outcome(state="done", outputs=outputs_of(resource, current))
    problem = "is not there" if current is None else "is not as it was asked for"
    return Outcome(
        state="retry",
        operation_failed=current is not None,
        code="NotAsWanted",
        message=f"{resource.key} {problem}",
    )


def _gone(current: dict[str, Any] | None) -> Outcome:
    if current is None:
        return Outcome(state="done")
    if is_settling(current):
        return _pending(_ITSELF, None)
    return Outcome(state="retry", code="StillThere", message="it is still there")


def _pending(target: PollTarget, wait: float | None) -> Outcome:
    return Outcome(state="pending", target=target, wait=wait)


def _maybe_written(error: TemporaryError, written: Written) -> Outcome:
    """What a write that was refused came to; one whose answer was lost may have been made.

    Raises:
        TemporaryError: It was not made.
    """
    if error.code not in UNSEEN:
        raise error
    return Outcome(
        state="retry",
        wait=error.retry_after,
        wrote=True,
        written=written,
        code=error.code,
        message=error.message,
    )


def _wrote(accepted: Accepted, written: Written) -> Outcome:
    """ARM is at work on what was just written."""
    pending = _pending(accepted.target or _ITSELF, accepted.wait)
    return pending.model_copy(update={"wrote": True, "written": written})
