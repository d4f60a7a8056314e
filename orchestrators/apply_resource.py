"""The life of one planned resource: it waits for its turn, is made or taken back, and says so."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.attempts import Stop, Wait, after_call
from landing_zone.conclusions import Announcement, AuditNote, Conclusion
from landing_zone.contracts import (
    Call,
    Outcome,
    Progress,
    ResourceResult,
    ResourceState,
    ResourceTask,
)
from landing_zone.explaining.acts import GIVEN_UP
from landing_zone.explaining.heeding import heeded
from landing_zone.progress import live_wait
from landing_zone.retries import RetryPolicy
from landing_zone.written import Written
from orchestrators.calls import Steps, WaitNote, call, settle
from orchestrators.hearing import Ear, noted

TURNS_A_HISTORY: Final = 8
"""Calls after which the history is begun anew: replaying it costs its length each time."""

NOTING: Final = RetryPolicy(deadline_seconds=1800.0)
"""Bounds of noting the end of a resource, where nothing of Azure's work is waited for."""

type Outputs = dict[str, dict[str, str]]


def apply_resource(context: DurableOrchestrationContext) -> Steps[dict[str, Any] | None]:
    """Make one resource, or take it back.

    1. Wait until all it waits for have ended; if one of them failed, end as skipped.
    2. Begin; wait, durably, as long as Azure asks, or until an operator asks for something; look
       again; within the bounds, begin anew after a temporary error. Long histories are cut by
       continuing as new.
    3. Tell those who wait for it, and note it in the audit chain.
    """
    task = ResourceTask.parse(context.get_input(dict))
    outputs = yield from _turn(context, task)
    if outputs is None:
        yield from _tell(context, task, skipped := _skipped(context, task), None)
        return skipped.dump()
    ended = yield from _work(context, task, outputs)
    if ended is None:
        return None
    stop, now = ended
    result = _result(task, stop, outputs, now)
    yield from _tell(context, task, result, stop.progress.written)
    return result.dump()


def event_name(key: str) -> str:
    """Name of the event that tells the end of a resource: one for each, raised once."""
    return f"ended:{key}"


def announcement(task: ResourceTask, result: ResourceResult) -> Announcement:
    """What is told to those who wait for a resource."""
    return Announcement(
        event=event_name(task.key),
        instances=task.tells,
        ok=result.state == "done",
        outputs=result.outputs,
    )


def _turn(context: DurableOrchestrationContext, task: ResourceTask) -> Steps[Outputs | None]:
    """The outputs known once its turn has come; None when it never comes."""
    known = {key: dict(values) for key, values in task.outputs.items()}
    if task.progress is not None or not task.waits_for:
        return known
    events = [context.wait_for_external_event(event_name(key)) for key in task.waits_for]
    told = [Announcement.told(item) for item in (yield context.task_all(events))]
    if not all(item.ok for item in told):
        return None
    for item in told:
        known |= item.outputs
    return known


def _work(
    context: DurableOrchestrationContext, task: ResourceTask, outputs: Outputs
) -> Steps[tuple[Stop, datetime] | None]:
    """How it ended, and when; None when the history is begun anew."""
    progress = task.progress or Progress(started_at=context.current_utc_datetime)
    ear = Ear(context, task.operation, progress.heard)
    for _ in range(TURNS_A_HISTORY):
        activity = f"{'begin' if progress.target is None else 'poll'}_{task.via}"
        outcome = yield from _attempt(context, activity, _call(task, outputs, progress))
        now = context.current_utc_datetime
        decision = after_call(task.retry, progress, outcome, now, context.instance_id)
        if isinstance(decision, Stop):
            return decision, now
        waited = yield from _wait(context, task, replace(decision, activity=activity), ear)
        if isinstance(waited, Stop):
            return waited, context.current_utc_datetime
        progress = waited
    again = task.model_copy(update={"progress": progress, "outputs": outputs})
    context.continue_as_new(again.dump())
    return None


