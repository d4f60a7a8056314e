"""The route of a migration to another isolation tier, and of what is left of one that was lost."""

from activities.dependencies import Dependencies
from activities.routing.situation import Situation, route_over
from activities.tenants import change_tenant, require_current
from landing_zone.contracts import Route
from landing_zone.errors import PermanentError
from landing_zone.plan import Plan
from landing_zone.routes.migrating import (
    joint_plan,
    migration_faults,
    migration_stages,
    onward_stages,
    return_stages,
)
from landing_zone.tenants import Crossing, TenantRecord


async def migration_route(deps: Dependencies, situation: Situation, made: Plan) -> Route:
    """Make the new runtime, switch, remove the old one; the registry says where it leads to.

    Raises:
        PermanentError: Data would be lost (`DataLoss`).
    """
    former = situation.former
    lost = migration_faults(former, made)
    if lost:
        told = "; ".join(fault.message for fault in lost)
        raise PermanentError("DataLoss", told, f"change {lost[0].allowed}")
    joint = joint_plan(former, made)
    route = await route_over(
        deps,
        situation,
        (former, joint, made),
        migration_stages(former, made, joint),
        return_stages(former, made, joint),
        made.hash,
    )
    operation = situation.record.operation

    def head(record: TenantRecord) -> TenantRecord:
        require_current(record, operation)
        # Until its end it holds the subnet of the nodes that it has, or is to have.
        held = situation.reservation if situation.reservation.node_subnet else record.reservation
        return record.model_copy(update={"heading": made.hash, "reservation": held})

    await change_tenant(deps, operation.tenant_id, head)
    return route


async def onward_route(deps: Dependencies, situation: Situation, crossing: Crossing) -> Route:
    """Remove what is left of the old runtime: the registry has the new plan already."""
    former = await deps.documents.get_plan(crossing.plan_hash)
    made = situation.former
    stages = onward_stages(former, made)
    return await route_over(deps, situation, (former, made), stages, (), made.hash)
