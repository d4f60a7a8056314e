"""The routes into a suspension and out of it: the API is closed first, and opened last."""

from typing import Final

from landing_zone.contracts import Stage
from landing_zone.plan import Plan
from landing_zone.planning.cluster import CLUSTER
from landing_zone.planning.suspended import (
    API,
    COMPUTE,
    EGRESS,
    api_blocked,
    awake,
    in_plan,
    powered,
)
from landing_zone.routes.updating import APPLY, REMOVE, RESTORE, WITHDRAW, removal, whole

CLOSE_API: Final = "close-api"
CLOSE_EGRESS: Final = "close-egress"
STOP_COMPUTE: Final = "stop-compute"
OPEN_EGRESS: Final = "open-egress"
START_CLUSTER: Final = "start-cluster"
START_COMPUTE: Final = "start-compute"
OPEN_API: Final = "open-api"
STOP_CLUSTER: Final = "stop-cluster"


def suspend_stages(former: Plan, closed: Plan) -> tuple[Stage, ...]:
    """What suspends: only what a suspension closes is looked at, and the rest left alone."""
    return (
        _part(CLOSE_API, closed, API, former),
        _part(CLOSE_EGRESS, closed, EGRESS, former),
        _part(STOP_COMPUTE, closed, COMPUTE, former),
    )


def unsuspend_stages(former: Plan, closed: Plan) -> tuple[Stage, ...]:
    """What leads back from a suspension that did not come to its end."""
    return (
        _part(OPEN_EGRESS, former, EGRESS, closed),
        *_start(former),
        _part(START_COMPUTE, former, COMPUTE, closed),
        _part(OPEN_API, former, API, closed),
    )


def resume_stages(closed: Plan, wanted: Plan) -> tuple[Stage, ...]:
    """What resumes: nobody calls what does not run yet, and nothing starts without a way out."""
    blocked = api_blocked(wanted)
    return (
        _part(OPEN_EGRESS, wanted, EGRESS, closed),
        *_start(closed),
        whole(APPLY, blocked, closed),
        _part(OPEN_API, wanted, API, closed),
        *removal(REMOVE, closed, wanted),
    )


def resuspend_stages(closed: Plan, wanted: Plan) -> tuple[Stage, ...]:
    """What leads back from a resumption that did not come to its end.

    A cluster is written before it is stopped: of a stopped one nothing can be changed.
    """
    running = awake(closed)
    stopping = (_part(STOP_CLUSTER, closed, (CLUSTER,), wanted),) if _has_cluster(closed) else ()
    return (
        _part(CLOSE_API, closed, API, wanted),
        whole(RESTORE, running, wanted),
        *stopping,
        *removal(WITHDRAW, wanted, closed),
    )


def plans_of_suspending(former: Plan, closed: Plan) -> tuple[Plan, ...]:
    """The plans that those stages walk over."""
    return (former, closed, powered(former, "Running"))


def plans_of_resuming(closed: Plan, wanted: Plan) -> tuple[Plan, ...]:
    """The plans that those stages walk over."""
    return (closed, wanted, api_blocked(wanted), awake(closed), powered(closed, "Running"))


def _start(plan: Plan) -> tuple[Stage, ...]:
    """Start the tenant's own cluster, where it has one."""
    started = powered(plan, "Running")
    return (_part(START_CLUSTER, started, (CLUSTER,), plan),) if _has_cluster(plan) else ()


def _has_cluster(plan: Plan) -> bool:
    return CLUSTER in plan.by_key


def _part(name: str, plan: Plan, keys: tuple[str, ...], before: Plan) -> Stage:
    return Stage(name=name, plan_hash=plan.hash, keys=in_plan(plan, keys), before=before.hash)
