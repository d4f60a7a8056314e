"""The life of one planned resource: it waits for its turn, is made or taken back, and says so."""

from datetime import datetime, timedelta
from typing import Any, Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.attempts import Stop, Wait, after_call
from landing_zone.contracts import (
    Announcement,
    AuditNote,
    Call,
    Conclusion,
    Outcome,
    Progress,
    ResourceResult,
    ResourceTask,
)
from landing_zone.operations import LiveWait
from landing_zone.references import newest
from landing_zone.retries import RetryPolicy
from landing_zone.written import Written
from orchestrators.calls import Steps, WaitNote, call, settle, timer

TURNS_A_HISTORY: Final = 8
"""Calls after which the history is begun anew: replaying it costs its length each time."""

NOTING: Final = RetryPolicy(deadline_seconds=1800.0)
"""Bounds of noting the end of a resource, where nothing of Azure's work is waited for."""

type Outputs = dict[str, dict[str, str]]


def apply_resource(context: DurableOrchestrationContext) -> Steps[dict[str, Any] | None]:
    """Make one resource, or take it back.

    1. Wait until all it waits for have ended; if one of them failed, end as skipped.
    2. Begin; wait, durably, as long as Azure asks; look again; within the bounds, begin anew after
       a temporary error. Long histories are cut by continuing as new.
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
    return newest(known, (item.outputs for item in told))


def _work(
    context: DurableOrchestrationContext, task: ResourceTask, outputs: Outputs
) -> Steps[tuple[Stop, datetime] | None]:
    """How it ended, and when; None when the history is begun anew."""
    progress = task.progress or Progress(started_at=context.current_utc_datetime)
    for _ in range(TURNS_A_HISTORY):
        outcome = yield from _attempt(context, task, outputs, progress)
        now = context.current_utc_datetime
        decision = after_call(task.retry, progress, outcome, now, context.instance_id)
        if isinstance(decision, Stop):
            return decision, now
        _show(context, decision, now)
        yield timer(context, decision.seconds)
        progress = decision.progress
    again = task.model_copy(update={"progress": progress, "outputs": outputs})
    context.continue_as_new(again.dump())
    return None


def _attempt(
    context: DurableOrchestrationContext,
    task: ResourceTask,
    outputs: Outputs,
    progress: Progress,
) -> Steps[Outcome]:
    data = Call(
        operation=task.operation,
        plan_hash=task.plan_hash,
        key=task.key,
        direction=task.direction,
        outputs=outputs,
        target=progress.target,
        failed=progress.failed_operations > 0,
        before=task.before,
    )
    activity = f"{'begin' if progress.target is None else 'poll'}_{task.via}"
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


def _show(context: DurableOrchestrationContext, wait: Wait, now: datetime) -> None:
    shown = LiveWait(
        started_at=wait.progress.started_at.isoformat(),
        cause=f"waiting {wait.seconds:.3g} s: {wait.cause}",
        until=(now + timedelta(seconds=wait.seconds)).isoformat(),
        attempts=wait.progress.attempts,
    )
    context.set_custom_status(shown.dump())


def _result(task: ResourceTask, stop: Stop, outputs: Outputs, now: datetime) -> ResourceResult:
    outcome = stop.outcome
    own = {task.key: outcome.outputs} if outcome.outputs else {}
    return ResourceResult(
        key=task.key,
        state="done" if outcome.state == "done" else "failed",
        started_at=stop.progress.started_at,
        finished_at=now,
        attempts=stop.progress.attempts,
        wrote=stop.progress.wrote,
        outputs=outputs | own,
        code=outcome.code,
        message=outcome.message,
        hint=outcome.hint,
    )


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
    operation = task.operation
    way = task.stage or task.direction
    details = {"attempts": str(result.attempts)}
    if result.code:
        details |= {"code": result.code, "message": result.message}
    return AuditNote(
        operation=operation,
        event_id=f"{operation.operation_id}.{operation.run}:{way}:{task.key}",
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
