"""Each kind of action, over the genuine SDK."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import pytest

from tests.localcloud.functions_host.engines import FakeClock, engine

if TYPE_CHECKING:
    from pathlib import Path

type Context = df.DurableOrchestrationContext


def echo(value: Any) -> Any:
    """Return the input."""
    return value


def broken(value: Any) -> Any:
    """Raise."""
    raise ValueError(f"no {value}")


def counter(context: df.DurableEntityContext) -> None:
    """Add, fail or go."""
    value = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            context.set_state(value + context.get_input())
            context.set_result(context.get_state())
        case "fail":
            raise ValueError("entity refuses")
        case "go":
            context.destruct_on_exit()


async def test_inputs_and_outputs_survive_the_trip(tmp_path: Path) -> None:
    """Orchestration input, activity input and outputs are what was sent, None included."""

    def trip(context: Context) -> Any:
        results = []
        for value in [None, 0, "text", "1", {"a": [1, 2]}, "ünï"]:
            result = yield context.call_activity("echo", value)
            results.append(result)
        return [context.get_input(), *results]

    async with engine(tmp_path, orchestrators=[trip], activities=[echo]) as subject:
        output = await subject.run("trip", {"in": "put"})
        assert output == [{"in": "put"}, None, 0, "text", "1", {"a": [1, 2]}, "ünï"]


async def test_a_failed_activity_reads_as_in_azure(tmp_path: Path) -> None:
    """Reason and output are worded by the extension; the error is the SDK's Exception."""

    def caller(context: Context) -> Any:
        try:
            yield context.call_activity("broken", "luck")
        except Exception as error:  # noqa: BLE001 - it is what the SDK raises
            return str(error).partition(" \n ")[0]

    def victim(context: Context) -> Any:
        yield context.call_activity("broken", "luck")

    async with engine(tmp_path, orchestrators=[caller, victim], activities=[broken]) as subject:
        reason = "Activity function 'broken' failed:  ValueError: no luck"
        assert await subject.run("caller") == reason
        status = await subject.finish(subject.start("victim"))
        assert status["runtimeStatus"] == "Failed"
        assert status["output"].startswith(f"Orchestrator function 'victim' failed: {reason}")


@pytest.mark.parametrize(("failures", "attempts"), [(0, 1), (2, 3), (9, 3)])
async def test_retries_follow_the_sdk(tmp_path: Path, failures: int, attempts: int) -> None:
    """Each failure is followed by a timer, the last one by one that fires at once."""
    seen: list[int] = []

    def moody(_: Any) -> str:
        seen.append(1)
        if len(seen) <= failures:
            raise ValueError("not now")
        return "now"

    def stubborn(context: Context) -> Any:
        options = df.RetryOptions(5_000, 3)
        try:
            return (yield context.call_activity_with_retry("moody", options, "x"))
        except Exception:  # noqa: BLE001 - it is what the SDK raises
            return "gave up"

    clock = FakeClock()
    async with engine(tmp_path, clock, orchestrators=[stubborn], activities=[moody]) as subject:
        instance = subject.start("stubborn")
        for _ in range(attempts - 1):
            await subject.settle()
            clock.advance(4.9)
            await subject.settle()
            assert subject.status(instance)["runtimeStatus"] == "Running"
            clock.advance(0.2)
        await subject.settle()
        clock.advance(0)
        status = await subject.finish(instance)
        assert status["output"] == ("now" if failures < 3 else "gave up")
        assert len(seen) == attempts
        timers = [e for e in subject.history(instance) if e["EventType"] == 10]
        assert len(timers) == min(failures, 3)


async def test_retries_within_a_fan_out_keep_the_ids_in_step(tmp_path: Path) -> None:
    """Retried and plain tasks side by side get the ids that the SDK expects."""
    tries: dict[int, int] = {}

    def moody(number: int) -> int:
        tries[number] = tries.get(number, 0) + 1
        if tries[number] <= number:
            raise ValueError("not now")
        return number

    def fan(context: Context) -> Any:
        options = df.RetryOptions(10, 5)
        retried = [context.call_activity_with_retry("moody", options, n) for n in range(4)]
        results = yield context.task_all([*retried, context.call_activity("echo", "plain")])
        return [*results, (yield context.call_activity("echo", "after"))]

    clock = FakeClock()
    async with engine(tmp_path, clock, orchestrators=[fan], activities=[moody, echo]) as subject:
        instance = subject.start("fan")
        for _ in range(4):
            await subject.settle()
            clock.advance(1)
        assert (await subject.finish(instance))["output"] == [0, 1, 2, 3, "plain", "after"]


