"""Looks after one resource that may have drifted, until every event about it is served."""

from typing import Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.attempts import Stop, Wait, after_call
from landing_zone.contracts import Outcome, Progress
from landing_zone.drift.contracts import MORE_EVENTS, Look, LookTask, Parking
from landing_zone.retries import RetryPolicy
from orchestrators.calls import Steps, WaitNote, call, settle, timer

TURNS_A_HISTORY: Final = 8
"""Looks after which the history is begun anew: replaying it costs its length each time."""

PARKING: Final = RetryPolicy(deadline_seconds=3600.0)
"""Bounds of noting what a person has to see, where nothing of Azure's work is waited for."""


def remediate_resource(context: DurableOrchestrationContext) -> Steps[dict[str, str] | None]:
    """Put a resource right, or park it where a person sees it.

    1. Look: read it afresh, judge it, begin what puts it right. A look at which all is well serves
       the events that were noted before it.
    2. Wait, durably, as long as Azure asks, however long that is; look again, within the bounds.
       Long histories are cut by continuing as new.
    3. What cannot be put right is parked with its reason. Events that came meanwhile begin it anew.
    """
    task = LookTask.parse(context.get_input(dict))
    progress = task.progress or Progress(started_at=context.current_utc_datetime)
    for _ in range(TURNS_A_HISTORY):
        outcome = yield from _look(context, task, progress)
        now = context.current_utc_datetime
        decision = after_call(task.retry, progress, outcome, now, context.instance_id)
        if isinstance(decision, Wait):
            _show(context, decision)
            yield timer(context, decision.seconds)
            progress = decision.progress
            continue
        if (yield from _ended(context, task, decision)):
            return {"resource": task.resource_id, "state": decision.outcome.state}
        progress = Progress(started_at=context.current_utc_datetime)
    context.continue_as_new(task.model_copy(update={"progress": progress}).dump())
    return None


def _look(
    context: DurableOrchestrationContext, task: LookTask, progress: Progress
) -> Steps[Outcome]:
    look = Look(resource_id=task.resource_id, instance=task.instance, target=progress.target)
    try:
        answer = yield call(context, "look_at_drift", look)
    except Exception:  # noqa: BLE001 - whatever crashed, the resource must not be forgotten
        return Outcome(
            state="failed",
            code="InternalError",
            message="looking at it crashed repeatedly",
            hint="see the logs of this instance, then sweep again",
        )
    return Outcome.parse(answer)


def _ended(context: DurableOrchestrationContext, task: LookTask, stop: Stop) -> Steps[bool]:
    """Whether nothing is left to do; False when more events came while it was being parked."""
    if stop.outcome.state == "done":
        return True
    parking = Parking(
        resource_id=task.resource_id,
        instance=task.instance,
        code=stop.outcome.code,
        message=stop.outcome.message,
        hint=stop.outcome.hint,
    )
    parked = yield from settle(context, "park_drift", parking, PARKING, WaitNote())
    return parked.code != MORE_EVENTS


def _show(context: DurableOrchestrationContext, wait: Wait) -> None:
    context.set_custom_status({"cause": f"waiting {wait.seconds:.3g} s: {wait.cause}"})
