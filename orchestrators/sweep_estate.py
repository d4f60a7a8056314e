"""Looks at everything that is governed, for what no event has told of."""

from collections.abc import Sequence
from typing import Any, Final

from azure.durable_functions import DurableOrchestrationContext

from landing_zone.drift.sweeping import (
    ShardAnswer,
    Shards,
    ShardTask,
    SweepStatus,
    SweepTask,
)
from landing_zone.retries import backoff
from orchestrators.calls import Steps, call, timer

AT_ONCE: Final = 8
"""Shards that are swept at the same time."""

type Shard = tuple[str, ...]


def sweep_estate(context: DurableOrchestrationContext) -> Steps[dict[str, Any]]:
    """Sweep every subscription once.

    1. Ask which there are, in shards.
    2. Sweep the shards, a few at a time: list, judge, note what is to be looked at.
    3. What could not be swept is tried again, after as long as Azure asks, within the bounds; what
       is left then is told in the output.
    """
    task = SweepTask.parse(context.get_input(dict))
    shards = Shards.parse((yield call(context, "plan_sweep", task))).shards
    status = SweepStatus(run=task.run, shards=len(shards))
    for begin in range(0, len(shards), AT_ONCE):
        status = yield from _wave(context, task, shards[begin : begin + AT_ONCE], status)
    return status.dump()


def _wave(
    context: DurableOrchestrationContext,
    task: SweepTask,
    shards: Sequence[Shard],
    status: SweepStatus,
) -> Steps[SweepStatus]:
    """The status once some shards are done, or given up."""
    for attempt in range(1, task.retry.max_attempts + 1):
        answers = yield from _swept(context, task, shards)
        for answer in answers:
            status = status.after(answer)
        context.set_custom_status(status.dump())
        shards = [answer.left for answer in answers if answer.left]
        if not shards:
            return status
        if attempt < task.retry.max_attempts:
            asked = max((answer.wait or 0.0) for answer in answers)
            yield timer(context, asked + backoff(task.retry, attempt, context.instance_id))
    given_up = tuple(f"{one}: given up" for shard in shards for one in shard)
    return status.model_copy(update={"failed": (*status.failed, *given_up)})


def _swept(
    context: DurableOrchestrationContext, task: SweepTask, shards: Sequence[Shard]
) -> Steps[list[ShardAnswer]]:
    calls = [
        call(context, "sweep_shard", ShardTask(run=task.run, subscriptions=shard))
        for shard in shards
    ]
    try:
        return [ShardAnswer.parse(answer) for answer in (yield context.task_all(calls))]
    except Exception:  # noqa: BLE001 - whatever crashed, the others go on
        return [ShardAnswer(left=shard) for shard in shards]
