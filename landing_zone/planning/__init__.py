"""From a request, a hub and a reservation to the plan, purely."""

from landing_zone.hub import Hub, HubDocument
from landing_zone.plan import Plan, in_order
from landing_zone.planning.network import network_resources
from landing_zone.planning.scope import Scope
from landing_zone.planning.subscription import subscription_resources
from landing_zone.planning.whole import whole_plan
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest

__all__ = ["RULES_VERSION", "plan", "whole_plan"]

RULES_VERSION = 1


def plan(request: TenantRequest, document: HubDocument, hub: Hub, reservation: Reservation) -> Plan:
    """Every resource of the tenant.

    Pure and total over valid requests: equal input gives an equal plan.
    """
    scope = Scope(request, document, hub, reservation)
    resources = [*subscription_resources(scope), *network_resources(scope)]
    return in_order(request.tenant_id, hub.name, RULES_VERSION, resources)
