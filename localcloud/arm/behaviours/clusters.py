"""AKS clusters, their agent pools, managed namespaces, and what Flux applies to them."""

from copy import deepcopy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from localcloud.arm.behaviours.identities import give_identity, made_guid
from localcloud.arm.errors import ArmError, bad_request, conflict
from localcloud.arm.state.records import Record
from localcloud.arm.state.store import Store

if TYPE_CHECKING:
    from localcloud.arm.writing import Write

CLUSTER = "Microsoft.ContainerService/managedClusters"
POOL = f"{CLUSTER}/agentPools"
NAMESPACE = f"{CLUSTER}/managedNamespaces"
_MOST_POOLS = 100  # learn: aks/quotas-skus-regions
_MOST_NODES = 1_000
_RESERVED = frozenset({"kube-system", "kube-public", "kube-node-lease", "gatekeeper-system"})
POOL_DEFAULTS = MappingProxyType(
    {
        "properties": {
            "count": 1,
            "mode": "User",
            "osType": "Linux",
            "type": "VirtualMachineScaleSets",
        }
    }
)


def check(write: "Write") -> None:
    """A cluster has a system pool, a name in DNS, and a private API server that stays private.

    Raises:
        ArmError: It has not.
    """
    properties = write.properties
    if write.existing is not None:
        check_running(write.existing)
    profiles = properties.get("agentPoolProfiles", [])
    if write.existing is None and not any(one.get("mode") == "System" for one in profiles):
        message = f"The cluster {write.name} needs an agent pool of mode System."
        raise bad_request("InvalidParameter", message)
    if not write.body.get("identity") and not properties.get("servicePrincipalProfile"):
        message = f"The cluster {write.name} needs an identity or a service principal."
        raise bad_request("InvalidParameter", message)
    for profile in profiles:
        _check_size(profile["name"], profile)
    _check_private(write)


def _check_private(write: "Write") -> None:
    old = write.existing.properties if write.existing else None
    if old is None:
        return
    was = old.get("apiServerAccessProfile", {}).get("enablePrivateCluster", False)
    wanted = write.properties.get("apiServerAccessProfile", {}).get("enablePrivateCluster", False)
    if was != wanted:
        message = "Changing property 'apiServerAccessProfile.enablePrivateCluster' is not allowed."
        raise bad_request("PropertyChangeNotAllowed", message)


def _check_size(name: str, pool: dict[str, Any]) -> None:
    count = pool.get("count", 1)
    least, most = pool.get("minCount", 0), pool.get("maxCount", _MOST_NODES)
    if not 0 <= count <= _MOST_NODES or not 0 <= least <= most <= _MOST_NODES:
        message = f"The sizes {count}, {least} to {most} of the agent pool {name} are not possible."
        raise bad_request("InvalidParameter", message)
    if count == 0 and pool.get("mode", "User") == "System":
        # As learn: aks/use-system-pools tells.
        message = f"The agent pool {name} is of mode System: it needs at least one node."
        raise bad_request("InvalidParameter", message)
    if not pool.get("enableAutoScaling") and {"minCount", "maxCount"} & set(pool):
        # learn: rest/api/aks/agent-pools/create-or-update: they are for auto-scaling.
        message = f"The agent pool {name} has no minCount and maxCount without enableAutoScaling."
        raise bad_request("InvalidParameter", message)
    if pool.get("enableAutoScaling") and not {"minCount", "maxCount"} <= set(pool):
        message = f"The agent pool {name} needs minCount and maxCount to scale by itself."
        raise bad_request("InvalidParameter", message)


