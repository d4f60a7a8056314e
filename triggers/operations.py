"""`/api/operations/{id}`: how far an operation has come, or how it ended."""

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from landing_zone.access import Access, Action, Scope
from landing_zone.errors import PermanentError
from landing_zone.explaining.document import explained
from landing_zone.operations import operation_document
from landing_zone.tenants import TenantRecord, tenant_of_operation
from triggers.access import guarded, tenant_for
from triggers.answers import answer
from triggers.live import live

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
    tenant = await tenant_of(deps, operation_id, access)
    ended = await deps.documents.get_operation(operation_id)
    if ended is not None:
        return answer(ended)
    if operation_id != tenant.operation_id:
        raise PermanentError("OperationNotFound", "the operation was superseded before its end")
    found = await live(deps, client, tenant, names_others=access.scope is Scope.ALL)
    return answer(explained(operation_document(found.view), found.standing))


async def tenant_of(deps: Dependencies, operation_id: str, access: Access) -> TenantRecord:
    """The tenant of an operation.

    Raises:
        AccessRefused: The tenant is none of the caller's.
        PermanentError: There is no such operation (`OperationNotFound`).
    """
    missing = PermanentError("OperationNotFound", "there is no such operation")
    found = await tenant_for(deps, access, tenant_of_operation(operation_id), missing)
    number = operation_id.rpartition(".")[2]
    if number not in {str(known) for known in range(1, found.operations + 1)}:
        raise missing
    return found


blueprint.route("operations/{operationId}", methods=["GET"])(
    blueprint.durable_client_input(client_name="client")(show_operation)
)
