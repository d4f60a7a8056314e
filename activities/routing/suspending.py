"""The routes of suspending a tenant and of resuming it."""

from activities.dependencies import Dependencies
from activities.routing.situation import Situation, route_over
from activities.routing.updating import require_allowed
from landing_zone.contracts import Route
from landing_zone.planning import plan
from landing_zone.planning.suspended import suspended
from landing_zone.routes.suspending import (
    plans_of_resuming,
    plans_of_suspending,
    resume_stages,
    resuspend_stages,
    suspend_stages,
    unsuspend_stages,
)


async def route_of_suspend(deps: Dependencies, situation: Situation) -> Route:
    """From the plan to its suspended form; back to the plan, unless it did not hold before.

    What had failed before cannot be brought back by opening it again: it is closed or stays failed.
    """
    former = situation.former
    closed = suspended(former)
    back = () if situation.record.open_work else unsuspend_stages(former, closed)
    return await route_over(
        deps,
        situation,
        plans_of_suspending(former, closed),
        suspend_stages(former, closed),
        back,
        closed.hash,
    )


async def route_of_resume(deps: Dependencies, situation: Situation) -> Route:
    """From the suspended form to what today's rules make of the request; back to that form.

    The tenant has kept its place in the hub, so that there is room for it.

    Raises:
        PermanentError: Data would be lost that nobody has allowed to be (`DataLoss`).
    """
    closed = situation.former
    request = situation.record.request
    made = plan(request, deps.document, situation.hub, situation.reservation, deps.rules)
    require_allowed(situation, made)
    return await route_over(
        deps,
        situation,
        plans_of_resuming(closed, made),
        resume_stages(closed, made),
        resuspend_stages(closed, made),
        made.hash,
    )
