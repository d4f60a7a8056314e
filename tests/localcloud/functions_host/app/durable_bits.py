"""Orchestrators, activities and entities of the fixture app."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

if TYPE_CHECKING:
    from collections.abc import Generator

    type Steps = Generator[Any, Any, Any]

bp = df.Blueprint()


def empty(context: df.DurableOrchestrationContext) -> Any:
    """Return the input."""
    return context.get_input()


def waiting(context: df.DurableOrchestrationContext) -> Steps:
    """Tell what it waits for, then return the event that comes."""
    context.set_custom_status({"waiting": "go"})
    return (yield context.wait_for_external_event("go"))


def failing(context: df.DurableOrchestrationContext) -> Steps:
    """Fail because its activity does, until the activity is mended."""
    return (yield context.call_activity("fragile", context.instance_id))


def parent_of_failing(context: df.DurableOrchestrationContext) -> Steps:
    """Fail because its child does."""
    child = f"{context.instance_id}-child"
    return (yield context.call_sub_orchestrator("failing", None, child))


def child(context: df.DurableOrchestrationContext) -> Steps:
    """Record a step and count it."""
    journey, number = context.get_input()
    counter = df.EntityId("counter", journey)
    recorded = yield context.call_activity("record", [journey, f"child-{number}"])
    context.signal_entity(counter, "add", 1)
    return recorded


def journey(context: df.DurableOrchestrationContext) -> Steps:
    """Use every kind of action.

    1. A chain of two activities.
    2. A fan-out of activities, timers and children.
    3. An entity call for each of three rounds.
    """
    me = context.instance_id
    counter = df.EntityId("counter", me)
    first = yield context.call_activity("record", [me, "first"])
    second = yield context.call_activity("record", [me, "second"])
    soon = context.current_utc_datetime + timedelta(milliseconds=20)
    fan = [context.call_activity("record", [me, f"fan-{n}"]) for n in range(4)]
    children = [context.call_sub_orchestrator("child", [me, n]) for n in range(2)]
    results = yield context.task_all([*fan, *children, context.create_timer(soon)])
    total = 0
    for _ in range(3):
        total = yield context.call_entity(counter, "add", 1)
    return {"steps": [first, second, *results[:-1]], "total": total}


def read_counter(context: df.DurableOrchestrationContext) -> Steps:
    """Return a counter's value once the operations before have been done."""
    return (yield context.call_entity(df.EntityId("counter", context.get_input()), "add", 0))


def fetch(context: df.DurableOrchestrationContext) -> Steps:
    """Call a URL."""
    response = yield context.call_http("GET", context.get_input())
    return [response["statusCode"], response["content"]]


async def record(step: list) -> str:  # type: ignore[type-arg] # the worker takes no generics
    """Write a line into the ledger, then take a moment."""
    line = json.dumps(step) + "\n"
    descriptor = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)
    await asyncio.sleep(0.005)
    return str(step[1])


def fragile(name: str) -> str:
    """Raise unless a file with the instance's name says that all is well."""
    if not os.path.exists(f"{os.environ['LEDGER']}.{name}"):  # noqa: PTH110 - a short fixture
        raise RuntimeError("not mended yet")
    return "mended"


async def double(number: int) -> int:
    """Double a number."""
    return number * 2


def fan_out(context: df.DurableOrchestrationContext) -> Steps:
    """Run as many activities as asked."""
    tasks = [context.call_activity("double", n) for n in range(context.get_input())]
    return sum((yield context.task_all(tasks)))


def counter(context: df.DurableEntityContext) -> None:
    """Add, get or delete."""
    value = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            value += context.get_input()
            context.set_state(value)
            context.set_result(value)
        case "get":
            context.set_result(value)
        case "delete":
            context.destruct_on_exit()


for orchestrator in (
    empty,
    waiting,
    failing,
    parent_of_failing,
    child,
    journey,
    fan_out,
    read_counter,
    fetch,
):
    bp.orchestration_trigger(context_name="context")(orchestrator)
bp.activity_trigger(input_name="step")(record)
bp.activity_trigger(input_name="name")(fragile)
bp.activity_trigger(input_name="number")(double)
bp.entity_trigger(context_name="context")(counter)


@bp.route(route="client/{verb}/{id}", methods=["POST"])  # type: ignore[untyped-decorator]
@bp.durable_client_input(client_name="client")  # type: ignore[untyped-decorator]
async def client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Ask the genuine SDK client for something."""
    name = req.route_params["id"]
    match req.route_params["verb"]:
        case "start":
            await client.start_new(req.params["function"], name, {"a": 1})
            answer: func.HttpResponse = client.create_check_status_response(req, name)
            return answer
        case "raise":
            await client.raise_event(name, "go", "went")
        case "terminate":
            await client.terminate(name, "enough")
        case "suspend":
            await client.suspend(name, "a pause")
        case "resume":
            await client.resume(name, "on")
        case "rewind":
            await client.rewind(name, "again")
        case "purge":
            gone = await client.purge_instance_history(name)
            return func.HttpResponse(str(gone.instances_deleted))
        case "signal":
            await client.signal_entity(df.EntityId("counter", name), "add", 5)
        case "read":
            state = await client.read_entity_state(df.EntityId("counter", name))
            return func.HttpResponse(json.dumps([state.entity_exists, state.entity_state]))
    return func.HttpResponse(status_code=202)
