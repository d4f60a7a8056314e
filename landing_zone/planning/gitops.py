"""Step 5: the tenant's workloads come from its Git repository, into its namespace only."""

from collections.abc import Iterator

from landing_zone import naming
from landing_zone.arm_ids import arm_id
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.making import provider_key
from landing_zone.planning.runtime import runtime_key
from landing_zone.planning.scope import Scope

GITOPS = "gitops"

_KIND = "Microsoft.KubernetesConfiguration/fluxConfigurations"


def gitops_resources(scope: Scope) -> Iterator[Resource]:
    """A Flux configuration, where the tenant named a repository."""
    source = scope.request.gitops
    if source is None:
        return
    provider = {provider_key(_KIND)} if scope.own_cluster else set[str]()
    yield Resource(
        key=GITOPS,
        step=Step.RUNTIME_AND_DATA,
        type=_KIND,
        id=arm_id(scope.cluster_id, _KIND, naming.flux_configuration(scope.request)),
        api_version=api_versions.FLUX,
        body={
            "properties": {
                # With this scope Flux acts as a service account of the namespace, not as admin.
                "scope": "namespace",
                "namespace": naming.kubernetes_namespace(scope.request),
                "sourceKind": "GitRepository",
                "gitRepository": {
                    "url": source.url,
                    "repositoryRef": {"branch": source.branch},
                    "syncIntervalInSeconds": 300,
                    "timeoutInSeconds": 300,
                },
                "kustomizations": {
                    "apps": {
                        "path": source.path,
                        "prune": True,
                        "syncIntervalInSeconds": 300,
                        "retryIntervalInSeconds": 60,
                        "timeoutInSeconds": 600,
                    }
                },
            }
        },
        after=frozenset({runtime_key(scope)} | provider),
    )
