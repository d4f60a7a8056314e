"""One step of reconciling a lane of a hub: look at everything, answer who has it, write one thing.

Each step looks afresh at the registry of the hub and at ARM, so it may be repeated, and whoever
asked meanwhile is served by the next write.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from activities.dependencies import Dependencies
from activities.hub_audit import note_begun, note_over, note_seen
from activities.outcomes import UNSEEN
from activities.registered import every_tenant
from landing_zone.arm_ids import normalized
from landing_zone.contracts import PollTarget
from landing_zone.errors import OperationFailedError, PermanentError, TemporaryError
from landing_zone.hub_state.coming import is_coming
from landing_zone.hub_state.contracts import HubAnswer, HubStep
from landing_zone.hub_state.looking import Look, look
from landing_zone.hub_state.members import HubRow
from landing_zone.hub_state.reading import actual_state, collections
from landing_zone.ports import Versioned
from landing_zone.retries import backoff

_log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Rows that are answered at the same time."""

LOST: Final = "OperationNotFound"

type Error = PermanentError | TemporaryError
type Rows = list[Versioned[HubRow]]


async def step_hub(deps: Dependencies, step: HubStep) -> HubAnswer:
    """Look; poll what is under way; or begin the next write; or tell that the round is over."""
    try:
        if step.target is not None:
            return await _poll(deps, step, step.target)
        return await _more(deps, step) or await _go_on(deps, step)
    except OperationFailedError as error:
        cost = deps.settings.retry.max_attempts // deps.settings.retry.max_failed_operations
        await note_over(deps, step, "failed", error.cause)
        return await _trouble(deps, _begun(step, step.current), error.cause, max(1, cost))
    except (PermanentError, TemporaryError) as error:
        return await _trouble(deps, _seen(step, error), error, 1)


def _seen(step: HubStep, error: Error) -> HubStep:
    """An operation that cannot be found is not asked for again: the resource itself tells."""
    return step.model_copy(update={"target": None}) if error.code == LOST else step


async def _poll(deps: Dependencies, step: HubStep, target: PollTarget) -> HubAnswer:
    poll = await deps.arm.poll(target)
    if poll.over:
        await note_over(deps, step, "ended", None)
        return await _go_on(deps, _turned(step))
    _require_time(deps, step)
    return HubAnswer(state="busy", next=step, wait=poll.wait, cause=_name(step.current))


def _require_time(deps: Dependencies, step: HubStep) -> None:
    """Hold a write to the time that a resource may take.

    Raises:
        PermanentError: It takes longer (`DeadlineExceeded`).
    """
    now = deps.clock.now()
    if (now - (step.begun_at or now)).total_seconds() > deps.settings.retry.deadline_seconds:
        raise PermanentError(
            "DeadlineExceeded",
            f"Azure is still working on {_name(step.current)}",
            "see in Azure what it is working on, then ask for the tenant again",
        )


async def _more(deps: Dependencies, step: HubStep) -> HubAnswer | None:
    """While others are coming, the first write waits for them: it takes minutes, and they less."""
    hub = deps.settings.hub
    now = deps.clock.now()
    since = step.collecting_since or now
    counted = step.collected * step.collect_seconds
    # A machine that is slow must not collect for longer: it is the time that counts, too.
    seconds = max(counted, (now - since).total_seconds())
    if step.written or step.current or step.attempts or seconds >= hub.collect_most_seconds:
        return None
    rows = await deps.hub_requests.all(step.hub, step.lane)
    waiting = sum(row.value.state == "waiting" for row in rows)
    if waiting <= max(1, step.seen) and not await _expected(deps, step, rows):
        return None
    again = step.model_copy(
        update={"collected": step.collected + 1, "collecting_since": since, "seen": waiting}
    )
    return HubAnswer(state="collect", next=again, waiting=waiting)


async def _expected(deps: Dependencies, step: HubStep, rows: Rows) -> bool:
    """Whether tenants were just admitted that will ask the firewall too."""
    if step.lane != "firewall":
        return False
    hub = deps.document.hub(step.hub)
    since = deps.clock.now() - timedelta(seconds=deps.settings.hub.collect_most_seconds)
    asked = {row.value.member.tenant_id for row in rows}
    return any(
        record.tenant_id not in asked and is_coming(record, hub, since)
        for record in await every_tenant(deps.registry)
    )


async def _go_on(deps: Dependencies, step: HubStep) -> HubAnswer:
    rows, found = await _look(deps, step)
    await _settle(deps, rows, found.settled)
    if found.refused is not None:
        await _settle(deps, rows, found.waiting, found.refused)
        return HubAnswer(state="again", next=step, cause=found.refused.message)
    if found.busy:
        return await _stand_by(deps, step, found)
    await note_seen(deps, step, found.due)
    if not found.todo:
        _log.info("reconciled %s %s: %d written", step.hub, step.lane, len(step.written))
        return _answer("over", step, found)
    return await _write(deps, step, found)


