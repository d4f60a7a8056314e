"""What steps 5 to 7 need of the subscription beyond what the network needs."""

from collections.abc import Iterator

from landing_zone.plan import Resource
from landing_zone.planning.scope import Scope
from landing_zone.planning.subscription import provider, provider_namespaces, resource_group

# Exports are written by a provider of their own, registered where the storage account is
# (learn: cost-management-billing/costs/tutorial-improved-exports).
_ALWAYS_NEEDED = ("Microsoft.CostManagementExports", "Microsoft.Insights", "Microsoft.Storage")


def foundation_resources(scope: Scope) -> Iterator[Resource]:
    """The platform's own resource group in the subscription, and further providers."""
    yield resource_group(scope, "operations")
    for namespace in _further_namespaces(scope):
        yield provider(scope, namespace)


def _further_namespaces(scope: Scope) -> tuple[str, ...]:
    wanted = set(_ALWAYS_NEEDED)
    if scope.own_cluster and scope.request.gitops is not None:
        wanted.add("Microsoft.KubernetesConfiguration")
    return tuple(sorted(wanted - set(provider_namespaces(scope))))
