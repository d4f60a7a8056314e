"""Sweeping everything, replayed: waves, waits, crashes, and what is given up."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from landing_zone.drift.sweeping import (
    INSTANCE,
    ShardAnswer,
    Shards,
    ShardTask,
    SweepStatus,
    SweepTask,
)
from landing_zone.retries import RetryPolicy
from orchestrators.sweep_estate import AT_ONCE, sweep_estate
from tests.orchestrators.replay import Crash, DurableWorld, Instance

RUN = "sweep-20260314T120000"

type Reaction = Callable[[ShardTask], ShardAnswer]


def well(task: ShardTask) -> ShardAnswer:
    """Ten resources of each subscription, one of which is to be looked at."""
    count = len(task.subscriptions)
    return ShardAnswer(resources=10 * count, noted=count)


class Pretended:
    """Shards whose sweeps are answered by a script, and then go well."""

    def __init__(self, shards: Sequence[tuple[str, ...]], *answers: Reaction | Exception) -> None:
        """Take the answers in order."""
        self._shards = Shards(shards=tuple(shards))
        self._answers = list(answers)
        self.swept: list[ShardTask] = []
        self.times: list[float] = []
        activities = {"plan_sweep": self._plan, "sweep_shard": self._sweep}
        self.world = DurableWorld({"sweep_estate": sweep_estate}, activities)

    def run(self, retry: RetryPolicy | None = None) -> Instance:
        """Sweep to the end."""
        task = SweepTask(run=RUN, retry=retry or RetryPolicy())
        self.world.start("sweep_estate", INSTANCE, task.dump())
        self._began = self.world.now
        self.world.run()
        return self.world.instances[INSTANCE]

    def _plan(self, payload: Any) -> Any:
        assert SweepTask.parse(payload).run == RUN
        return self._shards.dump()

    def _sweep(self, payload: Any) -> Any:
        task = ShardTask.parse(payload)
        self.swept.append(task)
        self.times.append((self.world.now - self._began).total_seconds())
        answer = self._answers.pop(0) if self._answers else well
        if isinstance(answer, Exception):
            raise answer
        return answer(task).dump()


def shards(count: int) -> list[tuple[str, ...]]:
    """Shards of two subscriptions each."""
    return [(f"s{number}a", f"s{number}b") for number in range(count)]


def left(wait: float | None = None) -> Reaction:
    """The second of two subscriptions could not be swept."""
    return lambda task: ShardAnswer(resources=10, noted=1, left=task.subscriptions[1:], wait=wait)


def output(instance: Instance) -> SweepStatus:
    """What a sweep ends with."""
    assert instance.status == "Completed"
    return SweepStatus.parse(instance.output)


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, 2 * AT_ONCE + 1])
def test_every_shard_is_swept_once(count: int) -> None:
    """A few at a time; the status tells how far it has come."""
    estate = Pretended(shards(count))
    instance = estate.run()
    assert [task.subscriptions for task in estate.swept] == shards(count)
    assert {task.run for task in estate.swept} <= {RUN}
    assert output(instance) == SweepStatus(
        run=RUN, shards=count, done=count, resources=20 * count, noted=2 * count
    )
    told = [SweepStatus.parse(status).done for status in instance.custom_statuses]
    assert list(dict.fromkeys(told)) == [
        min(count, end) for end in range(AT_ONCE, count + AT_ONCE, AT_ONCE)
    ]


def test_what_could_not_be_swept_is_tried_again() -> None:
    """That alone, and no sooner than Azure asks."""
    estate = Pretended(shards(3), well, left(wait=1800.0), well)
    status = output(estate.run())
    assert [task.subscriptions for task in estate.swept] == [*shards(3), ("s1b",)]
    assert estate.times[-1] >= 1800.0
    assert (status.done, status.resources, status.noted, status.failed) == (3, 60, 6, ())


def test_a_shard_that_crashes_is_swept_again() -> None:
    """Nobody else is kept from it."""
    estate = Pretended(shards(2), *[Crash("the worker died")] * 3)
    status = output(estate.run())
    assert (status.done, status.failed) == (2, ())
    assert {task.subscriptions for task in estate.swept[3:]} <= set(shards(2))


def test_what_can_never_be_swept_is_told() -> None:
    """After as many attempts as the bounds allow; the next wave goes on."""
    count = AT_ONCE + 1
    bad: list[Reaction] = [left()] + [well] * (AT_ONCE - 1) + [_nothing] * 2
    estate = Pretended(shards(count), *bad)
    status = output(estate.run(RetryPolicy(max_attempts=3)))
    assert status.failed == ("s0b: given up",)
    assert status.done == count - 1
    assert estate.swept[-1].subscriptions == shards(count)[-1]


def test_what_failed_for_good_is_told_and_not_tried_again() -> None:
    """With its reason."""
    estate = Pretended(shards(1), lambda _: ShardAnswer(failed=("s0a: no role",)))
    status = output(estate.run())
    assert (status.done, status.failed, len(estate.swept)) == (1, ("s0a: no role",), 1)


def test_waits_grow_while_nothing_gets_better() -> None:
    """Azure has not said how long."""
    estate = Pretended(shards(1), left(), *[_nothing] * 4)
    output(estate.run())
    gaps = [later - sooner for sooner, later in zip(estate.times, estate.times[1:], strict=False)]
    assert gaps[0] < gaps[2] < gaps[4]


def _nothing(task: ShardTask) -> ShardAnswer:
    return ShardAnswer(left=task.subscriptions)
