"""Actions are awaited in order, as Azure's extension does; what relies on more is held up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import pytest

from localcloud.functions_host.durable.events import EventType, event
from localcloud.functions_host.durable.shim import OrchestrationFailure, Shim, request_id
from tests.localcloud.functions_host.engines import FakeClock, engine

if TYPE_CHECKING:
    from pathlib import Path

type Context = df.DurableOrchestrationContext

NOW = "2026-01-01T00:00:00.000000Z"
BEGIN = [
    event(EventType.ORCHESTRATOR_STARTED, NOW),
    event(EventType.EXECUTION_STARTED, NOW, Name="x"),
]


def echo(value: Any) -> Any:
    """Return the input."""
    return value


def broken(_: Any) -> Any:
    """Raise."""
    raise ValueError("broken")


async def test_after_a_failed_task_all_nothing_starts_before_all_have_ended(tmp_path: Path) -> None:
    """The SDK goes on at the first error; the extension waits for the rest, and so do we."""

    def eager(context: Context) -> Any:
        try:
            yield context.task_all([
                context.wait_for_external_event("late"), context.call_activity("broken"),
            ])  # fmt: skip
        except Exception:  # noqa: BLE001 - it is what the SDK raises
            context.set_custom_status("went on")
        return (yield context.call_activity("echo", "after"))

    async with engine(tmp_path, orchestrators=[eager], activities=[echo, broken]) as subject:
        instance = subject.start("eager")
        await subject.settle()
        assert subject.status(instance)["customStatus"] == "went on"
        assert [name for name, _ in subject.invoker.calls] == ["broken"]
        await subject.request("POST", f"/instances/{instance}/raiseEvent/late", 1)
        assert (await subject.finish(instance))["output"] == "after"


async def test_an_orchestration_ends_only_when_its_actions_have_drained(tmp_path: Path) -> None:
    """A failure waits for what was started with it."""

    def hasty(context: Context) -> Any:
        limit = context.current_utc_datetime + timedelta(minutes=5)
        yield context.task_all([context.create_timer(limit), context.call_activity("broken")])

    clock = FakeClock()
    async with engine(tmp_path, clock, orchestrators=[hasty], activities=[broken]) as subject:
        instance = subject.start("hasty")
        await subject.settle()
        assert subject.status(instance)["runtimeStatus"] == "Running"
        clock.advance(300)
        assert (await subject.finish(instance))["runtimeStatus"] == "Failed"


async def test_an_uncancelled_timer_holds_up_the_next_step(tmp_path: Path) -> None:
    """A lost race whose timer sits in a later task_all delays as in Azure."""

    def careless(context: Context) -> Any:
        limit = context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
        work = context.call_activity("echo", 1)
        try:
            yield context.task_all([limit, context.call_activity("broken"), work])
        except Exception:  # noqa: BLE001 - it is what the SDK raises
            return (yield context.call_activity("echo", 2))

    clock = FakeClock()
    async with engine(
        tmp_path, clock, orchestrators=[careless], activities=[echo, broken]
    ) as subject:
        instance = subject.start("careless")
        await subject.settle()
        assert ("echo", 2) not in subject.invoker.calls
        clock.advance(60)
        assert (await subject.finish(instance))["output"] == 2


async def test_task_any_waits_for_what_it_newly_starts_only(tmp_path: Path) -> None:
    """Tasks that were started before are not in the compound action."""

    def mixed(context: Context) -> Any:
        old = context.call_activity("echo", "old")
        event_ = context.wait_for_external_event("event")
        yield context.task_any([event_, old])
        fresh = context.wait_for_external_event("fresh")
        # The extension sees whenAny[fresh] alone, although old is complete already.
        winner = yield context.task_any([old, fresh])
        context.set_custom_status(winner.result)
        return (yield context.call_activity("echo", "next"))

    async with engine(tmp_path, orchestrators=[mixed], activities=[echo]) as subject:
        instance = subject.start("mixed")
        await subject.settle()
        assert subject.status(instance)["customStatus"] == "old"
        assert subject.invoker.calls == [("echo", "old")]
        await subject.request("POST", f"/instances/{instance}/raiseEvent/fresh", 1)
        assert (await subject.finish(instance))["output"] == "next"


async def test_a_fan_in_is_told_in_few_episodes(tmp_path: Path) -> None:
    """Successes of a task_all wait for each other: the orchestrator could not go on anyway."""

    def fan(context: Context) -> Any:
        return sum((yield context.task_all([context.call_activity("echo", n) for n in range(50)])))

    async with engine(tmp_path, orchestrators=[fan], activities=[echo]) as subject:
        instance = subject.start("fan")
        assert (await subject.finish(instance))["output"] == sum(range(50))
        episodes = [e for e in subject.history(instance) if e["EventType"] == 12]
        assert len(episodes) <= 3


async def test_a_change_of_code_is_detected(tmp_path: Path) -> None:
    """A replay that differs from history fails with the extension's complaint."""

    def old(context: Context) -> Any:
        yield context.wait_for_external_event("go")

    def new(context: Context) -> Any:
        yield context.create_timer(context.current_utc_datetime)
        yield context.wait_for_external_event("go")

    versions = [old, new]

    def changing(context: Context) -> Any:
        yield context.call_activity("echo", 1)
        yield from versions[0](context)
        yield context.call_activity("echo", 2)

    def changed(context: Context) -> Any:
        yield from versions[1](context)

    async with engine(tmp_path, orchestrators=[changing], activities=[echo]) as subject:
        instance = subject.start("changing")
        await subject.settle()
        subject.rename("changing", changed)
        await subject.request("POST", f"/instances/{instance}/raiseEvent/go", 1)
        status = await subject.finish(instance)
        assert "Non-Deterministic workflow detected" in status["output"]


def test_ids_are_given_in_the_order_of_starting() -> None:
    """Activities, timers, children and entity messages use up ids; external events do not."""
    actions = [
        {"actionType": 9, "instanceId": "@e@k", "operation": "op", "input": "1"},
        {"actionType": 12, "compoundActions": [
            {"actionType": 6, "externalEventName": "go"},
            {"actionType": 0, "functionName": "a", "input": "1"},
            {"actionType": 5, "fireAt": NOW, "isCanceled": False},
            {"actionType": 2, "functionName": "o", "input": "1"},
        ]},
        {"actionType": 0, "functionName": "late", "input": "1"},
    ]  # fmt: skip
    outcome = Shim(actions, "i", "e").run(BEGIN)
    assert [(d.id, d.kind) for d in outcome.decisions] == [
        (0, EventType.EVENT_SENT), (1, EventType.TASK_SCHEDULED),
        (2, EventType.TIMER_CREATED), (3, EventType.SUB_ORCHESTRATION_CREATED),
    ]  # fmt: skip
    assert not outcome.drained


def test_an_empty_when_any_is_refused() -> None:
    """As .NET's Task.WhenAny refuses it."""
    with pytest.raises(OrchestrationFailure, match="contains no tasks"):
        Shim([{"actionType": 11, "compoundActions": []}], "i", "e").run(BEGIN)


def test_entity_request_ids_are_deterministic() -> None:
    """The same execution and task give the same id, any other another."""
    assert request_id("i", "e", 1) == request_id("i", "e", 1)
    others = {request_id("i", "e", 2), request_id("i", "f", 1), request_id("j", "e", 1)}
    assert request_id("i", "e", 1) not in others
    assert len(others) == 3
