"""Drives Microsoft's worker library: load the app once, then serve invocations."""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from typing import TYPE_CHECKING, Any

import azure_functions_runtime as library

from localcloud.functions_host.channel import Channel
from localcloud.functions_host.worker.protos import PROTOS, Message, StatusResult
from localcloud.functions_host.worker.values import from_typed, to_binding, to_typed

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from localcloud.functions_host.worker.logs import HostStream

type MakeStreams = Callable[[Channel], list[HostStream]]

_REMEMBERED = 1 << 16  # timestamps
_PROPERTIES = {"host": "127.0.0.1", "protos": PROTOS}
_NO_TRACE = Message(trace_parent="", trace_state="", attributes={})
_NO_RETRY = Message(retry_count=0, max_retry_count=0)


async def load(app_directory: str) -> dict[str, Any]:
    """Import the app and describe its functions, or say why that failed."""
    library.start_threadpool_executor()
    request = Message(
        worker_init_request=Message(capabilities={}, function_app_directory=app_directory)
    )
    response = await library.worker_init_request(Message(request=request, properties=_PROPERTIES))
    if response.result.status != StatusResult.Success:
        exception = response.result.exception
        return {"type": "failed", "error": exception.message, "stack": exception.stack_trace}
    remember_timestamps()
    found = await library.functions_metadata_request(Message(properties=_PROPERTIES))
    functions = [_describe(item) for item in found.function_metadata_results or ()]
    return {"type": "ready", "functions": functions}


def remember_timestamps() -> None:
    """Have the durable SDK parse each timestamp once.

    It parses the whole history again at every episode, and nearly all of its time goes into that.
    """
    module = sys.modules.get("azure.durable_functions.models.history.HistoryEvent")
    if module is not None:
        names = vars(module)
        names["dt_parse"] = functools.lru_cache(_REMEMBERED)(names["dt_parse"])


def _describe(item: Message) -> dict[str, Any]:
    return {
        "name": item.name,
        "id": item.function_id,
        "script": item.script_file,
        "bindings": [str(raw) for raw in item.raw_bindings],
    }


async def invoke(message: dict[str, Any]) -> dict[str, Any]:
    """Run one invocation through the library and describe its outcome."""
    library.invocation_id_cv.set(message["invocation"])
    metadata = {name: to_typed(value) for name, value in message["metadata"].items()}
    request = Message(
        invocation_request=Message(
            invocation_id=message["invocation"],
            function_id=message["function"],
            input_data=[to_binding(name, value) for name, value in message["inputs"]],
            trigger_metadata=metadata,
            trace_context=_NO_TRACE,
            retry_context=_NO_RETRY,
        )
    )
    response = await library.invocation_request(Message(request=request, properties=_PROPERTIES))
    outcome: dict[str, Any] = {"type": "result", "invocation": message["invocation"]}
    if response.result.status != StatusResult.Success:
        exception = response.result.exception
        return outcome | {"ok": False, "error": exception.message, "stack": exception.stack_trace}
    outputs = [[output.name, from_typed(output.data)] for output in response.output_data or ()]
    return outcome | {"ok": True, "value": from_typed(response.return_value), "outputs": outputs}


async def serve(connection: socket.socket, make: MakeStreams, app_directory: str) -> None:
    """Load the app, then run each invocation as a task of its own until the host goes away."""
    tasks: set[asyncio.Task[None]] = set()

    async def run(message: dict[str, Any]) -> None:
        outcome = await invoke(message)
        for stream in streams:
            stream.finish(message["invocation"])
        channel.send(outcome)

    def receive(message: dict[str, Any]) -> None:
        task = asyncio.create_task(run(message))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    channel = await Channel.open(connection, receive)
    streams = make(channel)
    channel.send(await load(app_directory))
    await channel.closed
    sys.stdout.flush()
    os._exit(0)  # at once: neither the app's tasks nor its threads hold up the end
