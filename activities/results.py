"""Telling by message how an operation ended, to those who asked for it by message."""

from activities.dependencies import Dependencies
from activities.tenants import change_tenant
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.intake.messages import RESULTS
from landing_zone.intake.results import final_result
from landing_zone.tenants import TenantRecord


async def send_results(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Send what is owed on the tenant's record, then note that it was sent.

    In this order: what is sent twice has the same message id, which the queue drops.
    """
    found = await deps.registry.get(operation.tenant_id)
    if found is not None:
        await send_owed(deps, found.value)
    return Outcome(state="done")


async def send_owed(deps: Dependencies, record: TenantRecord) -> None:
    """Send what a record owes.

    Raises:
        TemporaryError: It could not be sent, or others were first on the record each time.
    """
    if not record.owed:
        return
    for owed in record.owed:
        await deps.messages.send(RESULTS, final_result(owed))

    def told(latest: TenantRecord) -> TenantRecord:
        left = tuple(owed for owed in latest.owed if owed not in record.owed)
        return latest.model_copy(update={"owed": left})

    await change_tenant(deps, record.tenant_id, told)
