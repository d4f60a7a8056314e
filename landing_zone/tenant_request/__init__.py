"""The tenant request: the versioned document in which a tenant is asked for."""

from landing_zone.tenant_request.model import API_VERSION, TenantRequest
from landing_zone.tenant_request.parts import (
    Access,
    Ai,
    Api,
    Budget,
    Compute,
    Data,
    Egress,
    GitOps,
    Model,
    Network,
    Nodes,
    Owner,
    Safety,
    Subscription,
)

__all__ = [
    "API_VERSION",
    "Access",
    "Ai",
    "Api",
    "Budget",
    "Compute",
    "Data",
    "Egress",
    "GitOps",
    "Model",
    "Network",
    "Nodes",
    "Owner",
    "Safety",
    "Subscription",
    "TenantRequest",
]
