"""Leads a tenant from one plan to another: updates, suspends, resumes, offboards."""

from collections.abc import Iterable
from typing import Any

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.attempts import Wait
from landing_zone.contracts import (
    Call,
    OperationRef,
    Outcome,
    PlanSummary,
    ResourceResult,
    Route,
    Stage,
)
from landing_zone.ends import RouteEnd, StageEnd
from landing_zone.explaining.acts import Act
from landing_zone.graph import Graph, reversed_graph, subgraph
from landing_zone.progress import LiveStatus, live_wait, mark_text, outputs_of_results
from orchestrators.calls import Steps, WaitNote, settle
from orchestrators.fan_out import Results, Walk, walk
from orchestrators.hearing import Attention
from orchestrators.onboard_tenant import REQUEST_RETRY, RESULT_RETRY, first_failure

type Outputs = dict[str, dict[str, str]]


def follow_route(context: DurableOrchestrationContext) -> Steps[dict[str, Any]]:
    """Bring a tenant from the plan that it has to the one that it is to have.

    1. Begin: the registry says what is at work.
    2. Make the route: its stages, and what leads back.
    3. Follow it, stage by stage. Where one fails, follow the way back, if there is any; from the
       first final stage on, only go forward.
    4. End it: the registry says how it ended, and what comes next.
    """
    operation = OperationRef.parse(context.get_input(dict))
    journey = _Journey(context, operation)
    outcome = Outcome(state="done")
    for activity in ("begin_change", "make_route"):
        outcome = yield from settle(context, activity, operation, REQUEST_RETRY, journey.note)
        if outcome.state == "failed":
            break
    if outcome.route is None:
        end = journey.end(None, outcome)
    else:
        end = yield from journey.follow(outcome.route)
    ended = yield from settle(context, "end_change", end, REQUEST_RETRY, journey.note)
    if ended.owed:
        yield from settle(context, "send_results", operation, RESULT_RETRY, journey.note)
    answer: dict[str, Any] = {"ok": end.ok and ended.state == "done"}
    return answer | ({"following": ended.following.dump()} if ended.following else {})


