"""What is known of a tenant before a route is made for it."""

from dataclasses import dataclass

from activities.dependencies import Dependencies
from activities.operations import summary_of
from landing_zone.contracts import Route, Stage
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub
from landing_zone.plan import Plan
from landing_zone.references import Outputs
from landing_zone.reservation import Reservation
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
        left: Plans of changes that failed, of which something may still be there.
    """

    record: TenantRecord
    reservation: Reservation
    hub: Hub
    former: Plan
    outputs: Outputs
    left: tuple[Plan, ...] = ()


async def situation_of(deps: Dependencies, record: TenantRecord) -> Situation:
    """What is known of a tenant that stands in its hub.

    Raises:
        PermanentError: It does not (`NothingThere`).
    """
    if record.reservation is None or not record.plan_hash:
        raise PermanentError(
            "NothingThere", "the tenant holds no place in a hub", "ask for the tenant again"
        )
    ended = await deps.documents.get_operation(record.applied_by) or {}
    return Situation(
        record=record,
        reservation=record.reservation,
        hub=deps.document.hub(record.reservation.hub),
        former=await deps.documents.get_plan(record.plan_hash),
        outputs=ended.get("outputs", {}),
        left=tuple([await deps.documents.get_plan(one) for one in record.left]),
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
