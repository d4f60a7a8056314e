"""The function app's timers that see to what was lost."""

from activities.hub_running import ensure_reconciler
from tests.simulation.simulation import Simulation
from triggers.hubs import waited_for
from triggers.recovery import recover


async def tick(simulation: Simulation) -> None:
    """Take up again what nobody works on, and the hubs on which someone waits."""
    deps, engine = simulation.deps, simulation.engine
    await recover(deps, engine)
    for hub, lane in await waited_for(deps):
        await ensure_reconciler(engine, hub, lane, deps.settings.hub)
