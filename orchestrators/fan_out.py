"""Walks a plan's graph: a sub-orchestration for each resource, all started at once.

The durable extension awaits the actions of an orchestrator one after the other, so an orchestrator
that starts each resource when its turn comes would be held up by the slowest one before it. Here
all are started by one action, and each waits for its own dependencies, whose end it is told of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.conclusions import Conclusion
from landing_zone.contracts import (
    Direction,
    OperationRef,
    PlanSummary,
    ResourceResult,
    ResourceTask,
    Via,
)
from landing_zone.explaining.acts import Deed
from landing_zone.graph import Graph, reversed_graph, subgraph, topological
from landing_zone.progress import outputs_of_results
from landing_zone.tenants import instance_id
from orchestrators.apply_resource import announcement
from orchestrators.calls import Steps, call
from orchestrators.hearing import Attention

type Results = dict[str, ResourceResult]


@dataclass(frozen=True)
class Walk:
    """One walk over some resources of a plan.

    Attributes:
        operation: The operation that it is part of.
        summary: The plan.
        direction: Made, or taken back.
        graph: What each of the resources waits for on this walk.
        outputs: What is known of outputs beforehand.
        stage: The stage of a route; empty for an operation that walks a plan only once.
        before: The plan that was applied before; empty where that is not known.
        again: Times that what had failed of it was begun again.
    """

    operation: OperationRef
    summary: PlanSummary
    direction: Direction
    graph: Graph
    outputs: Mapping[str, dict[str, str]]
    stage: str = ""
    before: str = ""
    again: int = 0

    @cached_property
    def vias(self) -> dict[str, Via]:
        """Who writes each resource."""
        return {node.key: node.via for node in self.summary.nodes}

    @property
    def name(self) -> str:
        """What it is called: unique in its operation."""
        return walk_name(self.stage or self.direction, self.again)

    def instance(self, key: str) -> str:
        """Instance id of the sub-orchestration of a resource, unique for ever."""
        return resource_instance(self.operation, self.name, key)

    def task(self, key: str, told: Graph) -> ResourceTask:
        """Input of the sub-orchestration of a resource."""
        return ResourceTask(
            operation=self.operation,
            plan_hash=self.summary.plan_hash,
            key=key,
            direction=self.direction,
            waits_for=tuple(sorted(self.graph[key])),
            tells=tuple(self.instance(other) for other in sorted(told[key])),
            outputs=dict(self.outputs),
            retry=self.summary.retry,
            via=self.vias.get(key, "resource"),
            before=self.before,
            walk="" if self.name == self.direction else self.name,
        )


def resource_instance(operation: OperationRef, walk: str, key: str) -> str:
    """Instance id of the sub-orchestration of one resource."""
    return f"{instance_prefix(operation, walk)}{key}"


def instance_prefix(operation: OperationRef, walk: str) -> str:
    """How the instance ids of all resources of one walk begin."""
    tenant = instance_id(operation.tenant_id)
    number = operation.operation_id.rpartition(".")[2]
    return f"{tenant}:{number}.{operation.run}:{walk}:"


def walk_name(walk: str, again: int) -> str:
    """What a walk is called in the ids of its resources: begun again, it is another one."""
    return f"{walk}~{again}" if again else walk


def walk(
    context: DurableOrchestrationContext,
    plan: Walk,
    on_end: Callable[[ResourceResult], None],
    attention: Attention,
) -> Steps[Results]:
    """Walk the graph to its end; and again over what has failed, where that is asked for meanwhile.

    Args:
        context: The orchestration's context.
        plan: What to walk.
        on_end: Told the end of each resource.
        attention: What an operator asks for.

    Returns:
        What became of each resource. Nothing is raised: a failure is a result.
    """
    attention.again = False
    results = yield from _once(context, plan, on_end, attention)
    while attention.again and attention.problem is None:
        attention.again = False
        left = frozenset(key for key, found in results.items() if found.state in _NOT_THERE)
        plan = replace(
            plan,
            graph=subgraph(plan.graph, left),
            outputs={**plan.outputs, **outputs_of_results(results.values())},
            again=plan.again + 1,
        )
        attention.on_again(plan.again, left)
        found = yield from _once(context, plan, on_end, attention)
        results |= {key: _later(results[key], result) for key, result in found.items()}
    return results


_NOT_THERE: Final = frozenset({"failed", "skipped"})


def _later(before: ResourceResult, result: ResourceResult) -> ResourceResult:
    """What became of a resource the second time: what was begun before has been begun."""
    begun = before.started_at or result.started_at
    wrote = before.wrote or result.wrote
    return result.model_copy(update={"started_at": begun, "wrote": wrote})


def _once(
    context: DurableOrchestrationContext,
    plan: Walk,
    on_end: Callable[[ResourceResult], None],
    attention: Attention,
) -> Steps[Results]:
    told = reversed_graph(plan.graph)
    # Those that wait for nothing are begun before those that only wait.
    inputs = {key: plan.task(key, told) for key in topological(plan.graph)}
    tasks = {
        key: context.call_sub_orchestrator(
            "apply_resource", data.dump(), plan.instance(key), expected_type=dict
        )
        for key, data in inputs.items()
    }
    results: Results = {}
    begun = False
    while len(results) < len(tasks):
        beside = attention.ear.beside(first=not begun)
        begun = True
        waited = [task for key, task in tasks.items() if key not in results]
        yield context.task_any([*waited, *beside])
        yield from _heed(plan, results, attention)
        for key in [key for key, task in tasks.items() if _is_new(key, task, results)]:
            yield from _take(context, inputs[key], tasks[key].result, results)
            on_end(results[key])
    attention.ear.rest()
    return results


def _heed(plan: Walk, results: Results, attention: Attention) -> Steps[None]:
    """What an operator asks for while the graph is walked, if there is anything."""
    act = attention.ear.take()
    if act is None:
        return
    failed = act.resource in results and results[act.resource].state in _NOT_THERE
    retry = "begun again once the others have ended" if failed else ""
    if not (yield from attention.mind(act, retry=retry)):
        return
    if act.deed is Deed.RETRY:
        attention.again = True
        return
    left = tuple(plan.instance(key) for key in plan.graph if key not in results)
    yield from attention.pass_on(act, left)


def _is_new(key: str, task: Any, results: Results) -> bool:
    return task.is_completed and key not in results


def _take(
    context: DurableOrchestrationContext, data: ResourceTask, value: Any, results: Results
) -> Steps[None]:
    if not isinstance(value, Exception):
        results[data.key] = ResourceResult.parse(value)
        return
    crashed = ResourceResult(
        key=data.key,
        state="failed",
        started_at=context.current_utc_datetime,
        finished_at=context.current_utc_datetime,
        code="InternalError",
        message="the work on this resource crashed",
        hint="see the logs of this operation, then ask for the tenant again",
    )
    results[data.key] = crashed
    if data.tells:
        yield call(context, "conclude", Conclusion(announcement=announcement(data, crashed)))
