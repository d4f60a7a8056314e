"""Services that a hub shares.

Only those with an installed model can be written; the others stand as the seed made them, and can
be read and tagged.
"""

from localcloud.arm.catalogue.model import ResourceType, Writing

TYPES = (
    ResourceType(
        "Microsoft.ContainerService/managedClusters",
        versions=("2026-05-01", "2026-08-01"),
        model="azure.mgmt.containerservice.models:ManagedCluster",
        patch="azure.mgmt.containerservice.models:TagsObject",
        write=Writing.ASYNC,
        delete=Writing.ASYNC,
        tracked=True,
        name_pattern=r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?",
        provisioning=True,
        lock="Microsoft.ContainerService/managedClusters",
    ),
    ResourceType(
        "Microsoft.OperationalInsights/workspaces",
        versions=("2025-07-01",),
        tracked=True,
        provisioning=True,
    ),
    ResourceType(
        "Microsoft.ApiManagement/service",
        versions=("2024-05-01",),
        tracked=True,
        provisioning=True,
    ),
    ResourceType(
        "Microsoft.Search/searchServices",
        versions=("2025-05-01",),
        tracked=True,
        provisioning=True,
    ),
    ResourceType(
        "Microsoft.CognitiveServices/accounts",
        versions=("2025-09-01",),
        tracked=True,
        provisioning=True,
    ),
)
