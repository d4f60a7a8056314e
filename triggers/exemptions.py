"""`/api/exemptions`: where a rule does not hold, for a reason and for a time."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import dependencies
from activities.drift_exempting import grant, no_such_exemption, take_back
from landing_zone.access import Access, Action
from landing_zone.remediation.exemption_requests import parse_exemption
from landing_zone.remediation.exemptions import Exemption
from triggers.access import guarded
from triggers.answers import answer
from triggers.starting import Starter

blueprint = df.Blueprint()


async def list_exemptions(req: func.HttpRequest) -> func.HttpResponse:
    """List all exemptions, those that have ended too."""
    return await guarded(req, Action.SEE_EXEMPTIONS, lambda _: _list_exemptions())


async def show_exemption(req: func.HttpRequest) -> func.HttpResponse:
    """Show one exemption."""
    return await guarded(req, Action.SEE_EXEMPTIONS, lambda _: _show_exemption(req))


async def grant_exemption(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Grant an exemption, or change it."""
    return await guarded(
        req, Action.CHANGE_EXEMPTIONS, lambda access: _grant_exemption(req, client, access)
    )


async def remove_exemption(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Take an exemption back."""
    return await guarded(
        req, Action.CHANGE_EXEMPTIONS, lambda access: _remove_exemption(req, client, access)
    )


async def _list_exemptions() -> func.HttpResponse:
    deps = await dependencies()
    found = sorted(await deps.exemptions.all(), key=lambda one: (one.expires, one.id))
    now = deps.clock.now()
    return answer({"value": [exemption_document(one, now) for one in found]})


async def _show_exemption(req: func.HttpRequest) -> func.HttpResponse:
    deps = await dependencies()
    wanted = req.route_params["exemptionId"]
    for one in await deps.exemptions.all():
        if one.id == wanted:
            return answer(exemption_document(one, deps.clock.now()))
    raise no_such_exemption()


async def _grant_exemption(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    deps = await dependencies()
    now = deps.clock.now()
    estate = await deps.landscape.estate(now)
    wanted = parse_exemption(req.route_params["exemptionId"], req.get_body(), estate, now)
    new = await grant(deps, client, wanted, access.actor)
    document = exemption_document(wanted, now)
    headers = {"Location": document["links"]["self"]}
    return answer(document, HTTPStatus.CREATED if new else HTTPStatus.OK, headers)


async def _remove_exemption(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    wanted = req.route_params["exemptionId"]
    await take_back(await dependencies(), client, wanted, access.actor)
    return func.HttpResponse(status_code=int(HTTPStatus.NO_CONTENT))


def exemption_document(exemption: Exemption, now: datetime) -> dict[str, Any]:
    """An exemption as callers see it."""
    return {
        "id": exemption.id,
        "rule": exemption.rule,
        "scope": exemption.scope,
        "reason": exemption.reason,
        "by": exemption.by,
        "expires": exemption.expires.isoformat(),
        "holds": now < exemption.expires,
        "links": {"self": f"/api/exemptions/{exemption.id}"},
    }


blueprint.route("exemptions", methods=["GET"])(list_exemptions)
blueprint.route("exemptions/{exemptionId}", methods=["GET"])(show_exemption)
blueprint.route("exemptions/{exemptionId}", methods=["PUT"])(
    blueprint.durable_client_input(client_name="client")(grant_exemption)
)
blueprint.route("exemptions/{exemptionId}", methods=["DELETE"])(
    blueprint.durable_client_input(client_name="client")(remove_exemption)
)
