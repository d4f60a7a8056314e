"""The routes of a fleet upgrade: the same request by today's rules, and back to the plan before.

Both touch only what the two plans differ in, and claim nothing: the request is the same, and so is
what it takes of the hub. A tenant whose plan stays the same costs one plan and no call of Azure.
"""

from activities.dependencies import Dependencies
from activities.routing.migrating import onward_route
from activities.routing.situation import Situation, route_over
from activities.routing.updating import require_allowed
from landing_zone.contracts import Route
from landing_zone.plan import Plan
from landing_zone.planning import plan
from landing_zone.routes.upgrading import is_same, return_stages, upgrade_stages


async def route_of_upgrade(deps: Dependencies, situation: Situation) -> Route:
    """Lead a tenant to what today's rules make of its request.

    Raises:
        PermanentError: Data would be lost that nobody has allowed to be (`DataLoss`).
    """
    if situation.record.left is not None:
        return await onward_route(deps, situation, situation.record.left)
    request = situation.record.request
    made = plan(request, deps.document, situation.hub, situation.reservation, deps.rules)
    return await _route_to(deps, situation, made)


async def route_of_roll_back(deps: Dependencies, situation: Situation) -> Route:
    """Go back to a plan that was applied before.

    Raises:
        PermanentError: Data would be lost that nobody has allowed to be (`DataLoss`).
    """
    if situation.record.left is not None:
        return await onward_route(deps, situation, situation.record.left)
    made = await deps.documents.get_plan(situation.record.work.plan_hash)
    return await _route_to(deps, situation, made)


async def _route_to(deps: Dependencies, situation: Situation, made: Plan) -> Route:
    former = situation.former
    require_allowed(situation, made)
    if is_same(former, made):
        return await route_over(deps, situation, (made,), (), plan_hash=made.hash)
    return await route_over(
        deps,
        situation,
        (former, made),
        upgrade_stages(former, made),
        return_stages(former, made),
        made.hash,
    )
