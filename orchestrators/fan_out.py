"""Walks a plan's graph: a sub-orchestration for each resource, all started at once.

The durable extension awaits the actions of an orchestrator one after the other, so an orchestrator
that starts each resource when its turn comes would be held up by the slowest one before it. Here
all are started by one action, and each waits for its own dependencies, whose end it is told of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.contracts import (
    Conclusion,
    Direction,
    OperationRef,
    PlanSummary,
    ResourceResult,
    ResourceTask,
    Via,
)
from landing_zone.graph import Graph, reversed_graph, topological
from landing_zone.tenants import instance_id
from orchestrators.apply_resource import announcement
from orchestrators.calls import Steps, call

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
    """

    operation: OperationRef
    summary: PlanSummary
    direction: Direction
    graph: Graph
    outputs: Mapping[str, dict[str, str]]
    stage: str = ""
    before: str = ""

    @cached_property
    def vias(self) -> dict[str, Via]:
        """Who writes each resource."""
        return {node.key: node.via for node in self.summary.nodes}

    def instance(self, key: str) -> str:
        """Instance id of the sub-orchestration of a resource, unique for ever."""
        return resource_instance(self.operation, self.stage or self.direction, key)

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
            stage=self.stage,
        )


def resource_instance(operation: OperationRef, walk: str, key: str) -> str:
    """Instance id of the sub-orchestration of one resource."""
    return f"{instance_prefix(operation, walk)}{key}"


def instance_prefix(operation: OperationRef, walk: str) -> str:
    """How the instance ids of all resources of one walk begin."""
    tenant = instance_id(operation.tenant_id)
    number = operation.operation_id.rpartition(".")[2]
    return f"{tenant}:{number}.{operation.run}:{walk}:"


def walk(
    context: DurableOrchestrationContext, plan: Walk, on_end: Callable[[ResourceResult], None]
) -> Steps[Results]:
    """Walk the graph to its end.

    Args:
        context: The orchestration's context.
        plan: What to walk.
        on_end: Told the end of each resource.

    Returns:
        What became of each resource. Nothing is raised: a failure is a result.
    """
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
    while len(results) < len(tasks):
        yield context.task_any([task for key, task in tasks.items() if key not in results])
        for key in [key for key, task in tasks.items() if _is_new(key, task, results)]:
            yield from _take(context, inputs[key], tasks[key].result, results)
            on_end(results[key])
    return results


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
