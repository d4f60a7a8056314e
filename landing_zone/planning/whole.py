"""The plan of the whole landing zone of a tenant: steps 2 to 7."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from landing_zone.hub import Hub, HubDocument
from landing_zone.plan import Plan, Resource, Step, in_order
from landing_zone.planning.ai_services import ai_resources
from landing_zone.planning.api import api_resources
from landing_zone.planning.api_key import api_key_resources
from landing_zone.planning.cost import cost_resources
from landing_zone.planning.database import database_resources
from landing_zone.planning.foundation import foundation_resources
from landing_zone.planning.gitops import gitops_resources
from landing_zone.planning.identity import identity_resources
from landing_zone.planning.key_vault import vault_resources
from landing_zone.planning.monitoring import diagnostic_settings, event_resources
from landing_zone.planning.network import network_resources
from landing_zone.planning.private_endpoints import private_endpoints
from landing_zone.planning.rules import Builder, Rules
from landing_zone.planning.runtime import runtime_resources
from landing_zone.planning.scope import Scope
from landing_zone.planning.search import search_resources
from landing_zone.planning.storage import records_resources, storage_resources
from landing_zone.planning.subscription import subscription_resources
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest

RULES_VERSION = 2

# What is made from the facts alone, in the order of the steps.
BUILDERS: tuple[Builder, ...] = (
    foundation_resources,
    vault_resources,
    storage_resources,
    database_resources,
    search_resources,
    runtime_resources,
    gitops_resources,
    identity_resources,
    ai_resources,
    api_resources,
    api_key_resources,
    records_resources,
    event_resources,
    cost_resources,
)

RULES: Final = Rules(RULES_VERSION, BUILDERS)
"""The rules of this release."""


def plan(
    request: TenantRequest,
    document: HubDocument,
    hub: Hub,
    reservation: Reservation,
    rules: Rules = RULES,
) -> Plan:
    """Every resource of the tenant's landing zone.

    Pure and total over valid requests that the hub has admitted, on a hub that has the private
    DNS zones: equal input gives an equal plan. What it leaves out for want of something is told
    by `omissions`.

    Raises:
        ConfigurationError: The hub lacks a private DNS zone, or its networks leave no range for
            the inside of a tenant's cluster.
        PermanentError: A tenant of tier `nodepool` holds no subnet for its nodes.
    """
    scope = Scope(request, document, hub, reservation)
    network = list(network_resources(scope))
    scope = replace(scope, ways_out=_ways_out(network))
    resources = [*subscription_resources(scope), *network]
    resources += (resource for build in rules.builders for resource in build(scope))
    # These two are made for whatever is there by now, so that nothing can be forgotten.
    resources += list(private_endpoints(scope, resources))
    resources += list(diagnostic_settings(scope, resources))
    return in_order(request.tenant_id, hub.name, rules.version, resources)


def _ways_out(network: Iterable[Resource]) -> frozenset[str]:
    return frozenset(
        resource.key
        for resource in network
        if resource.step is Step.DNS_AND_FIREWALL
        or resource.type.endswith("/virtualNetworkPeerings")
    )