async def test_a_sub_orchestration_returns_and_fails_to_its_parent(tmp_path: Path) -> None:
    """The child knows its parent; its failure reads as the extension words it."""

    def child(context: Context) -> Any:
        if context.get_input() == "bad":
            raise ValueError("bad child")
        return [context.parent_instance_id, context.get_input()]
        yield

    def parent(context: Context) -> Any:
        good = yield context.call_sub_orchestrator("child", "good", "the-child")
        try:
            yield context.call_sub_orchestrator("child", "bad")
        except Exception as error:  # noqa: BLE001 - it is what the SDK raises
            return [context.instance_id, good, str(error).partition(" \n ")[0]]

    async with engine(tmp_path, orchestrators=[child, parent]) as subject:
        me, good, reason = await subject.run("parent")
        assert good == [me, "good"]
        assert reason == "Orchestrator function 'child' failed: bad child"
        assert subject.status("the-child")["runtimeStatus"] == "Completed"


async def test_a_retried_sub_orchestration_runs_again(tmp_path: Path) -> None:
    """Each attempt is an instance of its own."""
    tries: list[str] = []

    def child(context: Context) -> Any:
        tries.append(context.instance_id)
        if len(tries) < 2:
            raise ValueError("first time")
        return "second time"
        yield

    def parent(context: Context) -> Any:
        options = df.RetryOptions(1000, 3)
        return (yield context.call_sub_orchestrator_with_retry("child", options, None))

    clock = FakeClock()
    async with engine(tmp_path, clock, orchestrators=[child, parent]) as subject:
        instance = subject.start("parent")
        await subject.settle()
        clock.advance(1)
        assert (await subject.finish(instance))["output"] == "second time"
        assert len(set(tries)) == 2


async def test_continue_as_new_starts_over_with_a_short_history(tmp_path: Path) -> None:
    """Each generation has the next input, and only its own history."""

    def loop(context: Context) -> Any:
        number = context.get_input()
        yield context.call_activity("echo", number)
        if number < 5:
            context.continue_as_new(number + 1)
            return None
        return number

    async with engine(tmp_path, orchestrators=[loop], activities=[echo]) as subject:
        instance = subject.start("loop", 0)
        assert (await subject.finish(instance))["output"] == 5
        assert [argument for _, argument in subject.invoker.calls] == [0, 1, 2, 3, 4, 5]
        assert len(subject.history(instance)) < 10


async def test_timers_fire_at_their_time_and_cancelled_ones_hold_up_nothing(tmp_path: Path) -> None:
    """The loser of a race is cancelled, and the orchestration goes on."""

    def race(context: Context) -> Any:
        limit = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        work = context.call_activity("echo", "quick")
        winner = yield context.task_any([work, limit])
        limit.cancel()
        begun = context.current_utc_datetime
        yield context.create_timer(begun + timedelta(seconds=30))
        return [winner == work, (context.current_utc_datetime - begun).total_seconds()]

    clock = FakeClock()
    async with engine(tmp_path, clock, orchestrators=[race], activities=[echo]) as subject:
        instance = subject.start("race")
        await subject.settle()
        clock.advance(29.9)
        await subject.settle()
        assert subject.status(instance)["runtimeStatus"] == "Running"
        clock.advance(0.1)
        assert (await subject.finish(instance))["output"] == [True, 30.0]


async def test_a_very_long_timer_is_split_by_the_sdk(tmp_path: Path) -> None:
    """Ten days are waited in several timers, and end when they should."""

    def patient(context: Context) -> Any:
        begun = context.current_utc_datetime
        yield context.create_timer(begun + timedelta(days=10))
        return (context.current_utc_datetime - begun).days

    clock = FakeClock()
    async with engine(tmp_path, clock, orchestrators=[patient]) as subject:
        instance = subject.start("patient")
        for _ in range(10):
            await subject.settle()
            assert subject.status(instance)["runtimeStatus"] == "Running"
            clock.advance(86_400)
        assert (await subject.finish(instance))["output"] == 10


