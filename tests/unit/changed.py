"""How changes of a tenant ended, for tests that need such an end."""

from datetime import timedelta
from typing import Any, Final

from landing_zone.contracts import OperationRef, ResourceResult, Stage
from landing_zone.ends import RouteEnd, StageEnd
from landing_zone.plan import Plan
from landing_zone.work import Kind
from tests.fakes import NOON

OPERATION: Final = OperationRef(
    tenant_id="contoso-research", operation_id="contoso-research.2", kind=Kind.UPDATE
)
BROKEN: Final[dict[str, Any]] = {
    "code": "RequestDisallowedByPolicy",
    "reason": "it is disallowed",
    "hint": "ask for an exemption",
}


def result(key: str, state: str = "done", **changes: Any) -> ResourceResult:
    """What became of a resource; one that was skipped was never begun."""
    values: dict[str, Any] = {
        "key": key,
        "state": state,
        "started_at": None if state == "skipped" else NOON,
        "finished_at": NOON + timedelta(seconds=5),
        "attempts": 1,
    }
    return ResourceResult.model_validate(values | changes)


def staged(stage: Stage, *, back: bool = False, **states: str) -> StageEnd:
    """A stage that was gone to its end; what is named (`_` for `-` and `:`) ended otherwise."""
    named = {key.replace("_", ""): state for key, state in states.items()}
    results = tuple(
        result(key, named.get(key.replace("-", "").replace(":", ""), "done")) for key in stage.keys
    )
    failed = any(one.state != "done" for one in results)
    return StageEnd(
        name=stage.name,
        back=back,
        plan_hash=stage.plan_hash,
        direction=stage.direction,
        started_at=NOON + timedelta(seconds=1),
        finished_at=NOON + timedelta(seconds=6),
        results=results,
        code=BROKEN["code"] if failed else "",
    )


def ended(made: Plan | None, *stages: StageEnd, **changes: Any) -> RouteEnd:
    """How the operation ended: well, unless told."""
    values: dict[str, Any] = {
        "operation": OPERATION,
        "started_at": NOON,
        "routed": made is not None,
        "plan_hash": made.hash if made is not None else "",
        "stages": stages,
    }
    return RouteEnd.model_validate(values | changes)
