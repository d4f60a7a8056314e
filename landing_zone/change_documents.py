"""What is told of an operation that followed a route: its document, and what it left undone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from landing_zone.arm_ids import normalized
from landing_zone.contracts import ResourceResult
from landing_zone.ends import OpenWork, RouteEnd, StageEnd
from landing_zone.operations import OperationView, operation_document
from landing_zone.plan import Plan
from landing_zone.progress import OperationStatus, marks, outputs_of_results, unmarked
from landing_zone.references import resolved_where_known

type Outputs = dict[str, dict[str, str]]


def plan_hashes(end: RouteEnd) -> tuple[str, ...]:
    """The plans that were walked over, and the one that holds at the end."""
    hashes = (end.plan_hash, *(stage.plan_hash for stage in end.stages))
    return tuple(dict.fromkeys(one for one in hashes if one))


def outputs_after(end: RouteEnd) -> Outputs:
    """What is known of the outputs of all resources."""
    known = dict(end.outputs)
    for stage in end.stages:
        known = outputs_of_results(stage.results, known)
    return known


def open_work(end: RouteEnd, plans: Mapping[str, Plan]) -> tuple[OpenWork, ...]:
    """What should be there or gone and is not.

    Where it ended well or came back, that is only what was given up. What the way there had not got
    to yet is nothing to take back, and what failed on it and was put right on the way back is
    nothing that is left.
    """
    outputs = outputs_after(end)
    settled = end.ok or end.is_back
    is_way_back = any(stage.back for stage in end.stages)
    last: dict[str, tuple[str, ResourceResult]] = {}
    for stage in end.stages:
        if settled and stage.back == end.ok:
            continue
        for result in stage.results:
            is_new = stage.direction == "apply" and not stage.back
            if is_new and is_way_back and result.started_at is None:
                continue
            resource = resolved_where_known(plans[stage.plan_hash].by_key[result.key].id, outputs)
            last[normalized(resource)] = resource, result
    return tuple(
        OpenWork(
            key=result.key,
            resource=resource,
            reason=result.message or "something that it has to wait for failed",
            missing=result.state == "given-up",
        )
        for resource, result in last.values()
        if result.state == "given-up" or (result.state != "done" and not settled)
    )


def taken_back(end: RouteEnd, plans: Mapping[str, Plan]) -> frozenset[str]:
    """Normalized ids of what an operation has taken back."""
    outputs = outputs_after(end)
    return frozenset(
        normalized(resolved_where_known(plans[stage.plan_hash].by_key[result.key].id, outputs))
        for stage in end.stages
        if stage.direction == "undo"
        for result in stage.results
        if result.state == "done"
    )


def change_document(end: RouteEnd, plans: Mapping[str, Plan], now: datetime) -> dict[str, Any]:
    """The operation as JSON: its steps as of an onboarding, and what each stage did."""
    outputs = outputs_after(end)
    main = plans.get(end.plan_hash)
    results = _applied(end, main) if main is not None else {}
    status = OperationStatus(
        started_at=end.started_at,
        phase="end",
        planned_at=_seconds(end.started_at, end.stages[0].started_at) if end.stages else None,
        plan_hash=end.plan_hash,
        applied=marks(end.started_at, results),
        outputs=outputs,
        final=end.is_past,
    )
    view = OperationView(
        operation=end.operation,
        state="succeeded" if end.is_reached else "rolled-back" if end.is_back else "failed",
        status=status,
        plan=main,
        finished_at=now,
        code=end.code,
        reason=end.reason,
        hint=end.hint,
        keys=frozenset(results) if end.ok else None,
    )
    stages = [_stage(end, stage, plans, outputs) for stage in end.stages]
    return {**operation_document(view), "stages": stages, "outputs": outputs}


def _applied(end: RouteEnd, main: Plan) -> dict[str, ResourceResult]:
    """What became of the plan's resources, over whichever plans they were made on the way."""
    return {
        result.key: result
        for stage in end.stages
        if stage.direction == "apply" and not stage.back
        for result in stage.results
        if result.key in main.by_key
    }


def _stage(
    end: RouteEnd, stage: StageEnd, plans: Mapping[str, Plan], outputs: Outputs
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": stage.name,
        "back": stage.back,
        "final": stage.final,
        "direction": stage.direction if stage.plan_hash else None,
        "planHash": stage.plan_hash or None,
        "state": "done" if stage.ok else "failed",
        "startedAt": stage.started_at.isoformat(),
        "finishedAt": stage.finished_at.isoformat(),
        "seconds": _seconds(stage.started_at, stage.finished_at),
        "resources": [],
    }
    if stage.code:
        found |= {"code": stage.code, "reason": stage.message, "hint": stage.hint}
    if stage.plan_hash:
        made = plans[stage.plan_hash].by_key
        marked = marks(end.started_at, {result.key: result for result in stage.results})
        found["resources"] = [
            {
                "key": result.key,
                "type": made[result.key].type,
                "id": resolved_where_known(made[result.key].id, outputs),
                "wrote": result.wrote,
                **unmarked(end.started_at, marked[result.key]),
            }
            for result in stage.results
        ]
    return found


def _seconds(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds(), 3)
