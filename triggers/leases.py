"""A timer that frees what requests that died still hold of the hubs."""

import logging

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import dependencies
from activities.leases import free_dead

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)


async def free_dead_leases(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Free the ranges and claims of requests that died."""
    for lease in await free_dead(await dependencies(), client):
        freed = lease.reservation.address_range
        _log.warning("%s of %s is free: %s is dead", freed, lease.hub, lease.tenant_id)


# Every ten minutes, at a second at which no other timer begins.
blueprint.timer_trigger(arg_name="timer", schedule="50 */10 * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(free_dead_leases)
)