def prepare(write: "Write") -> None:
    """Fill in what Azure gives a cluster, and store its pools on their own."""
    properties, name = write.properties, write.name
    old = write.existing.properties if write.existing else {}
    group = write.id.split("/")[4]
    prefix = properties.setdefault("dnsPrefix", old.get("dnsPrefix", name))
    properties.setdefault("nodeResourceGroup", f"MC_{group}_{name}_{write.location}")
    host = f"{prefix}-{made_guid(write, 'host')[:8]}"
    if properties.get("apiServerAccessProfile", {}).get("enablePrivateCluster"):
        domain = f"privatelink.{write.location}.azmk8s.io"
        properties["privateFQDN"] = f"{host}.{made_guid(write, 'zone')}.{domain}"
    else:
        properties["fqdn"] = f"{host}.hcp.{write.location}.azmk8s.io"
    properties["powerState"] = {"code": "Running"}
    properties.setdefault("kubernetesVersion", "1.33")
    properties["currentKubernetesVersion"] = f"{properties['kubernetesVersion']}.2"
    issuer = properties.get("oidcIssuerProfile", {})
    if issuer.get("enabled"):
        url = f"https://{write.location}.oic.prod-aks.azure.com/{write.directory}"
        issuer["issuerURL"] = f"{url}/{made_guid(write, 'issuer')}/"
    kubelet = {
        "resourceId": f"/subscriptions/{write.id.split('/')[2]}/resourceGroups/"
        f"{properties['nodeResourceGroup']}/providers/Microsoft.ManagedIdentity/"
        f"userAssignedIdentities/{name}-agentpool",
        "clientId": made_guid(write, "kubelet-client"),
        "objectId": made_guid(write, "kubelet"),
    }
    properties["identityProfile"] = {"kubeletidentity": kubelet}
    give_identity(write)
    _put_pools(write)


def _put_pools(write: "Write") -> None:
    for profile in write.properties.pop("agentPoolProfiles", []):
        inner = {key: deepcopy(value) for key, value in profile.items() if key != "name"}
        pool_id = f"{write.id}/agentPools/{profile['name']}"
        known = write.store.get(pool_id)
        made = known.created if known else write.now
        body = {"properties": {**POOL_DEFAULTS["properties"], **inner}}
        _complete_pool(body["properties"], "Creating" if known is None else "Updating")
        write.store.put(Record(pool_id, POOL, body, created=made, changed=write.now))


def _complete_pool(properties: dict[str, Any], state: str) -> None:
    properties["provisioningState"] = state
    properties["powerState"] = {"code": "Running"}
    properties.setdefault("orchestratorVersion", "1.33")
    properties["currentOrchestratorVersion"] = "1.33.2"
    properties["nodeImageVersion"] = "AKSUbuntu-2204gen2containerd-202510.19.0"


def written(store: Store, record: Record) -> None:
    """The pools that came with the cluster are there."""
    for pool in store.children(record.id, POOL):
        pool.properties["provisioningState"] = "Succeeded"
        store.put(pool)


def render(store: Store, record: Record, body: dict[str, Any]) -> None:
    """Add the agent pools."""
    pools = store.children(record.id, POOL)
    shown = [{"name": one.name, **deepcopy(one.properties)} for one in pools]
    body["properties"]["agentPoolProfiles"] = shown


def check_pool(write: "Write") -> None:
    """An agent pool among those of its cluster.

    Raises:
        ArmError: There are too many, its size is not possible, or its cluster is not ready.
    """
    cluster = write.id.rpartition("/agentPools/")[0]
    _ready_cluster(write.store, cluster)
    properties = write.properties
    if not properties.get("vmSize"):
        raise bad_request("InvalidParameter", f"The agent pool {write.name} needs a vmSize.")
    _check_size(write.name, properties)
    _check_network(write, cluster)
    if write.existing is not None:
        if write.existing.properties.get("vmSize") != properties["vmSize"]:
            message = "Changing property 'properties.vmSize' is not allowed."
            raise bad_request("PropertyChangeNotAllowed", message)
    elif len(write.store.children(cluster, POOL)) >= _MOST_POOLS:
        message = f"A cluster takes {_MOST_POOLS} agent pools."
        raise bad_request("QuotaExceeded", message)


def _check_network(write: "Write", cluster: str) -> None:
    """The pools of a cluster stand in one network (learn: aks/node-pool-unique-subnet)."""
    subnets = [one.properties.get("vnetSubnetID") for one in write.store.children(cluster, POOL)]
    subnets.append(write.properties.get("vnetSubnetID"))
    networks = {one.lower().rpartition("/subnets/")[0] for one in subnets if one}
    if len(networks) > 1:
        message = f"The agent pool {write.name} has to be in the virtual network of the others."
        raise bad_request("InvalidParameter", message)


def prepare_pool(write: "Write") -> None:
    """Fill in the versions of a pool."""
    _complete_pool(write.properties, write.type.busy)


def check_pool_delete(store: Store, record: Record) -> None:
    """A cluster keeps a system pool.

    Raises:
        ArmError: It is the last one.
    """
    cluster = store.get(record.parent)
    if cluster is not None:
        check_running(cluster)
    pools = store.children(record.parent, POOL)
    system = [one for one in pools if one.properties.get("mode") == "System"]
    if system == [record]:
        message = f"There has to be at least one system agent pool: {record.name} is the last."
        raise bad_request("SystemPoolRequired", message)


