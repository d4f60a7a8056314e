"""Starting the orchestration of a tenant, at most one at a time."""

import logging
from typing import Any, Protocol

from landing_zone.instances import is_on_its_way
from landing_zone.tenants import TenantRecord, instance_id
from orchestrators.approval import DECIDED

_log = logging.getLogger(__name__)


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


async def wake(client: Starter, record: TenantRecord) -> None:
    """Let the tenant's orchestration look at the record again, where it waits for a person.

    It looks by itself, too, only later: what goes wrong here is not worth failing for.
    """
    try:
        if not await start(client, record):
            told = {"operationId": record.operation_id}
            await client.raise_event(instance_id(record.tenant_id), DECIDED, told)
    except Exception:  # noqa: BLE001 - the durable client raises bare ones; it looks by itself
        _log.warning("tenant %s could not be told to look again", record.tenant_id, exc_info=True)
