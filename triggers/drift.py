"""Timers that see to it that whatever was noted is looked at, and that nothing stays unseen."""

import logging
from datetime import timedelta
from typing import Final

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.drift_running import DriftClient, ensure_remediation
from landing_zone.drift.sweeping import INSTANCE, SweepTask
from landing_zone.instances import is_on_its_way

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)

GRACE: Final = timedelta(seconds=60)
"""Time in which whoever noted it starts its orchestration; who died in between does not."""


async def watch_drift(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Look after every noted resource that nobody looks after: its orchestration was lost."""
    for resource_id in await look_after(await dependencies(), client):
        _log.warning("the look at %s was taken up again", resource_id)


async def sweep_all(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Look at everything that is governed: events may have been lost."""
    await start_sweep(await dependencies(), client)


async def start_sweep(deps: Dependencies, client: DriftClient) -> bool:
    """Start a sweep, unless one is on its way; whether it was started."""
    run = f"sweep-{deps.clock.now():%Y%m%dT%H%M%S}"
    task = SweepTask(run=run, retry=deps.settings.retry)
    if is_on_its_way(await client.get_status(INSTANCE)):
        return False
    try:
        await client.start_new("sweep_estate", INSTANCE, task.dump())
    except Exception:
        # Someone else may have started it since: that is as good.
        if not is_on_its_way(await client.get_status(INSTANCE)):
            raise
        return False
    return True


async def look_after(deps: Dependencies, client: DriftClient) -> list[str]:
    """The resources whose orchestration was started anew."""
    oldest = deps.clock.now() - GRACE
    return [
        row.resource_id
        for row in await deps.drift.rows()
        if row.noted_at <= oldest and await ensure_remediation(client, row, deps.retry_of_fixes)
    ]


blueprint.timer_trigger(arg_name="timer", schedule="45 * * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(watch_drift)
)
# Each hour, at a minute at which no other timer begins.
blueprint.timer_trigger(arg_name="timer", schedule="10 37 * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(sweep_all)
)
