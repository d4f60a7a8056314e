"""What the simulated tenants ask for."""

from typing import Any, Final

from landing_zone.tenant_request import TenantRequest
from tests.unit.planned_whole import wanting

DATA: Final[dict[str, dict[str, Any]]] = {
    "namespace": {"storage": True, "database": "postgresql", "vectorIndex": "shared"},
    "nodepool": {"storage": True, "database": "cosmos", "vectorIndex": "shared"},
    "cluster": {"storage": True, "database": "cosmos", "vectorIndex": "dedicated"},
}
"""By tier: together they ask for everything there is."""


def request_of(tier: str, tenant_id: str = "contoso-research") -> TenantRequest:
    """What a tenant of a tier asks for."""
    return wanting(tier, data=DATA[tier], tenantId=tenant_id)