async def test_external_events_come_before_or_after_the_wait(tmp_path: Path) -> None:
    """An event that comes early waits for its listener."""

    def listener(context: Context) -> Any:
        first = yield context.wait_for_external_event("one")
        second = yield context.wait_for_external_event("two")
        return [first, second]

    async with engine(tmp_path, orchestrators=[listener]) as subject:
        instance = subject.start("listener")
        await subject.settle()
        for name in ("two", "one"):
            answer = await subject.request("POST", f"/instances/{instance}/raiseEvent/{name}", name)
            assert answer.status == 202
        assert (await subject.finish(instance))["output"] == ["one", "two"]


async def test_entities_keep_state_and_answer(tmp_path: Path) -> None:
    """Calls return, signals count, an error is the caller's, and deletion empties it."""

    def user(context: Context) -> Any:
        entity = df.EntityId("counter", "c")
        context.signal_entity(entity, "add", 10)
        total = yield context.call_entity(entity, "add", 5)
        try:
            yield context.call_entity(entity, "fail", 0)
        except Exception as error:  # noqa: BLE001 - it is what the SDK raises
            return [total, str(error)]

    async with engine(tmp_path, orchestrators=[user], entities=[counter]) as subject:
        assert await subject.run("user") == [15, "entity refuses"]
        assert (await subject.request("GET", "/entities/counter/c")).body == 15
        assert (await subject.request("POST", "/entities/counter/c?op=go", "0")).status == 202
        await subject.settle()
        assert (await subject.request("GET", "/entities/counter/c")).status == 404


async def test_nested_any_and_all(tmp_path: Path) -> None:
    """Compound tasks of compound tasks."""

    def nested(context: Context) -> Any:
        never = context.wait_for_external_event("never")
        either = context.task_any([never, context.call_activity("echo", 1)])
        both = context.task_all(
            [context.call_activity("echo", 2), context.call_activity("echo", 3)]
        )
        yield context.task_all([either, both])
        return both.result

    async with engine(tmp_path, orchestrators=[nested], activities=[echo]) as subject:
        assert await subject.run("nested") == [2, 3]


async def test_a_thousand_parallel_orchestrations_finish(tmp_path: Path) -> None:
    """Many instances at once neither starve nor mix."""

    def small(context: Context) -> Any:
        return (yield context.call_activity("echo", context.get_input()))

    async with engine(tmp_path, orchestrators=[small], activities=[echo]) as subject:
        instances = [subject.start("small", number) for number in range(200)]
        done = await asyncio.gather(*(subject.finish(instance) for instance in instances))
        assert [status["output"] for status in done] == list(range(200))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("activity", "The function 'nobody' doesn't exist, is disabled, or is not an activity"),
        ("child", "The function 'nobody' doesn't exist, is disabled, or is not an orchestrator"),
        ("entity", "The function 'nobody' doesn't exist, is disabled, or is not an entity"),
        ("self", "The instance ID of a sub-orchestration must be different"),
        ("at", "Orchestration instance ids must not start with @"),
    ],
)
async def test_what_cannot_be_started_fails_the_orchestration(
    tmp_path: Path, kind: str, message: str
) -> None:
    """Azure would leave it waiting for ever; here it fails with the extension's words."""

    def asker(context: Context) -> Any:
        match context.get_input():
            case "activity":
                yield context.call_activity("nobody")
            case "child":
                yield context.call_sub_orchestrator("nobody")
            case "entity":
                yield context.call_entity(df.EntityId("nobody", "x"), "op")
            case "self":
                yield context.call_sub_orchestrator("asker", None, context.instance_id)
            case _:
                yield context.call_sub_orchestrator("asker", None, "@x@y")

    async with engine(tmp_path, orchestrators=[asker]) as subject:
        status = await subject.finish(subject.start("asker", kind))
        assert status["runtimeStatus"] == "Failed"
        assert message in status["output"]
