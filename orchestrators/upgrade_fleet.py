"""Leads a version of the plan's rules to all tenants, ring by ring."""

from typing import Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.fleet.contracts import FleetStatus, FleetStep, FleetTurn
from orchestrators.calls import Steps, call, timer

LOOKS_A_HISTORY: Final = 16
"""Looks after which the history is begun anew: replaying it costs its length each time."""

CRASH_WAIT: Final = 30.0

type Result = dict[str, str]


def upgrade_fleet(context: DurableOrchestrationContext) -> Steps[Result | None]:
    """Look at a rollout until nothing is to be done about it.

    1. Look: who has ended, who is next, begin with those. All of it is kept outside of here.
    2. Show how it stands, in few words.
    3. Wait, durably, until the next look is worth its while. Long histories are cut by continuing
       as new: neither they nor the status grow with the number of tenants.
    """
    turn = FleetTurn.parse(context.get_input(dict))
    for _ in range(LOOKS_A_HISTORY):
        step = yield from _look(context, turn)
        context.set_custom_status(step.status.dump())
        if step.over:
            return {"state": step.status.state}
        turn = turn.model_copy(update={"idle": 0 if step.moved else turn.idle + 1})
        if step.wait:
            yield timer(context, step.wait)
    context.continue_as_new(turn.dump())
    return None


def _look(context: DurableOrchestrationContext, turn: FleetTurn) -> Steps[FleetStep]:
    try:
        return FleetStep.parse((yield call(context, "advance_fleet", turn)))
    except Exception:  # noqa: BLE001 - whatever crashed, the tenants under way must be seen to
        status = FleetStatus(state="unknown", cause="the last look crashed")
        return FleetStep(wait=CRASH_WAIT, status=status)
