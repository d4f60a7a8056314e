"""What an adopted subscription is before the tenant: it is given back as that."""

from typing import Final

from activities.dependencies import Dependencies
from landing_zone.arm_ids import arm_id, subscription_scope
from landing_zone.differences import value_at
from landing_zone.planning import api_versions
from landing_zone.reservation import Before
from landing_zone.tags import required_tags
from landing_zone.tenants import TenantRecord

GROUP: Final = "Microsoft.Management/managementGroups"


async def subscription_before(deps: Dependencies, record: TenantRecord) -> Before | None:
    """Where an adopted subscription stands, and the values of its tags that ours replace.

    None for one that is vended, and for one that has our tags already: what an earlier attempt
    left behind is not what was there before.
    """
    subscription = record.request.subscription.id
    if subscription is None:
        return None
    scope = subscription_scope(str(subscription))
    found = await deps.arm.get(
        arm_id(scope, "Microsoft.Resources/tags", "default"), api_versions.RESOURCES
    )
    tags: dict[str, str] = value_at(found or {}, "properties.tags") or {}
    if tags.get("tenantId") == record.tenant_id:
        return None
    ours = {name.lower() for name in required_tags(record.request)}
    replaced = {name: value for name, value in tags.items() if name.lower() in ours}
    return Before(placement=await _placement(deps, str(subscription)), tags=replaced)


async def _placement(deps: Dependencies, subscription: str) -> str:
    """ARM id of a subscription as a member of its management group; empty where none shows it.

    learn: rest/api/managementgroups/management-groups/get-descendants.
    """
    root = arm_id("", GROUP, str(deps.document.directory_id))
    for found in await deps.arm.pages(f"{root}/descendants", api_versions.MANAGEMENT_GROUPS):
        if str(found["name"]).lower() == subscription.lower():
            parent = value_at(found, "properties.parent.id")
            return f"{parent}/subscriptions/{subscription}" if parent else ""
    return ""
