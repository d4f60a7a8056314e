"""Starting the orchestration of a tenant, as triggers know it."""

import logging

from activities.starting import Starter, is_alive, start
from landing_zone.tenants import TenantRecord, instance_id
from orchestrators.approval import DECIDED

__all__ = ["Starter", "is_alive", "start", "wake"]

_log = logging.getLogger(__name__)


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
