"""The routes out: of a tenant that is to go, and of what was left of one."""

from activities.dependencies import Dependencies
from activities.operations import summary_of
from activities.routing.remains import Remains, remains_of
from landing_zone.contracts import Route, Stage
from landing_zone.routes.cleaning import left_keys
from landing_zone.routes.offboarding import offboard_stages, removal_stages
from landing_zone.tenants import TenantRecord


async def route_of_offboarding(deps: Dependencies, record: TenantRecord) -> Route:
    """Out, from wherever the tenant stands: of a tenant that has nothing, to its certificate."""
    remains = await remains_of(deps, record)
    until = record.work.retain_until
    return await _route(deps, remains, offboard_stages(remains.plans, remains.outputs, until))


async def route_of_clean_up(deps: Dependencies, record: TenantRecord) -> Route:
    """To take back what was left, and nothing else."""
    remains = await remains_of(deps, record)
    stages = removal_stages(remains.plans, remains.outputs)
    return await _route(deps, remains, left_keys(stages, [item.key for item in record.open_work]))


async def _route(deps: Dependencies, remains: Remains, stages: tuple[Stage, ...]) -> Route:
    hashes = {stage.plan_hash for stage in stages}
    walked = [made for made in remains.plans if made.hash in hashes]
    for made in walked:
        await deps.documents.put_plan(made)
    return Route(
        plans=tuple(summary_of(deps, made) for made in walked),
        stages=stages,
        outputs=remains.outputs,
    )
