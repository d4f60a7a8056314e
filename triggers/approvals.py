"""`/api/tenants/{id}/approval`: what waits for an approver, and deciding upon it."""

import azure.durable_functions as df
import azure.functions as func

from activities.approving import decide
from activities.dependencies import dependencies
from landing_zone.access import Access, Action
from landing_zone.approval.asking import parse_decision
from landing_zone.approval.deciding import no_approval, require_other
from landing_zone.approval.policy import approval_of
from landing_zone.approval.record import Decision
from landing_zone.approval.reporting import approval_document
from landing_zone.tenants import TenantRecord
from triggers.access import guarded, tenant_for
from triggers.answers import answer
from triggers.starting import Starter, wake

blueprint = df.Blueprint()


async def show_approval(req: func.HttpRequest) -> func.HttpResponse:
    """Show what is to be decided, or what was."""
    return await guarded(req, Action.SEE_TENANTS, lambda access: _show_approval(req, access))


async def decide_approval(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Approve or reject what a tenant's current operation is to do."""
    return await guarded(req, Action.APPROVE, lambda access: _decide(req, client, access))


async def _show_approval(req: func.HttpRequest, access: Access) -> func.HttpResponse:
    record = await tenant_for(await dependencies(), access, req.route_params["tenantId"])
    return _answer(record)


async def _decide(req: func.HttpRequest, client: Starter, access: Access) -> func.HttpResponse:
    deps = await dependencies()
    record = await tenant_for(deps, access, req.route_params["tenantId"])
    require_other(access, record)
    asked = parse_decision(req.get_body())
    decision = Decision(
        verdict=asked.verdict, actor=access.actor, reason=asked.reason, at=deps.clock.now()
    )
    decided = await decide(deps, record.tenant_id, asked.operation_id, decision, access)
    if decided.ongoing:
        await wake(client, decided)
    return _answer(decided)


def _answer(record: TenantRecord) -> func.HttpResponse:
    approval = approval_of(record)
    if approval is None:
        raise no_approval(record)
    return answer(approval_document(record, approval))


blueprint.route("tenants/{tenantId}/approval", methods=["GET"])(show_approval)
blueprint.route("tenants/{tenantId}/approval", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(decide_approval)
)