class _Journey:
    """One way along a route."""

    def __init__(self, context: DurableOrchestrationContext, operation: OperationRef) -> None:
        self._context = context
        self._operation = operation
        self._ends: list[StageEnd] = []
        self._outputs: Outputs = {}
        self.note = _Board(context, operation)

    def follow(self, route: Route) -> Steps[RouteEnd]:
        """Follow it to its end, or back."""
        self._outputs = dict(route.outputs)
        self.note.forward(returns=bool(route.back))
        reversible = tuple(stage for stage in route.stages if not stage.final)
        problem = yield from self._stages(route, reversible, back=False)
        if problem is not None:
            self.note.backward()
            if not route.back:
                self._leave(route, reversible[len(self._ends) :])
            # What cannot be brought back at one place is no reason to leave the next as it is.
            for stage in route.back:
                yield from self._stages(route, (stage,), back=True)
            return self.end(route, problem)
        for stage in route.stages[len(reversible) :]:
            # Nor is what cannot be removed, once there is no way back.
            found = yield from self._stages(route, (stage,), back=False)
            problem = problem or found
        return self.end(route, problem)

    def _leave(self, route: Route, stages: Iterable[Stage]) -> None:
        """Tell what was not got to: where nothing leads back, what was to be taken back is left."""
        now = self._context.current_utc_datetime
        for stage in stages:
            if not stage.plan_hash or stage.direction != "undo":
                continue
            left = _undoable(route.plan_of(stage)) & frozenset(stage.keys)
            results = (
                ResourceResult(key=key, state="skipped", finished_at=now)
                for key in stage.keys
                if key in left
            )
            self._ends.append(
                StageEnd(
                    name=stage.name,
                    plan_hash=stage.plan_hash,
                    direction=stage.direction,
                    started_at=now,
                    finished_at=now,
                    results=tuple(results),
                    code="NotReached",
                    message="what comes before it failed",
                )
            )

    def end(self, route: Route | None, problem: Outcome | None) -> RouteEnd:
        """How it ended; without a problem, well."""
        self.note.attention.open = False
        self.note.show(phase="end")
        return RouteEnd(
            operation=self._operation,
            started_at=self.note.started_at,
            routed=route is not None,
            plan_hash=route.plan_hash if route else "",
            outputs=self._outputs,
            stages=tuple(self._ends),
            code=problem.code or "Failed" if problem else "",
            reason=problem.message if problem else "",
            hint=problem.hint if problem else "",
        )

    def _stages(
        self, route: Route, stages: Iterable[Stage], *, back: bool
    ) -> Steps[Outcome | None]:
        """Follow some stages; the first problem, if there is any."""
        for stage in stages:
            started = self._context.current_utc_datetime
            self.note.stage(stage, back=back)
            results, problem = yield from self._stage(route, stage, back=back)
            self._ends.append(
                StageEnd(
                    name=stage.name,
                    back=back,
                    final=stage.final,
                    plan_hash=stage.plan_hash,
                    direction=stage.direction,
                    started_at=started,
                    finished_at=self._context.current_utc_datetime,
                    results=tuple(results.values()),
                    code=problem.code or "Failed" if problem else "",
                    message=problem.message if problem else "",
                    hint=problem.hint if problem else "",
                )
            )
            if problem is not None:
                return problem
        return None

    def _stage(
        self, route: Route, stage: Stage, *, back: bool
    ) -> Steps[tuple[Results, Outcome | None]]:
        if stage.until is not None and stage.until > self._context.current_utc_datetime:
            self.note.show(cause=f"waiting until {stage.until.isoformat()}", until=stage.until)
            yield self._context.create_timer(stage.until)
        if stage.activity:
            outcome = yield from settle(
                self._context, stage.activity, self._operation, REQUEST_RETRY, self.note
            )
            if outcome.state == "failed":
                return {}, outcome
        if not stage.plan_hash:
            return {}, None
        return (yield from self._walk(route.plan_of(stage), stage, back=back))

    def _walk(
        self, plan: PlanSummary, stage: Stage, *, back: bool
    ) -> Steps[tuple[Results, Outcome | None]]:
        self.note.walking(plan, stage, self._outputs)
        walking = Walk(
            operation=self._operation,
            summary=plan,
            direction=stage.direction,
            graph=self._graph(plan, stage, back=back),
            outputs=dict(self._outputs),
            stage=stage.name,
            before=stage.before,
        )
        results = yield from walk(self._context, walking, self.note.walked, self.note.attention)
        self._outputs = outputs_of_results(results.values(), walking.outputs)
        problem = (None if back else self.note.attention.problem) or first_failure(results)
        if problem is None and stage.verify:
            problem = yield from self._verify(plan, stage)
        return results, problem

    def _graph(self, plan: PlanSummary, stage: Stage, *, back: bool) -> Graph:
        """What each resource waits for; what was never begun is not taken back."""
        keys = frozenset(stage.keys)
        if stage.direction == "apply":
            return subgraph(plan.graph, keys)
        if back and not self._operation.run:
            # An earlier run, which was lost, may have begun more than this one knows of.
            keys &= self._begun(stage.plan_hash)
        return reversed_graph(subgraph(plan.graph, keys & _undoable(plan)))

    def _begun(self, plan_hash: str) -> frozenset[str]:
        return frozenset(
            result.key
            for end in self._ends
            if end.plan_hash == plan_hash and end.direction == "apply"
            for result in end.results
            if result.started_at is not None
        )

    def _verify(self, plan: PlanSummary, stage: Stage) -> Steps[Outcome | None]:
        """What does not hold, if anything."""
        self.note.show(phase="verify")
        for node in plan.nodes:
            if not node.ready or node.key not in stage.keys:
                continue
            data = Call(
                operation=self._operation,
                plan_hash=plan.plan_hash,
                key=node.key,
                direction="apply",
                outputs=self._outputs,
            )
            outcome = yield from settle(
                self._context, "verify_resource", data, plan.retry, self.note
            )
            if outcome.state == "failed":
                return outcome
        return None