async def _stand_by(deps: Dependencies, step: HubStep, found: Look) -> HubAnswer:
    """Azure works on something that this step did not begin, or that it cannot poll."""
    known = step.begun_at if _key(step) == found.busy else None
    standing = step.model_copy(
        update={"current": found.busy, "begun_at": known or deps.clock.now()}
    )
    try:
        _require_time(deps, standing)
    except PermanentError as error:
        return await _trouble(deps, standing, error, 1)
    wait = deps.settings.retry.poll_seconds
    return _answer("again", standing, found, cause=_name(found.busy), wait=wait)


async def _write(deps: Dependencies, step: HubStep, found: Look) -> HubAnswer:
    change = found.todo[0]
    same = _key(step) == normalized(change.id)
    begun = _begun(step, change.id).model_copy(
        update={
            "begun_at": deps.clock.now(),
            "attempts": step.attempts if same else 0,
        }
    )
    await note_begun(deps, step, change, found.users[normalized(change.id)])
    try:
        accepted = await deps.arm.write(change.method, change.id, change.api_version, change.body)
    except (PermanentError, TemporaryError) as error:
        if error.code not in UNSEEN:
            await note_over(deps, begun, "failed", error)
        return await _trouble(deps, begun, error, 1)
    if accepted.target is None:
        await note_over(deps, begun, "ended", None)
    if accepted.target is None or accepted.target.kind == "resource":
        return _answer("again", _turned(begun), found, cause=change.label, wait=accepted.wait)
    busy = begun.model_copy(update={"target": accepted.target})
    return _answer("busy", busy, found, cause=change.label, wait=accepted.wait)


async def _trouble(deps: Dependencies, step: HubStep, error: Error, cost: int) -> HubAnswer:
    """Try again later; or, when that is hopeless, tell those whom the write was for."""
    attempts = step.attempts + cost
    retry = deps.settings.retry
    if isinstance(error, TemporaryError) and attempts < retry.max_attempts:
        own = backoff(retry, attempts, f"{step.hub}/{step.lane}")
        wait = own if error.retry_after is None else error.retry_after + retry.base_seconds / 4
        again = step.model_copy(update={"attempts": attempts})
        return HubAnswer(state="again", next=again, wait=wait, cause=str(error))
    await note_over(deps, step, "failed", error)
    await _tell(deps, step, _failure(error))
    given_up = step.model_copy(update={"skipped": (*step.skipped, _key(step))})
    return HubAnswer(
        state="again", next=_turned(given_up), wait=retry.base_seconds, cause=str(error)
    )


async def _tell(deps: Dependencies, step: HubStep, failure: PermanentError) -> None:
    """Tell those whom a write was for; all who wait, where nothing can be seen at all."""
    try:
        rows, found = await _look(deps, step)
    except (PermanentError, TemporaryError):
        rows = await deps.hub_requests.all(step.hub, step.lane)
        waiting = [row.value for row in rows if row.value.state == "waiting"]
        await _settle(deps, rows, (row.member.name for row in waiting), failure)
    else:
        await _settle(deps, rows, found.concerned(_key(step)), failure)


def _failure(error: Error) -> PermanentError:
    if isinstance(error, PermanentError):
        return PermanentError(error.code, f"the hub: {error.message}", error.hint)
    hint = "see the cause, then ask for the tenant again"
    return PermanentError(error.code, f"the hub gave up: {error.message}", hint)


async def _look(deps: Dependencies, step: HubStep) -> tuple[Rows, Look]:
    """The rows first: whoever asks while ARM is read is seen by the next look."""
    hub = deps.document.hub(step.hub)
    rows = await deps.hub_requests.all(step.hub, step.lane)
    bodies: list[dict[str, Any]] = []
    for path, api_version in collections(hub, step.lane):
        bodies += await deps.arm.pages(path, api_version)
    actual = actual_state(hub, step.lane, bodies)
    known = [row.value for row in rows]
    return rows, look(
        hub,
        step.lane,
        known,
        actual,
        deps.settings.hub,
        written=frozenset(step.written),
        skipped=frozenset(step.skipped),
    )


async def _settle(
    deps: Dependencies,
    rows: Rows,
    members: Iterable[str],
    failure: PermanentError | None = None,
) -> None:
    chosen = frozenset(members)
    turn = asyncio.Semaphore(AT_ONCE)

    async def settle(row: Versioned[HubRow]) -> None:
        async with turn:
            await deps.hub_requests.settle(row, failure)

    await asyncio.gather(*(settle(row) for row in rows if row.value.member.name in chosen))


def _begun(step: HubStep, resource_id: str) -> HubStep:
    return step.model_copy(update={"current": resource_id, "target": None})


def _turned(step: HubStep) -> HubStep:
    """The step once what is under way has had its turn."""
    done = (*step.written, _key(step)) if step.current else step.written
    return step.model_copy(
        update={"written": done, "current": "", "target": None, "begun_at": None, "attempts": 0}
    )


def _key(step: HubStep) -> str:
    return normalized(step.current)


def _name(resource_id: str) -> str:
    return "/".join(resource_id.split("/")[-2:])


def _answer(
    state: Any, step: HubStep, found: Look, *, cause: str = "", wait: float | None = None
) -> HubAnswer:
    return HubAnswer(
        state=state,
        next=step,
        wait=wait,
        cause=cause,
        left=len(found.todo),
        waiting=len(found.waiting),
    )
