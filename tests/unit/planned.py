"""Small plans for the tests of the ground floor: subscription, network and the hub's part."""

from datetime import date
from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st

from landing_zone.plan import Plan, in_order
from landing_zone.planning.network import network_resources
from landing_zone.planning.scope import Scope
from landing_zone.planning.subscription import subscription_resources
from landing_zone.references import reference
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest
from tests.fakes import HUBS
from tests.unit.strategies import tenant_requests

HUB = HUBS.hubs[0]
NODE_SUBNETS = HUB.node_pools.subnets if HUB.node_pools else ()
VENDED = "0c0ffee0-0000-4000-8000-000000000042"
OUTPUTS = {"subscription": {"subscriptionId": VENDED}}
SUBSCRIPTION_ID = reference("subscription", "subscriptionId")


def reservation_for(request: TenantRequest, number: int = 3) -> Reservation:
    """A reservation of the size that was asked for."""
    length = request.network.prefix_length
    start = int(HUB.spoke_pool[0].network_address) + (number << (32 - length))
    return Reservation(
        hub=HUB.name,
        address_range=IPv4Network((start, length)),
        node_subnet=NODE_SUBNETS[number] if request.isolation == "nodepool" else None,
        reserved_on=date(2026, 3, 14),
    )


def plan_of(request: TenantRequest) -> Plan:
    """Steps 2 to 4 of the plan of a request."""
    scope = Scope(request, HUBS, HUB, reservation_for(request))
    resources = [*subscription_resources(scope), *network_resources(scope)]
    return in_order(request.tenant_id, HUB.name, 1, resources)


def plans() -> st.SearchStrategy[tuple[TenantRequest, Plan]]:
    """Requests with their small plans."""
    return tenant_requests().map(lambda request: (request, plan_of(request)))


def strings_in(value: Any) -> list[str]:
    """All texts in a JSON value."""
    match value:
        case str():
            return [value]
        case dict():
            return [text for item in value.values() for text in strings_in(item)]
        case list() | tuple():
            return [text for item in value for text in strings_in(item)]
        case _:
            return []


def properties_in(value: Any) -> list[tuple[str, Any]]:
    """All properties in a JSON value; a tenant's own words are never the name of one."""
    match value:
        case dict():
            inner = [found for item in value.values() for found in properties_in(item)]
            return [*value.items(), *inner]
        case list() | tuple():
            return [found for item in value for found in properties_in(item)]
        case _:
            return []
