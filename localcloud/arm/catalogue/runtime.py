"""Where a tenant's work runs, and as whom: AKS, Flux, and user-assigned identities."""

from localcloud.arm.behaviours import clusters, identities
from localcloud.arm.catalogue.model import Hooks, Reference, ResourceType, Scope, Writing
from localcloud.arm.catalogue.network import SUBNET

_AKS = ("2026-05-01", "2026-08-01")
_MODELS = "azure.mgmt.containerservice.models"
_FLUX = "azure.mgmt.kubernetesconfiguration.fluxconfigurations.models"
_MSI = "azure.mgmt.msi.v2024_11_30.models"

TYPES = (
    ResourceType(
        clusters.CLUSTER,
        versions=_AKS,
        model=f"{_MODELS}:ManagedCluster",
        patch=f"{_MODELS}:TagsObject",
        write=Writing.ASYNC,
        delete=Writing.ASYNC,
        tracked=True,
        name_pattern=r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?",
        provisioning=True,
        references=(Reference("properties.agentPoolProfiles[].vnetSubnetID", SUBNET),),
        lock=clusters.CLUSTER,
        hooks=Hooks(
            check=clusters.check,
            prepare=clusters.prepare,
            written=clusters.written,
            render=clusters.render,
        ),
    ),
    ResourceType(
        clusters.POOL,
        versions=_AKS,
        model=f"{_MODELS}:AgentPool",
        write=Writing.ASYNC,
        delete=Writing.ASYNC,
        name_pattern=r"[a-z][a-z0-9]{0,11}",
        provisioning=True,
        defaults=clusters.POOL_DEFAULTS,
        references=(
            Reference("properties.vnetSubnetID", SUBNET),
            Reference("properties.podSubnetID", SUBNET),
        ),
        lock=clusters.CLUSTER,
        hidden=True,
        hooks=Hooks(
            check=clusters.check_pool,
            prepare=clusters.prepare_pool,
            check_delete=clusters.check_pool_delete,
        ),
    ),
    ResourceType(
        clusters.NAMESPACE,
        versions=_AKS,
        model=f"{_MODELS}:ManagedNamespace",
        patch=f"{_MODELS}:TagsObject",
        write=Writing.ASYNC,
        delete=Writing.ASYNC,
        tracked=True,
        name_pattern=r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        provisioning=True,
        busy="Creating",
        # learn: rest/api/aks/managed-namespaces, NamespaceProvisioningState
        changing="Updating",
        defaults={"properties": {"adoptionPolicy": "Never", "deletePolicy": "Keep"}},
        lock=clusters.NAMESPACE,
        hidden=True,
        hooks=Hooks(check=clusters.check_namespace, check_delete=clusters.check_namespace_delete),
    ),
    ResourceType(
        "Microsoft.KubernetesConfiguration/fluxConfigurations",
        versions=("2025-04-01",),
        model=f"{_FLUX}:FluxConfiguration",
        patch=f"{_FLUX}:FluxConfigurationPatch",
        scopes=Scope.RESOURCE,
        write=Writing.ASYNC,
        delete=Writing.ASYNC,
        name_pattern=r"(?=.{1,63}$)[a-z0-9](-?[a-z0-9])*",
        provisioning=True,
        busy="Creating",
        changing="Updating",
        secrets=("configurationProtectedSettings",),
        defaults={
            "properties": {
                "scope": "cluster",
                "namespace": "default",
                "sourceKind": "GitRepository",
                "suspend": False,
            }
        },
        lock="Microsoft.KubernetesConfiguration/fluxConfigurations",
        hidden=True,
        hooks=Hooks(
            check=clusters.check_flux,
            prepare=clusters.prepare_flux,
            settled=clusters.flux_settled,
            check_delete=clusters.check_flux_delete,
        ),
    ),
    ResourceType(
        identities.IDENTITY,
        versions=("2024-11-30",),
        model=f"{_MSI}:Identity",
        patch=f"{_MSI}:IdentityUpdate",
        tracked=True,
        name_pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
        hooks=Hooks(prepare=identities.prepare),
    ),
    ResourceType(
        f"{identities.IDENTITY}/federatedIdentityCredentials",
        versions=("2024-11-30",),
        model=f"{_MSI}:FederatedIdentityCredential",
        name_pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}",
        lock=identities.IDENTITY,
        conflict="ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        hidden=True,
        hooks=Hooks(check=identities.check_credential),
    ),
)
