"""`/api/operations/{id}`: how far an operation has come, or how it ended."""

from typing import Any

import azure.durable_functions as df
import azure.functions as func
from pydantic import ValidationError

from activities.dependencies import Dependencies, dependencies
from landing_zone.access import Access, Action
from landing_zone.contracts import OperationRef
from landing_zone.errors import PermanentError
from landing_zone.instances import is_on_its_way
from landing_zone.operations import (
    LiveWait,
    OperationView,
    is_under_way,
    operation_document,
)
from landing_zone.plan import Plan
from landing_zone.progress import LiveStatus, OperationStatus
from landing_zone.tenants import TenantRecord, instance_id, tenant_of_operation
from orchestrators.fan_out import instance_prefix
from triggers.access import guarded, tenant_for
from triggers.answers import answer

blueprint = df.Blueprint()


async def show_operation(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Show one operation."""
    operation_id = req.route_params["operationId"]
    return await guarded(
        req,
        Action.SEE_OPERATIONS,
        lambda access: _show_operation(operation_id, client, access),
    )


async def _show_operation(
    operation_id: str, client: df.DurableOrchestrationClient, access: Access
) -> func.HttpResponse:
    deps = await dependencies()
    tenant = await _tenant(deps, operation_id, access)
    ended = await deps.documents.get_operation(operation_id)
    if ended is not None:
        return answer(ended)
    if operation_id != tenant.operation_id:
        raise PermanentError("OperationNotFound", "the operation was superseded before its end")
    return answer(operation_document(await _live(deps, client, tenant.operation)))


async def _tenant(deps: Dependencies, operation_id: str, access: Access) -> TenantRecord:
    missing = PermanentError("OperationNotFound", "there is no such operation")
    found = await tenant_for(deps, access, tenant_of_operation(operation_id), missing)
    number = operation_id.rpartition(".")[2]
    if number not in {str(known) for known in range(1, found.operations + 1)}:
        raise missing
    return found


async def _live(
    deps: Dependencies, client: df.DurableOrchestrationClient, operation: OperationRef
) -> OperationView:
    """What the custom statuses of the orchestrations say."""
    found = await client.get_status(instance_id(operation.tenant_id))
    # All operations of a tenant share an instance id: one that has ended is an earlier one's.
    live = _parsed(found.custom_status) if is_on_its_way(found) else None
    if live is None or not live.plan_hash:
        begun = live.read(()) if live else None
        return OperationView(operation=operation, state="running", status=begun)
    plan = await deps.documents.get_plan(live.plan_hash)
    status = live.read([resource.key for resource in plan.resources])
    waits = await _waits(client, operation, plan, status)
    return OperationView(
        operation=operation, state="running", status=status, plan=plan, waits=waits
    )


def _parsed(custom_status: Any) -> LiveStatus | None:
    try:
        return LiveStatus.parse(custom_status)
    except ValidationError:
        return None


async def _waits(
    client: df.DurableOrchestrationClient,
    operation: OperationRef,
    plan: Plan,
    status: OperationStatus,
) -> dict[str, LiveWait]:
    if status.phase != "apply":
        return {}
    prefix = instance_prefix(operation, status.stage or "apply")
    running = [df.OrchestrationRuntimeStatus.Running]
    found = await client.get_status_by(instance_id_prefix=prefix, runtime_status=running)
    waits: dict[str, LiveWait] = {}
    for item in found:
        key = item.instance_id.removeprefix(prefix)
        if key in plan.by_key and is_under_way(plan, status, key) and item.custom_status:
            waits[key] = LiveWait.parse(item.custom_status)
    return waits


blueprint.route("operations/{operationId}", methods=["GET"])(
    blueprint.durable_client_input(client_name="client")(show_operation)
)
