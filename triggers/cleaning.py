"""Taking back what was left of tenants: by a timer, ever more seldom, and when asked."""

import logging
from typing import Final

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from landing_zone.access import Access, Action
from landing_zone.asking import Begun, ask
from landing_zone.errors import PermanentError
from landing_zone.routes.cleaning import due_again, work_again
from landing_zone.tenants import TenantRecord
from landing_zone.work import Work
from triggers.access import guarded
from triggers.asking import asked
from triggers.starting import Starter, start
from triggers.updates import reason_of

blueprint = df.Blueprint()
_log = logging.getLogger(__name__)

PAGE: Final = 200


async def clean_up_tenant(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Take back what was left of a tenant."""
    return await guarded(
        req, Action.ACT_ON_OPERATIONS, lambda access: _clean_up_tenant(req, client, access)
    )


async def _clean_up_tenant(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    reason = reason_of(req)

    def again(record: TenantRecord) -> Work:
        return work_again(record, access.actor, reason)

    return await asked(await dependencies(), client, access, req.route_params["tenantId"], again)


async def clean_up_due(
    timer: func.TimerRequest,  # noqa: ARG001 - the worker binds it
    client: df.DurableOrchestrationClient,
) -> None:
    """Try again to take back what was left."""
    for tenant_id in await try_again(await dependencies(), client):
        _log.warning("what was left of tenant %s is tried again", tenant_id)


async def try_again(deps: Dependencies, client: Starter) -> list[str]:
    """The tenants of which it is tried again to take back what was left."""
    tried: list[str] = []
    continuation = ""
    while True:
        page = await deps.registry.page(PAGE, continuation)
        for record in page.items:
            work = due_again(record, deps.clock.now())
            if work is not None and await _asked(deps, client, record.tenant_id, work):
                tried.append(record.tenant_id)
        continuation = page.continuation
        if not continuation:
            return tried


async def _asked(deps: Dependencies, client: Starter, tenant_id: str, work: Work) -> bool:
    """Ask for it, unless the tenant has gone on since it was read."""
    found = await deps.registry.get(tenant_id)
    if found is None or due_again(found.value, deps.clock.now()) != work:
        return False
    try:
        asked_for = ask(found.value, work, deps.clock.now())
    except PermanentError:
        return False
    if not isinstance(asked_for, Begun):
        return False
    return await deps.registry.replace(asked_for.record, found.etag) and await start(
        client, asked_for.record
    )


# Every hour, at a second at which no other timer begins.
blueprint.timer_trigger(arg_name="timer", schedule="20 25 * * * *", run_on_startup=False)(
    blueprint.durable_client_input(client_name="client")(clean_up_due)
)
blueprint.route("tenants/{tenantId}/clean-up", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(clean_up_tenant)
)
