"""What is known of a tenant before a route is made for it."""

from dataclasses import dataclass

from activities.dependencies import Dependencies
from activities.operations import summary_of
from landing_zone.contracts import Route, Stage
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub
from landing_zone.plan import Plan
from landing_zone.planning.suspended import is_at_rest
from landing_zone.references import Outputs
from landing_zone.reservation import Reservation
from landing_zone.routes.courses import TO_PLANS
from landing_zone.routes.updating import clear_stages
from landing_zone.tenants import TenantRecord


@dataclass(frozen=True)
class Situation:
    """A tenant that stands in its hub.

    Attributes:
        record: Its record.
        reservation: What it holds of its hub.
        hub: The hub.
        former: The plan that was last applied.
        outputs: What that plan's resources have yielded.
        remains: Plans of changes that failed, of which something may still be there.
    """

    record: TenantRecord
    reservation: Reservation
    hub: Hub
    former: Plan
    outputs: Outputs
    remains: tuple[Plan, ...] = ()


async def situation_of(deps: Dependencies, record: TenantRecord) -> Situation:
    """What is known of a tenant that stands in its hub.

    Raises:
        PermanentError: It does not (`NothingThere`); or it is to be led to another plan, and was
            left half suspended (`HalfSuspended`).
    """
    if record.reservation is None or not record.plan_hash:
        raise PermanentError(
            "NothingThere", "the tenant holds no place in a hub", "ask for the tenant again"
        )
    former = await deps.documents.get_plan(record.plan_hash)
    if record.work.kind in TO_PLANS and is_at_rest(former):
        raise PermanentError(
            "HalfSuspended",
            "the tenant is closed in part, and cannot be changed so",
            "suspend it again, which closes it whole, then resume it",
        )
    ended = await deps.documents.get_operation(record.applied_by) or {}
    return Situation(
        record=record,
        reservation=record.reservation,
        hub=deps.document.hub(record.reservation.hub),
        former=former,
        outputs=ended.get("outputs", {}),
        remains=tuple([await deps.documents.get_plan(one) for one in record.remains]),
    )


async def route_over(
    deps: Dependencies,
    situation: Situation,
    plans: tuple[Plan, ...],
    stages: tuple[Stage, ...],
    back: tuple[Stage, ...] = (),
    plan_hash: str = "",
) -> Route:
    """A route over some plans, which are kept under their hashes."""
    for made in plans:
        await deps.documents.put_plan(made)
    return Route(
        plans=tuple(summary_of(deps, made) for made in {one.hash: one for one in plans}.values()),
        stages=stages,
        back=back,
        outputs={key: dict(values) for key, values in situation.outputs.items()},
        plan_hash=plan_hash,
    )


def cleared(deps: Dependencies, situation: Situation, made: Plan, route: Route) -> Route:
    """A route to a plan that first takes back what changes that failed have left."""
    clearing = clear_stages(situation.remains, situation.former, made)
    if not clearing:
        return route
    known = {plan.plan_hash for plan in route.plans}
    more = tuple(summary_of(deps, one) for one in situation.remains if one.hash not in known)
    return route.model_copy(
        update={"plans": (*route.plans, *more), "stages": (*clearing, *route.stages)}
    )
