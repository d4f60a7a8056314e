"""A timer that tells by message what has not been told yet.

An operation's end is told by its orchestration; where Service Bus was down just then, here.
"""

import logging

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.registered import every_tenant
from activities.results import send_owed
from landing_zone.errors import ConfigurationError, TemporaryError

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)


async def send_owed_results(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the worker binds it
    """Tell what has not been told yet."""
    await send_all_owed(await dependencies())


async def send_all_owed(deps: Dependencies) -> int:
    """Tell it all; how many tenants still wait for that."""
    waiting = 0
    for record in await every_tenant(deps.registry):
        if not record.owed:
            continue
        try:
            await send_owed(deps, record)
        except (TemporaryError, ConfigurationError) as error:
            waiting += 1
            _log.warning("results of tenant %s are still owed: %s", record.tenant_id, error)
    return waiting


blueprint.timer_trigger(arg_name="timer", schedule="30 * * * * *", run_on_startup=False)(
    send_owed_results
)