def _ready_cluster(store: Store, cluster_id: str) -> Record:
    cluster = store.get(cluster_id)
    state = cluster.state if cluster else ""
    if cluster is None or state not in {"Succeeded", "Updating"}:
        message = f"Managed cluster is in {state} state: try again when it is Succeeded."
        raise conflict("OperationNotAllowedOnTransientState", message)
    check_running(cluster)
    return cluster


def power_of(record: Record) -> str:
    """Whether a cluster is `Running` or `Stopped`."""
    return str(record.properties.get("powerState", {}).get("code", ""))


def check_running(cluster: Record) -> None:
    """All that can be done to a stopped cluster is to start or to delete it.

    So says learn: aks/start-stop-cluster, limitations.

    Raises:
        ArmError: It is stopped.
    """
    if power_of(cluster) != "Running":
        message = (
            f"managed cluster is in Provisioning State({cluster.state}) and Power"
            f" State({power_of(cluster)}), the operation cannot be performed: start it first."
        )
        raise ArmError(409, "OperationNotAllowed", message)


def check_namespace_delete(store: Store, record: Record) -> None:
    """The namespace goes from a cluster that runs.

    Raises:
        ArmError: It is stopped.
    """
    cluster = store.get(record.parent)
    if cluster is not None:
        check_running(cluster)


def check_flux_delete(store: Store, record: Record) -> None:
    """What Flux has applied is taken back by its agent, which runs in the cluster.

    Azure waits for that agent; here it is refused (learn: cli/azure/k8s-configuration/flux, delete,
    whose `--force` is for clusters that cannot be reached).

    Raises:
        ArmError: The cluster is stopped.
    """
    cluster = store.get(record.parent)
    if cluster is not None:
        check_running(cluster)


def set_power(store: Store, cluster: Record, code: str, state: str, now: float) -> None:
    """Show the power state of a cluster and of its pools, with what is being done about it."""
    for one in (cluster, *store.children(cluster.id, POOL)):
        one.properties["powerState"] = {"code": code}
        one.properties["provisioningState"] = state
        one.touch(now)
        store.put(one)


def check_namespace(write: "Write") -> None:
    """A managed namespace stands in a running cluster, and is none of Kubernetes' own.

    Raises:
        ArmError: It is not, or its quota is no quantity.
    """
    _ready_cluster(write.store, write.id.rpartition("/managedNamespaces/")[0])
    if write.name in _RESERVED:
        message = f"The namespace {write.name} belongs to Kubernetes."
        raise bad_request("InvalidParameter", message)


def check_flux(write: "Write") -> None:
    """A Flux configuration has one source, and its kustomizations depend on each other only.

    Raises:
        ArmError: It has not, or its cluster is not ready.
    """
    scope = write.id.rpartition("/providers/")[0]
    _ready_cluster(write.store, scope)
    properties = write.properties
    kind = properties.get("sourceKind", "GitRepository")
    field = kind[:1].lower() + kind[1:]
    if not properties.get(field):
        message = f"The Flux configuration '{write.name}' needs a {field}."
        raise bad_request("InvalidFluxConfiguration", message)
    kustomizations = properties.get("kustomizations", {})
    for name, one in kustomizations.items():
        missing = set(one.get("dependsOn", [])) - set(kustomizations)
        if missing:
            message = (
                f"The kustomization '{name}' depends on {sorted(missing)}, which are not there."
            )
            raise bad_request("InvalidFluxConfiguration", message)
    old = write.existing.properties if write.existing else properties
    for fixed in ("namespace", "scope"):
        if old.get(fixed) != properties.get(fixed):
            message = f"The {fixed} of the Flux configuration '{write.name}' cannot be changed."
            raise bad_request("PropertyChangeNotAllowed", message)


def prepare_flux(write: "Write") -> None:
    """What a source holds has not been applied yet once it is asked for.

    learn: azure-arc/kubernetes/monitor-gitops-flux-2, view details on cluster compliance.
    """
    write.properties["complianceState"] = "Pending"


def flux_settled(store: Store, record: Record) -> None:
    """What the source holds has been applied."""
    suspended = record.properties.get("suspend", False)
    record.properties["complianceState"] = "Suspended" if suspended else "Compliant"
    store.put(record)
