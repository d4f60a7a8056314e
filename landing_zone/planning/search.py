"""Step 5: the tenant's vector index, on a search service of its own or on the hub's.

An index itself is data, which ARM does not make; what ARM knows of it is the role at its scope.
"""

from collections.abc import Iterator

from landing_zone import naming
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import regional
from landing_zone.planning.scope import Scope

SEARCH = "search"

_KIND = "Microsoft.Search/searchServices"


def service_id(scope: Scope) -> str:
    """ARM id of the tenant's own search service."""
    name = naming.world_wide("srch", scope.request, salt=scope.salt)
    return scope.workload_id(_KIND, name)


def shared_index_id(scope: Scope) -> str:
    """ARM id by which roles are given at one index of the hub's service."""
    shared = scope.hub.resource_id(_KIND, scope.hub.shared_services.search)
    return f"{shared}/indexes/{naming.search_index(scope.request)}"


def search_resources(scope: Scope) -> Iterator[Resource]:
    """A dedicated service, where the tenant asked for one."""
    if scope.request.data.vector_index != "dedicated":
        return
    yield regional(
        scope,
        key=SEARCH,
        step=Step.RUNTIME_AND_DATA,
        kind=_KIND,
        resource_id=service_id(scope),
        api_version=api_versions.SEARCH,
        group="workload",
        top={"sku": {"name": "standard" if scope.request.environment == "prod" else "basic"}},
        properties={
            "replicaCount": 1,
            "partitionCount": 1,
            "disableLocalAuth": True,
            "networkRuleSet": {"bypass": "None"},
            "publicNetworkAccess": "Disabled",
        },
    )
