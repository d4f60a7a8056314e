"""A timer that keeps what is told of drift bounded."""

import logging

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from landing_zone.drift.retention import KEPT

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)


async def tidy_drift(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the worker binds it
    """Forget what was fixed long ago, and add up what was counted long ago."""
    forgotten, fewer = await tidy(await dependencies())
    _log.info("%d findings were forgotten, %d tallies added up", forgotten, fewer)


async def tidy(deps: Dependencies) -> tuple[int, int]:
    """How many findings were forgotten, and how many tallies fewer there are.

    Raises:
        TemporaryError: Storage could not be reached; the next day's run does it.
    """
    now = deps.clock.now()
    return await deps.findings.forget(now - KEPT), await deps.drift.tidy(now)


# Each night, at a minute at which no other timer begins.
blueprint.timer_trigger(arg_name="timer", schedule="20 17 3 * * *", run_on_startup=False)(
    tidy_drift
)
