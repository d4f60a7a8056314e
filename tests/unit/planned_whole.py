"""Plans of the whole landing zone for the tests of the ground floor."""

from typing import Any

from hypothesis import strategies as st

from landing_zone.applying import bound
from landing_zone.hub import Hub
from landing_zone.plan import Plan, Resource, Undo, Write
from landing_zone.planning import plan
from landing_zone.planning.scope import Scope
from landing_zone.references import Outputs
from landing_zone.tenant_request import TenantRequest
from tests.fakes import HUBS, example_request
from tests.unit.planned import HUB, VENDED, reservation_for
from tests.unit.strategies import TIERS, tenant_requests

type Planned = tuple[TenantRequest, Plan]

PRINCIPAL = "33333333-3333-4333-8333-333333333333"
ISSUER = "https://westeurope.oic.prod-aks.azure.com/directory/cluster/"
NODES = {"size": "Standard_D4ds_v5", "min": 1, "max": 3}
EVERYTHING: dict[str, Any] = {
    "data": {"storage": True, "database": "cosmos", "vectorIndex": "dedicated"},
    "ai": {
        "models": [
            {"deployment": "gpt-5-mini", "tokensPerMinute": 50_000, "tokensPerMonth": 9 * 10**8}
        ],
        "foundryProject": True,
        "services": ["documentIntelligence", "speech", "language"],
    },
    "compute": {"cpu": 8, "memoryGiB": 32, "nodes": NODES},
    "gitops": {"url": "https://github.com/contoso/apps", "branch": "live", "path": "./prod"},
}


def scope_of(request: TenantRequest, hub: Hub = HUB) -> Scope:
    """The facts that the plan of a request is made from."""
    return Scope(request, HUBS, hub, reservation_for(request))


def whole_plan_of(request: TenantRequest, hub: Hub = HUB) -> Plan:
    """The whole plan of a request."""
    return plan(request, HUBS, hub, reservation_for(request))


def whole_plans() -> st.SearchStrategy[Planned]:
    """Requests with their whole plans."""
    return tenant_requests().map(lambda request: (request, whole_plan_of(request)))


def wanting(tier: str = "namespace", **changes: Any) -> TenantRequest:
    """A request for everything there is, in one tier."""
    return example_request(isolation=tier, **(EVERYTHING | changes))


def full_plans() -> dict[str, Plan]:
    """The plan of everything, by tier."""
    return {tier: whole_plan_of(wanting(tier)) for tier in TIERS}


def outputs_of(made: Plan) -> Outputs:
    """What the resources of a plan could yield."""
    return {
        item.key: {name: _output(name) for name in item.outputs}
        for item in made.resources
        if item.outputs
    }


def _output(name: str) -> str:
    return {"subscriptionId": VENDED, "issuer": ISSUER}.get(name, PRINCIPAL)


def bound_resources(made: Plan) -> list[Resource]:
    """The resources of a plan with what they refer to."""
    known = outputs_of(made)
    return [bound(item, known) for item in made.resources]


def is_written(item: Resource) -> bool:
    """Whether a tenant's own plan writes the resource: not the hub's part, nor what is there."""
    return item.write.value != "hub" and not is_read(item)


def is_arms(item: Resource) -> bool:
    """Whether a tenant's own plan writes the resource in Azure Resource Manager."""
    return is_written(item) and not item.write.on_data_plane


def is_read(item: Resource) -> bool:
    """Whether the resource is only read, for what it yields."""
    return item.write is Write.PUT and not item.body and item.undo is Undo.KEEP


def of_type(made: Plan, kind: str) -> list[Resource]:
    """The resources of a type that the plan writes."""
    return [item for item in made.resources if item.type == kind and is_written(item)]
