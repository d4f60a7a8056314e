"""The tags that every subscription, resource group and resource of a tenant carries."""

from typing import Final

from landing_zone.tenant_request import TenantRequest

REQUIRED_TAGS: Final = ("tenantId", "costCenter", "application", "environment", "owner")


def required_tags(request: TenantRequest) -> dict[str, str]:
    """The required tags with the values that the tenant's request gives them.

    Values are at most 254 characters; Azure takes 256 (learn:
    azure-resource-manager/management/tag-resources).
    """
    return {
        "tenantId": request.tenant_id,
        "costCenter": request.cost_center,
        "application": request.application,
        "environment": request.environment,
        "owner": request.owner.email,
    }
