"""`PATCH /api/tenants/{id}`: changing a tenant, in earnest or as a dry run."""

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import dependencies
from activities.updating import require_possible
from landing_zone.access import Access, Action
from landing_zone.asking import latest_request, require_beginning
from landing_zone.lifecycle import TenantState
from landing_zone.request_parsing import Fault, InvalidRequest
from landing_zone.request_parsing.patches import parse_patch, patched
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from triggers.access import guarded, tenant_for
from triggers.asking import MOST_REASON, asked
from triggers.dry_run import dry_run_answer, is_dry_run
from triggers.starting import Starter

blueprint = df.Blueprint()


async def update_tenant(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Change a tenant."""
    return await guarded(
        req, Action.UPDATE_TENANT, lambda access: _update_tenant(req, client, access)
    )


async def _update_tenant(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    deps = await dependencies()
    dry = is_dry_run(req)
    tenant_id = req.route_params["tenantId"]
    record = await tenant_for(deps, access, tenant_id)
    patch = parse_patch(req.get_body())
    work = Work(
        kind=Kind.UPDATE,
        actor=access.actor,
        reason=reason_of(req),
        allow_data_loss=allowed_loss(req),
    )
    wanted = patched(latest_request(record), patch)
    if not record.ongoing and record.state is TenantState.SUSPENDED:
        # Before anything is reckoned, and for a dry run too: it would tell of what cannot be done.
        require_beginning(record, work)
    if dry:
        return await dry_run_answer(wanted, access)
    await require_possible(deps, record, wanted, work.allow_data_loss)

    def updated(latest: TenantRecord) -> Work:
        # What was asked for meanwhile stays asked for: the patch goes on top of it.
        return work.model_copy(update={"wanted": patched(latest_request(latest), patch)})

    return await asked(deps, client, access, tenant_id, updated)


def reason_of(req: func.HttpRequest) -> str:
    """Why, in the caller's words, for the audit.

    Raises:
        InvalidRequest: It is too long, or holds what cannot be printed.
    """
    text = str(req.params.get("reason", ""))
    if len(text) > MOST_REASON or not text.isprintable():
        allowed = f"at most {MOST_REASON} printable characters"
        raise InvalidRequest((Fault("reason", "is no reason", allowed),))
    return text


def allowed_loss(req: func.HttpRequest) -> tuple[str, ...]:
    """Keys of the planned resources whose data may be lost, as the caller names them."""
    text = str(req.params.get("allowDataLoss", ""))
    return tuple(dict.fromkeys(name for name in text.split(",") if name))


blueprint.route("tenants/{tenantId}", methods=["PATCH"])(
    blueprint.durable_client_input(client_name="client")(update_tenant)
)
