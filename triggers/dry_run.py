"""`?dryRun=true` and `/api/tenants/{id}/plan`: what would be done, without doing any of it."""

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import dependencies
from activities.dry_running import dry_run
from landing_zone.access import Access, Action
from landing_zone.approval.reporting import wanted_of
from landing_zone.request_parsing import Fault, InvalidRequest
from landing_zone.tenant_request import TenantRequest
from triggers.access import guarded, tenant_for
from triggers.answers import answer

blueprint = df.Blueprint()

_ALLOWED = {"": False, "true": True, "false": False}


def is_dry_run(req: func.HttpRequest) -> bool:
    """Whether a request asks for a dry run.

    Raises:
        InvalidRequest: It says something else than yes or no.
    """
    return _yes_or_no(req, "dryRun")


def _yes_or_no(req: func.HttpRequest, name: str) -> bool:
    text = req.params.get(name, "")
    if text not in _ALLOWED or (name in req.params and not text):
        fault = Fault(path=name, message="is neither yes nor no", allowed="true or false")
        raise InvalidRequest((fault,))
    return _ALLOWED[text]


async def dry_run_answer(request: TenantRequest, access: Access) -> func.HttpResponse:
    """What a request would do."""
    return answer(await dry_run(await dependencies(), request, access))


async def show_plan(req: func.HttpRequest) -> func.HttpResponse:
    """Show what asking for a tenant again would do: its plan against what is there."""
    return await guarded(req, Action.SEE_PLANS, lambda access: _show_plan(req, access))


async def _show_plan(req: func.HttpRequest, access: Access) -> func.HttpResponse:
    record = await tenant_for(await dependencies(), access, req.route_params["tenantId"])
    wanted = wanted_of(record) if _is_wanted(req) else record.request
    return await dry_run_answer(wanted, access)


def _is_wanted(req: func.HttpRequest) -> bool:
    """Whether the plan of what the current operation is to lead to is asked for.

    Raises:
        InvalidRequest: It says something else than yes or no.
    """
    return _yes_or_no(req, "wanted")


blueprint.route("tenants/{tenantId}/plan", methods=["GET"])(show_plan)
