"""Onboards a tenant: reserves, plans, applies, verifies; or takes back what it made."""

from collections.abc import Mapping
from typing import Any

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.attempts import Wait
from landing_zone.contracts import (
    Call,
    OperationRef,
    Outcome,
    PlanSummary,
    ResourceResult,
)
from landing_zone.ends import OperationEnd
from landing_zone.explaining.acts import Act
from landing_zone.graph import Graph, reversed_graph, subgraph
from landing_zone.progress import LiveStatus, live_wait, mark_text, outputs_of_results
from landing_zone.retries import RetryPolicy
from orchestrators.calls import Steps, WaitNote, call, settle
from orchestrators.fan_out import Results, Walk, walk
from orchestrators.hearing import Attention

REQUEST_RETRY = RetryPolicy(deadline_seconds=1800.0)
"""Bounds of admission, reservation and bookkeeping, where nothing of Azure's is waited for."""

RESULT_RETRY = RetryPolicy(max_attempts=4, deadline_seconds=60.0)
"""Bounds of telling by message how it ended: where they are not enough, a timer does it later."""


def onboard_tenant(context: DurableOrchestrationContext) -> Steps[dict[str, Any]]:
    """Bring a tenant from requested to active, or to failed with nothing left unlisted.

    1. Admit it: the registry says provisioning.
    2. Reserve its address range.
    3. Plan it; the plan is kept outside the history.
    4. Apply the plan along its graph, independent branches at once; the hub is asked first.
    5. Verify the conditions that hold only when all is there.
    6. End it: active; or, after a failure, walk the same plan backwards over what was begun, and
       list what could not be taken back.
    7. Tell by message how it ended, where it was asked for by message.
    """
    operation = OperationRef.parse(context.get_input(dict))
    board = Board(context, operation)
    outcome = yield from _prepare(context, operation, board)
    if outcome.plan is None:
        end = board.end(problem=outcome)
    else:
        end = yield from _build(context, operation, outcome.plan, board)
    board.attention.open = False
    board.show(phase="end")
    ended = yield from settle(context, "end_operation", end, REQUEST_RETRY, board)
    if ended.owed:
        yield from settle(context, "send_results", operation, RESULT_RETRY, board)
    answer: dict[str, Any] = {"ok": end.ok and ended.state == "done"}
    return answer | ({"following": ended.following.dump()} if ended.following else {})


def _prepare(
    context: DurableOrchestrationContext, operation: OperationRef, board: "Board"
) -> Steps[Outcome]:
    board.show()
    outcome = Outcome(state="done")
    for activity in ("begin_operation", "reserve", "make_plan"):
        outcome = yield from settle(context, activity, operation, REQUEST_RETRY, board)
        if outcome.state == "failed":
            return outcome
    return outcome


def _build(
    context: DurableOrchestrationContext,
    operation: OperationRef,
    summary: PlanSummary,
    board: "Board",
) -> Steps[OperationEnd]:
    board.planned(summary)
    yield from _ask_hub(context, operation, summary)
    applying = Walk(operation, summary, "apply", summary.graph, {})
    results = yield from walk(context, applying, board.applied, board.attention)
    problem = board.attention.problem or first_failure(results)
    if problem is None:
        problem = yield from _verify(context, operation, summary, results, board)
    if problem is None:
        return board.end(results=results)
    board.undoing()
    undone = yield from _undo(context, operation, summary, results, board)
    return board.end(problem=problem, results=results, undone=undone)


def _ask_hub(
    context: DurableOrchestrationContext, operation: OperationRef, summary: PlanSummary
) -> Steps[None]:
    """Ask the hub before anything else is begun: it takes longest, and serves all who ask in time.

    Asking again is the same; what comes of it is for the resource's own sub-orchestration to see.
    """
    calls = [
        call(
            context,
            "begin_hub",
            Call(
                operation=operation,
                plan_hash=summary.plan_hash,
                key=node.key,
                direction="apply",
            ),
        )
        for node in summary.nodes
        if node.via == "hub" and not node.after
    ]
    if not calls:
        return
    try:
        yield context.task_all(calls)
    except Exception:  # noqa: BLE001 - whatever crashed, it is begun again
        return


def _verify(
    context: DurableOrchestrationContext,
    operation: OperationRef,
    summary: PlanSummary,
    results: Results,
    board: "Board",
) -> Steps[Outcome | None]:
    """What does not hold, if anything."""
    board.show(phase="verify")
    outputs = outputs_of_results(results.values())
    for node in summary.nodes:
        if node.ready:
            data = Call(
                operation=operation,
                plan_hash=summary.plan_hash,
                key=node.key,
                direction="apply",
                outputs=outputs,
            )
            outcome = yield from settle(context, "verify_resource", data, summary.retry, board)
            if outcome.state == "failed":
                return outcome
    return None


