"""Step 5: where the tenant's workloads run, by isolation tier."""

from collections.abc import Iterator

from landing_zone import naming
from landing_zone.plan import Resource, Step
from landing_zone.planning import api_versions
from landing_zone.planning.cluster import CLUSTER, cluster_resources
from landing_zone.planning.making import existing
from landing_zone.planning.node_subnets import NODE_SUBNET, node_subnet, node_subnet_id
from landing_zone.planning.roles import Role, role_assignment
from landing_zone.planning.scope import Scope
from landing_zone.references import reference

SHARED_CLUSTER = "shared-cluster"
NAMESPACE = "namespace"
NODE_POOL = "node-pool"
# Label and taint of a tenant's nodes.
NODE_KEY = "tenant"

_CLUSTER = "Microsoft.ContainerService/managedClusters"


def runtime_resources(scope: Scope) -> Iterator[Resource]:
    """A namespace, a namespace on nodes of its own, or a cluster."""
    if scope.own_cluster:
        yield from cluster_resources(scope)
    else:
        yield _shared_cluster(scope)
        if scope.request.isolation == "nodepool":
            yield node_subnet(scope)
            yield _node_pool(scope)
        yield _namespace(scope)
    yield from _access(scope)


def issuer_reference(scope: Scope) -> str:
    """What stands for the URL that the cluster's tokens are issued under."""
    return reference(CLUSTER if scope.own_cluster else SHARED_CLUSTER, "issuer")


def runtime_key(scope: Scope) -> str:
    """Key of what has to be there before a workload is."""
    return CLUSTER if scope.own_cluster else NAMESPACE


def _shared_cluster(scope: Scope) -> Resource:
    return existing(
        key=SHARED_CLUSTER,
        kind=_CLUSTER,
        resource_id=scope.cluster_id,
        api_version=api_versions.CONTAINER_SERVICE,
        issuer="properties.oidcIssuerProfile.issuerURL",
    )


def _node_pool(scope: Scope) -> Resource:
    nodes = scope.request.compute.nodes
    if nodes is None:
        raise AssertionError("a request of tier nodepool always describes its nodes")
    tenant = scope.request.tenant_id
    properties = {
        "mode": "User",
        "type": "VirtualMachineScaleSets",
        "vmSize": nodes.size,
        "osType": "Linux",
        "enableAutoScaling": True,
        "enableNodePublicIP": False,
        "vnetSubnetID": node_subnet_id(scope.hub, tenant),
        "count": nodes.min,
        "minCount": nodes.min,
        "maxCount": nodes.max,
        # What the subnet has addresses for: `NodePools.nodes_each`.
        "upgradeSettings": {"maxSurge": "1"},
        "nodeLabels": {NODE_KEY: tenant},
        "nodeTaints": [f"{NODE_KEY}={tenant}:NoSchedule"],
        "tags": scope.tags,
    }
    return Resource(
        key=NODE_POOL,
        step=Step.RUNTIME_AND_DATA,
        type=f"{_CLUSTER}/agentPools",
        id=f"{scope.cluster_id}/agentPools/{naming.node_pool(scope.request)}",
        api_version=api_versions.CONTAINER_SERVICE,
        body={"properties": properties},
        after=frozenset({SHARED_CLUSTER, NODE_SUBNET}),
    )


def _namespace(scope: Scope) -> Resource:
    compute = scope.request.compute
    own_nodes = scope.request.isolation == "nodepool"
    # Requests equal limits: a tenant has what it was promised, and cannot take more.
    cpu, memory = f"{compute.cpu * 1000}m", f"{compute.memory_gib}Gi"
    return Resource(
        key=NAMESPACE,
        step=Step.RUNTIME_AND_DATA,
        type=f"{_CLUSTER}/managedNamespaces",
        id=_namespace_id(scope),
        api_version=api_versions.CONTAINER_SERVICE,
        body={
            # A managed namespace stands where its cluster does.
            "location": scope.hub.region,
            "tags": scope.tags,
            "properties": {
                "labels": _labels(scope),
                "annotations": _pinned(scope) if own_nodes else {},
                "defaultResourceQuota": {
                    "cpuRequest": cpu,
                    "cpuLimit": cpu,
                    "memoryRequest": memory,
                    "memoryLimit": memory,
                },
                "defaultNetworkPolicy": {
                    "ingress": "AllowSameNamespace",
                    "egress": "AllowSameNamespace",
                },
                # What someone else made under this name is never taken over.
                "adoptionPolicy": "Never",
                "deletePolicy": "Delete",
            },
        },
        after=frozenset({SHARED_CLUSTER} | ({NODE_POOL} if own_nodes else set())),
    )


def _namespace_id(scope: Scope) -> str:
    name = naming.kubernetes_namespace(scope.request)
    return f"{scope.cluster_id}/managedNamespaces/{name}"


def _labels(scope: Scope) -> dict[str, str]:
    return {
        NODE_KEY: scope.request.tenant_id,
        "environment": scope.request.environment,
        "pod-security.kubernetes.io/enforce": "baseline",
    }


def _pinned(scope: Scope) -> dict[str, str]:
    """Annotations that the cluster's admission turns into every pod's selector and toleration."""
    tenant = scope.request.tenant_id
    toleration = (
        f'[{{"key":"{NODE_KEY}","operator":"Equal","value":"{tenant}","effect":"NoSchedule"}}]'
    )
    return {
        "scheduler.alpha.kubernetes.io/node-selector": f"{NODE_KEY}={tenant}",
        "scheduler.alpha.kubernetes.io/defaultTolerations": toleration,
        # Nothing else is tolerated, so that no pod reaches another tenant's nodes.
        "scheduler.alpha.kubernetes.io/tolerationsWhitelist": toleration,
    }


def _access(scope: Scope) -> Iterator[Resource]:
    """The owner's group works in the namespace, or with the whole of its own cluster."""
    if scope.own_cluster:
        granted = {"user": Role.AKS_CLUSTER_USER, "admin": Role.AKS_CLUSTER_ADMIN}
        target = scope.cluster_id
    else:
        granted = {"user": Role.AKS_NAMESPACE_USER, "writer": Role.AKS_WRITER}
        target = _namespace_id(scope)
    for word, role in granted.items():
        yield role_assignment(
            scope,
            key=f"owner:kubernetes-{word}",
            target=target,
            role=role,
            principal=str(scope.request.owner.group),
            after=frozenset({runtime_key(scope)}),
            kind="Group",
        )
