"""Making sure that a lane of a hub is being reconciled, by one orchestration at a time."""

from typing import Any, Protocol

from landing_zone.hub_state.contracts import HubStatus, HubStep
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.members import Lane, instance_of
from landing_zone.instances import is_on_its_way


class HubClient(Protocol):
    """As much of the durable client as is needed here. Asynchronous."""

    async def start_new(
        self, orchestration_function_name: str, instance_id: str, client_input: Any
    ) -> str:
        """Start an orchestration."""
        ...

    async def get_status(self, instance_id: str) -> Any:
        """The status of an orchestration; its `runtime_status` is None when there is none."""
        ...


async def ensure_reconciler(
    client: HubClient, hub: str, lane: Lane, settings: HubSettings
) -> HubStatus | None:
    """Start the lane's orchestration unless it runs; what it says of itself, where it runs."""
    instance = instance_of(hub, lane)
    status = await client.get_status(instance)
    if is_on_its_way(status):
        return HubStatus.parse(status.custom_status) if status.custom_status else None
    seconds = settings.collect_seconds if lane == "firewall" else settings.peering_collect_seconds
    first = HubStep(hub=hub, lane=lane, collect_seconds=seconds)
    try:
        await client.start_new("reconcile_hub", instance, first.dump())
    except Exception:
        # Someone else may have started it since: that is as good.
        if not is_on_its_way(await client.get_status(instance)):
            raise
    return None