def _undo(
    context: DurableOrchestrationContext,
    operation: OperationRef,
    summary: PlanSummary,
    results: Results,
    board: "Board",
) -> Steps[Results]:
    graph = undo_graph(summary, results)
    if not graph:
        return {}
    undoing = Walk(operation, summary, "undo", graph, outputs_of_results(results.values()))
    return (yield from walk(context, undoing, board.undone, board.attention))


def undo_graph(summary: PlanSummary, results: Results) -> Graph:
    """What is to be taken back, and in which order: all that was begun, backwards."""
    begun = frozenset(
        node.key
        for node in summary.nodes
        if node.undoable and results[node.key].started_at is not None
    )
    return reversed_graph(subgraph(summary.graph, begun))


def first_failure(results: Results) -> Outcome | None:
    """What went wrong first, if anything did."""
    failed = [result for result in results.values() if result.state == "failed"]
    if not failed:
        return None
    first = min(failed, key=lambda result: (result.finished_at, result.key))
    return Outcome(
        state="failed",
        code=first.code,
        message=f"{first.key}: {first.message}",
        hint=first.hint,
    )


class Board(WaitNote):
    """Keeps the custom status: how far the operation has come, for people."""

    def __init__(self, context: DurableOrchestrationContext, operation: OperationRef) -> None:
        """Begin with nothing done."""
        self._context = context
        self._operation = operation
        self._status = LiveStatus(started_at=context.current_utc_datetime)
        self._places: dict[str, int] = {}
        self._named: frozenset[str] = frozenset()
        # What is shown is changed in place, resource by resource: it is replayed at each episode.
        self._shown: dict[str, Any] = {}
        self._applied: list[str] = []
        self._undone: list[str] = []
        self._outputs: dict[str, dict[str, str]] = {}
        self.attention = Attention(context, operation, self.again)

    def __call__(self, wait: Wait) -> None:
        """Show what is waited for."""
        shown = live_wait(wait, self._context.current_utc_datetime)
        # Its cause is there already: a custom status has little room.
        self.show(cause=shown.cause, wait=shown.model_copy(update={"cause": ""}))

    def pause(self, context: DurableOrchestrationContext, seconds: float) -> Steps[Act | None]:  # noqa: ARG002 - it has its own
        """Wait, or heed an operator."""
        return (yield from self.attention.pause(seconds))

    def show(self, **changes: Any) -> None:
        """Change the status and show it."""
        self._status = self._status.model_copy(update={"cause": "", "wait": None, **changes})
        marks = {"applied": self._applied, "undone": self._undone, "outputs": self._outputs}
        self._shown = {**self._status.dump(), **marks}
        self._context.set_custom_status(self._shown)

    def planned(self, summary: PlanSummary) -> None:
        """The plan is there, and its resources are begun."""
        self._places = {node.key: place for place, node in enumerate(summary.nodes)}
        self._named = frozenset(summary.named)
        self._applied = [""] * len(summary.nodes)
        seconds = self._context.current_utc_datetime - self._status.started_at
        self.show(
            phase="apply",
            plan_hash=summary.plan_hash,
            planned_at=round(seconds.total_seconds(), 3),
        )

    def applied(self, result: ResourceResult) -> None:
        """A resource has been made, or not."""
        self._applied[self._places[result.key]] = mark_text(self._status.started_at, result)
        if result.key in self._named and result.key in result.outputs:
            self._outputs[result.key] = result.outputs[result.key]

    def again(self, number: int, keys: frozenset[str]) -> None:
        """What failed is begun again: that it has ended says nothing any more."""
        for key in keys:
            self._applied[self._places[key]] = ""
        self.show(again=number)

    def undoing(self) -> None:
        """What was made is being taken back."""
        self.attention.open = False
        self._undone = [""] * len(self._places)
        self.show(phase="undo", again=0)

    def undone(self, result: ResourceResult) -> None:
        """A resource has been taken back, or not; that it was made says nothing any more."""
        place = self._places[result.key]
        self._applied[place] = ""
        self._undone[place] = mark_text(self._status.started_at, result)

    def end(
        self,
        problem: Outcome | None = None,
        results: Mapping[str, ResourceResult] | None = None,
        undone: Mapping[str, ResourceResult] | None = None,
    ) -> OperationEnd:
        """How the operation ended; without a problem, well."""
        return OperationEnd(
            operation=self._operation,
            ok=problem is None,
            started_at=self._status.started_at,
            planned_at=self._status.planned_at,
            plan_hash=self._status.plan_hash,
            results=tuple((results or {}).values()),
            undone=tuple((undone or {}).values()),
            code=problem.code if problem else "",
            reason=problem.message if problem else "",
            hint=problem.hint if problem else "",
        )
