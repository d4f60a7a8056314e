"""Making sure that a resource which may have drifted is looked after, by one orchestration."""

from typing import Any, Protocol

from landing_zone.drift.contracts import LookTask
from landing_zone.drift.rows import DriftRow
from landing_zone.instances import is_on_its_way
from landing_zone.retries import RetryPolicy


class DriftClient(Protocol):
    """As much of the durable client as is needed here. Asynchronous."""

    async def start_new(
        self, orchestration_function_name: str, instance_id: str, client_input: Any
    ) -> str:
        """Start an orchestration."""
        ...

    async def get_status(self, instance_id: str) -> Any:
        """The status of an orchestration; its `runtime_status` is None when there is none."""
        ...


async def ensure_remediation(
    client: DriftClient, row: DriftRow, retry: RetryPolicy, *, fresh: bool = False
) -> bool:
    """Start the orchestration that a row names, unless it runs; whether it was started.

    Args:
        client: The durable client.
        row: What is noted of the resource.
        retry: The bounds.
        fresh: Whether the row has just been made, so that nobody can have started it.
    """
    if not fresh and is_on_its_way(await client.get_status(row.instance)):
        return False
    task = LookTask(resource_id=row.resource_id, instance=row.instance, retry=retry)
    try:
        await client.start_new("remediate_resource", row.instance, task.dump())
    except Exception:
        # Someone else may have started it since: that is as good.
        if not is_on_its_way(await client.get_status(row.instance)):
            raise
        return False
    return True