def _wait(
    context: DurableOrchestrationContext, task: ResourceTask, wait: Wait, ear: Ear
) -> Steps[Progress | Stop]:
    """How far things have come once the wait is over: its time has come, or it was cut short."""
    begun = context.current_utc_datetime
    until = begun + timedelta(seconds=wait.seconds)
    context.set_custom_status(live_wait(wait, begun).dump())
    while True:
        act = yield from ear.hear(until)
        if act is None:
            return wait.progress
        found = heeded(act, wait, task.direction, context.current_utc_datetime)
        yield from noted(context, task.operation, act, found.told)
        progress = found.progress.model_copy(update={"heard": ear.heard})
        if found.ends is not None:
            return Stop(found.ends, progress)
        if found.wakes:
            return progress
        wait = replace(wait, progress=progress)


def _call(task: ResourceTask, outputs: Outputs, progress: Progress) -> Call:
    return Call(
        operation=task.operation,
        plan_hash=task.plan_hash,
        key=task.key,
        direction=task.direction,
        outputs=outputs,
        target=progress.target,
        failed=progress.failed_operations > 0,
        before=task.before,
    )


def _attempt(context: DurableOrchestrationContext, activity: str, data: Call) -> Steps[Outcome]:
    try:
        answer = yield call(context, activity, data)
    except Exception:  # noqa: BLE001 - whatever crashed, the resource's end must be told
        return Outcome(
            state="failed",
            code="InternalError",
            message=f"{activity} crashed repeatedly",
            hint="see the logs of this operation, then ask for the tenant again",
        )
    return Outcome.parse(answer)


def _result(task: ResourceTask, stop: Stop, outputs: Outputs, now: datetime) -> ResourceResult:
    outcome = stop.outcome
    own = {task.key: outcome.outputs} if outcome.outputs else {}
    return ResourceResult(
        key=task.key,
        state=_end(task, outcome),
        started_at=stop.progress.started_at,
        finished_at=now,
        attempts=stop.progress.attempts,
        wrote=stop.progress.wrote,
        outputs=outputs | own,
        code=outcome.code,
        message=outcome.message,
        hint=outcome.hint,
    )


def _end(task: ResourceTask, outcome: Outcome) -> ResourceState:
    if outcome.state == "done":
        return "done"
    given_up = outcome.code == GIVEN_UP and task.direction == "apply"
    return "given-up" if given_up else "failed"


def _skipped(context: DurableOrchestrationContext, task: ResourceTask) -> ResourceResult:
    return ResourceResult(key=task.key, state="skipped", finished_at=context.current_utc_datetime)


def _tell(
    context: DurableOrchestrationContext,
    task: ResourceTask,
    result: ResourceResult,
    written: Written | None,
) -> Steps[None]:
    conclusion = Conclusion(
        announcement=announcement(task, result) if task.tells else None,
        note=_note(task, result, written) if result.state != "skipped" else None,
    )
    if conclusion == Conclusion():
        return
    outcome = Outcome.parse((yield call(context, "conclude", conclusion)))
    if outcome.state != "done":
        # Those who wait have been told, and an event that comes twice is one too many.
        again = Conclusion(note=conclusion.note)
        yield from settle(context, "conclude", again, NOTING, WaitNote())


def _note(task: ResourceTask, result: ResourceResult, written: Written | None) -> AuditNote:
    operation, walk = task.operation, task.walk or task.direction
    details = {"attempts": str(result.attempts)}
    if result.code:
        details |= {"code": result.code, "message": result.message}
    return AuditNote(
        operation=operation,
        event_id=f"{operation.operation_id}.{operation.run}:{walk}:{task.key}",
        action=f"resource.{task.direction}",
        plan_hash=task.plan_hash,
        key=task.key,
        outputs=result.outputs,
        wrote=result.wrote,
        written=written,
        outcome=result.state,
        details=details,
        at=result.finished_at,
    )
