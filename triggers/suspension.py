"""`POST /api/tenants/{id}/suspend` and `/resume`: closing a tenant for a while, its data kept."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from activities.auditing import OperationNote, note_operation
from activities.dependencies import Dependencies, dependencies
from activities.tenants import change_tenant
from landing_zone.access import Access, AccessRefused, Action, Reason
from landing_zone.access.refusals import FORBIDDEN
from landing_zone.request_parsing.reasons import parse_reason
from landing_zone.suspension import hold, is_held_for
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from triggers.access import guarded
from triggers.asking import asked
from triggers.starting import Starter

blueprint = df.Blueprint()


async def suspend_tenant(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Suspend a tenant."""
    return await guarded(
        req, Action.SUSPEND_TENANT, lambda access: _suspend_tenant(req, client, access)
    )


async def resume_tenant(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Resume a suspended tenant."""
    return await guarded(
        req, Action.SUSPEND_TENANT, lambda access: _resume_tenant(req, client, access)
    )


async def _suspend_tenant(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    deps = await dependencies()
    tenant_id = req.route_params["tenantId"]
    work = _work(req, access, Kind.SUSPEND)
    response = await asked(deps, client, access, tenant_id, lambda _: work)
    if access.owner is None and response.status_code < HTTPStatus.BAD_REQUEST:
        await _hold(deps, tenant_id, work)
    return response


async def _resume_tenant(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    work = _work(req, access, Kind.RESUME)

    def resumed(record: TenantRecord) -> Work:
        if is_held_for(record, access):
            raise AccessRefused(
                FORBIDDEN,
                "the tenant was suspended by an operator",
                Reason.HELD,
                hint="ask an operator to resume it",
                principal=access.principal,
                tenant_id=record.tenant_id,
            )
        return work

    tenant_id = req.route_params["tenantId"]
    return await asked(await dependencies(), client, access, tenant_id, resumed)


def _work(req: func.HttpRequest, access: Access, kind: Kind) -> Work:
    reason = parse_reason(req.params.get("reason"), req.get_body())
    return Work(kind=kind, actor=access.actor, reason=reason)


async def _hold(deps: Dependencies, tenant_id: str, work: Work) -> None:
    """Note that the tenant is suspended beyond its owner, though it may have been so already."""
    found = await deps.registry.get(tenant_id)
    if found is None or hold(found.value, work.actor, deps.clock.now()) == found.value:
        return
    record = found.value
    told = OperationNote(
        action="tenant.hold",
        outcome="done",
        actor=work.actor,
        before=record.held_by or record.state.value,
        after=work.actor,
        details={"why": work.reason},
    )
    await note_operation(deps, record.operation, told)
    await change_tenant(deps, tenant_id, lambda latest: hold(latest, work.actor, deps.clock.now()))


blueprint.route("tenants/{tenantId}/suspend", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(suspend_tenant)
)
blueprint.route("tenants/{tenantId}/resume", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(resume_tenant)
)
