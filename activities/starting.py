"""Starting the orchestration of a tenant, at most one at a time."""

from typing import Any, Protocol

from landing_zone.instances import is_on_its_way
from landing_zone.tenants import TenantRecord, instance_id


class Starter(Protocol):
    """As much of the durable client as is needed here. Asynchronous."""

    async def start_new(
        self, orchestration_function_name: str, instance_id: str, client_input: Any
    ) -> str:
        """Start an orchestration."""
        ...

    async def get_status(self, instance_id: str) -> Any:
        """The status of an orchestration; its `runtime_status` is None when there is none."""
        ...

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        """Raise an external event."""
        ...


async def is_alive(client: Starter, tenant_id: str) -> bool:
    """Whether the tenant's orchestration is on its way."""
    return is_on_its_way(await client.get_status(instance_id(tenant_id)))


async def start(client: Starter, record: TenantRecord) -> bool:
    """Start the orchestration of the tenant's current operation; False when it is on its way."""
    if await is_alive(client, record.tenant_id):
        return False
    data = record.operation.dump()
    try:
        await client.start_new("operate_tenant", instance_id(record.tenant_id), data)
    except Exception:
        # Someone else may have started it since: that is as good.
        if not await is_alive(client, record.tenant_id):
            raise
        return False
    return True
