"""Keeps one lane of a hub as all its tenants want it: the only one who writes there."""

from typing import Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.hub_state.contracts import HubAnswer, HubStatus, HubStep
from orchestrators.calls import Steps, call, timer

TURNS_A_HISTORY: Final = 16
"""Steps after which the history is begun anew: replaying it costs its length each time."""

SHORTEST_WAIT: Final = 0.1
USUAL_WAIT: Final = 2.0
CRASH_WAIT: Final = 30.0
MOST_IDLE_DOUBLINGS: Final = 5

type Result = dict[str, str]


def reconcile_hub(context: DurableOrchestrationContext) -> Steps[Result | None]:
    """Lead one lane of a hub to its desired state, in rounds.

    1. At the beginning of a round, wait a moment for others who ask too, and on while more come.
    2. Step: look at everything, answer those who have what they asked for, begin one write.
    3. Wait, durably, as long as Azure asks; step again, until each thing had its turn.
    4. While someone still waits, begin another round; otherwise end. Whoever asks after the last
       look starts this anew. Long histories are cut by continuing as new.
    """
    step = HubStep.parse(context.get_input(dict))
    status = HubStatus(phase="collecting")
    for _ in range(TURNS_A_HISTORY):
        if not step.collected:
            _show(context, status.model_copy(update={"phase": "collecting", "cause": ""}))
            yield timer(context, _patience(step))
            step = step.model_copy(update={"collected": 1})
        answer = yield from _step(context, step)
        if answer.state == "over" and not answer.waiting:
            _show(context, HubStatus(phase="resting"))
            return {"hub": step.hub, "lane": step.lane}
        if answer.state == "over":
            step = _next_round(answer.next)
            continue
        status = _status(answer, status)
        _show(context, status)
        yield timer(context, _wait(answer))
        step = answer.next
    context.continue_as_new(step.dump())
    return None


def _step(context: DurableOrchestrationContext, step: HubStep) -> Steps[HubAnswer]:
    try:
        return HubAnswer.parse((yield call(context, "step_hub", step)))
    except Exception:  # noqa: BLE001 - whatever crashed, those who wait must be served
        return HubAnswer(state="again", next=step, wait=CRASH_WAIT, cause="the last step crashed")


def _patience(step: HubStep) -> float:
    """How long requests are collected: longer where rounds change nothing."""
    return step.collect_seconds * 2.0 ** min(step.idle, MOST_IDLE_DOUBLINGS)


def _next_round(step: HubStep) -> HubStep:
    idle = 0 if step.written else step.idle + 1
    return HubStep(hub=step.hub, lane=step.lane, collect_seconds=step.collect_seconds, idle=idle)


def _wait(answer: HubAnswer) -> float:
    if answer.state == "collect":
        return answer.next.collect_seconds
    usual = USUAL_WAIT if answer.state == "busy" else SHORTEST_WAIT
    return usual if answer.wait is None else max(SHORTEST_WAIT, answer.wait)


def _status(answer: HubAnswer, before: HubStatus) -> HubStatus:
    """What people see; a mere poll does not count the others anew."""
    return HubStatus(
        phase="collecting" if answer.state == "collect" else "writing",
        cause=answer.cause or before.cause,
        left=before.left if answer.left is None else answer.left,
        waiting=before.waiting if answer.waiting is None else answer.waiting,
    )


def _show(context: DurableOrchestrationContext, status: HubStatus) -> None:
    context.set_custom_status(status.dump())
