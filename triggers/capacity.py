"""`/api/capacity`: how many tenants more each hub can take, and what stops the next one."""

from typing import Any

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import dependencies
from activities.registered import every_tenant
from landing_zone.access import Action
from landing_zone.capacity import HubForecast, LimitForecast, forecast, occupancies
from triggers.access import guarded
from triggers.answers import answer

blueprint = df.Blueprint()


async def show_capacity(req: func.HttpRequest) -> func.HttpResponse:
    """Show what each hub has left of each limit."""
    return await guarded(req, Action.SEE_CAPACITY, lambda _: _show_capacity())


async def _show_capacity() -> func.HttpResponse:
    deps = await dependencies()
    taken = occupancies(deps.document, await every_tenant(deps.registry))
    hubs = [forecast(hub, taken[hub.name]) for hub in deps.document.hubs]
    return answer({"hubs": [hub_document(hub) for hub in hubs]})


def hub_document(hub: HubForecast) -> dict[str, Any]:
    """A hub's forecast as callers see it."""
    return {
        "hub": hub.hub,
        "region": hub.region,
        "summary": hub.summary,
        "tenants": hub.tenants,
        "tenantsLeft": hub.tenants_left,
        "bindingLimit": hub.binding.limit.title,
        "typicalTenant": {
            "is": hub.typical_is,
            "prefixLength": hub.typical.prefix_length,
            "takes": dict(hub.typical.claims),
        },
        "rangesLeft": [
            {"prefixLength": length, "left": left} for length, left in hub.ranges_left.items()
        ],
        "limits": [_limit(one) for one in hub.limits],
    }


def _limit(one: LimitForecast) -> dict[str, Any]:
    limit = one.limit
    return {
        "limit": limit.name,
        "title": limit.title,
        "unit": limit.unit,
        "total": limit.total,
        "used": one.used,
        "left": one.left,
        "typicalTenantTakes": one.typical,
        "tenantsLeft": one.tenants_left,
        "source": limit.source,
    }


blueprint.route("capacity", methods=["GET"])(show_capacity)
