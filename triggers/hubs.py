"""Timers that see to the hubs: that nobody waits in vain, and that nothing drifts for long."""

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.hub_running import HubClient, ensure_reconciler
from landing_zone.hub_state.members import LANES, Lane

blueprint = df.Blueprint()


async def watch_hubs(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Reconcile each lane of a hub on which someone waits: its orchestration may have been lost."""
    deps = await dependencies()
    for hub, lane in await waited_for(deps):
        await ensure_reconciler(client, hub, lane, deps.settings.hub)


async def sweep_hubs(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Reconcile every lane of every hub, whatever has changed there."""
    await sweep(await dependencies(), client)


async def waited_for(deps: Dependencies) -> list[tuple[str, Lane]]:
    """The lanes of hubs on which someone waits."""
    found: list[tuple[str, Lane]] = []
    for hub in deps.document.hubs:
        for lane in LANES:
            rows = await deps.hub_requests.all(hub.name, lane)
            if any(row.value.state == "waiting" for row in rows):
                found.append((hub.name, lane))
    return found


async def sweep(deps: Dependencies, client: HubClient) -> None:
    """Start all lanes that do not run."""
    for hub in deps.document.hubs:
        for lane in LANES:
            await ensure_reconciler(client, hub.name, lane, deps.settings.hub)


blueprint.timer_trigger(arg_name="timer", schedule="30 * * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(watch_hubs)
)
blueprint.timer_trigger(arg_name="timer", schedule="15 */15 * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(sweep_hubs)
)