def _undoable(plan: PlanSummary) -> frozenset[str]:
    """Keys of what can be taken back."""
    return frozenset(node.key for node in plan.nodes if node.undoable)


class _Board(WaitNote):
    """Keeps the custom status: how far the operation has come, for people."""

    def __init__(self, context: DurableOrchestrationContext, operation: OperationRef) -> None:
        self._context = context
        self.attention = Attention(context, operation, self.again)
        self.started_at = context.current_utc_datetime
        self._status = LiveStatus(started_at=self.started_at)
        self._places: dict[str, int] = {}
        self._named: frozenset[str] = frozenset()
        self._marks: list[str] = []
        self._outputs: Outputs = {}
        self._field = "applied"
        self.show()

    def __call__(self, wait: Wait) -> None:
        """Show what is waited for."""
        shown = live_wait(wait, self._context.current_utc_datetime)
        # Its cause is there already: a custom status has little room.
        self.show(cause=shown.cause, wait=shown.model_copy(update={"cause": ""}))

    def pause(self, context: DurableOrchestrationContext, seconds: float) -> Steps[Act | None]:  # noqa: ARG002 - it has its own
        """Wait, or heed an operator."""
        return (yield from self.attention.pause(seconds))

    def forward(self, *, returns: bool) -> None:
        """The route is there: it is followed, with a way back or without."""
        self.attention.open = returns and self.attention.problem is None
        self.show(way="" if returns else "one-way")

    def backward(self) -> None:
        """It is gone back."""
        self.attention.open = False
        self.show(way="back")

    def again(self, number: int, keys: frozenset[str]) -> None:
        """What failed is begun again: that it has ended says nothing any more."""
        for key in keys:
            self._marks[self._places[key]] = ""
        self.show(again=number)

    def show(self, **changes: Any) -> None:
        """Change the status and show it."""
        fresh = {"cause": "", "wait": None, "until": None}
        self._status = self._status.model_copy(update={**fresh, **changes})
        # Changed in place, resource by resource: it is replayed at each episode.
        marks = {self._field: self._marks, "outputs": self._outputs}
        self._context.set_custom_status({**self._status.dump(), **marks})

    def stage(self, stage: Stage, *, back: bool) -> None:
        """A stage has begun."""
        self._marks, self._places = [], {}
        phase = "undo" if back or stage.direction == "undo" else "apply"
        way = {"way": "one-way"} if stage.final else {}
        self.show(phase=phase, stage=stage.name, plan_hash="", final=stage.final, again=0, **way)

    def walking(self, plan: PlanSummary, stage: Stage, outputs: Outputs) -> None:
        """A walk has begun; it may not come by what is known already."""
        self._places = {node.key: place for place, node in enumerate(plan.nodes)}
        self._marks = [""] * len(plan.nodes)
        self._named = frozenset(plan.named)
        self._outputs |= {key: outputs[key] for key in plan.named if key in outputs}
        self._field = "undone" if stage.direction == "undo" else "applied"
        planned = self._status.planned_at
        if planned is None:
            seconds = self._context.current_utc_datetime - self.started_at
            planned = round(seconds.total_seconds(), 3)
        self.show(plan_hash=plan.plan_hash, planned_at=planned)

    def walked(self, result: ResourceResult) -> None:
        """A resource has been made or taken back, or not."""
        self._marks[self._places[result.key]] = mark_text(self.started_at, result)
        if result.key in self._named and result.key in result.outputs:
            self._outputs[result.key] = result.outputs[result.key]
