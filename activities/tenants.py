"""Reading and changing a tenant's record, held against its version."""

from collections.abc import Callable
from typing import Final

from activities.dependencies import Dependencies
from landing_zone.contracts import OperationRef
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.tenants import TenantRecord

RACES: Final = 10
"""Times that a change of a tenant's record is tried when others are first."""


async def current_tenant(deps: Dependencies, operation: OperationRef) -> TenantRecord:
    """The record of an operation's tenant.

    Raises:
        PermanentError: There is none, or it has gone on to another operation.
    """
    found = await deps.registry.get(operation.tenant_id)
    if found is None:
        raise PermanentError("TenantNotFound", f"there is no tenant {operation.tenant_id}")
    require_current(found.value, operation)
    return found.value


def is_current(record: TenantRecord, operation: OperationRef) -> bool:
    """Whether an operation is the tenant's current one."""
    return record.operation_id == operation.operation_id


def require_current(record: TenantRecord, operation: OperationRef) -> None:
    """Hold an operation to being the tenant's current one.

    Raises:
        PermanentError: Another has taken its place (`OperationSuperseded`).
    """
    if not is_current(record, operation):
        raise PermanentError(
            "OperationSuperseded", f"{record.operation_id} has taken the place of this operation"
        )


async def change_tenant(
    deps: Dependencies, tenant_id: str, change: Callable[[TenantRecord], TenantRecord]
) -> TenantRecord:
    """Change a tenant's record, again from what is there when another writer was first.

    Raises:
        PermanentError: There is no such tenant, or the change is not allowed.
        TemporaryError: Others were first each time.
    """
    for _ in range(RACES):
        found = await deps.registry.get(tenant_id)
        if found is None:
            raise PermanentError("TenantNotFound", f"there is no tenant {tenant_id}")
        changed = change(found.value)
        if changed == found.value or await deps.registry.replace(changed, found.etag):
            return changed
    raise TemporaryError("RegistryBusy", f"others were first on tenant {tenant_id}")
