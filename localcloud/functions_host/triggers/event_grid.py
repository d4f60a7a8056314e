"""Event Grid triggers: the webhook that Event Grid posts events to, one invocation an event.

It answers as Azure's extension does (Azure/azure-sdk-for-net,
Microsoft.Azure.WebJobs.Extensions.EventGrid:
``HttpRequestProcessor``, ``EventGridExtensionConfigProvider``). It is stricter where Azure's lets a
request through, or fails with 500, that Event Grid would never send: see ``event_posts``.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.errors import InvocationError, WorkerLostError
from localcloud.functions_host.logs import logger
from localcloud.functions_host.triggers.event_posts import (
    BadPostError,
    MediaTypeError,
    check_media_type,
    read_events,
    validation_code,
)
from localcloud.functions_host.triggers.http import HttpAnswer

if TYPE_CHECKING:
    from localcloud.functions_host.functions import Function
    from localcloud.functions_host.invoker import WorkerInvoker
    from localcloud.functions_host.triggers.http import HttpCall

WEBHOOK = "/runtime/webhooks/eventgrid"  # in lower case; the path's case does not matter
LARGEST_POST = 1024 * 1024  # bytes; learn: event-grid/quotas-limits, an array of events
_AT_ONCE = 64  # invocations under way; more wait for their turn
_PUBLIC_ORIGIN = "eventgrid.azure.net"
_ORIGINS = frozenset({
    _PUBLIC_ORIGIN, "eventgrid.azure.us", "eventgrid.azure.cn", "eventgrid.azure.eaglex.ic.gov",
    "eventgrid.azure.microsoft.scloud",
})  # fmt: skip


def endpoint(base: str, name: str = "") -> str:
    """Return the webhook's address, for one function if it is named."""
    query = f"?functionName={name}" if name else ""
    return f"{base}/runtime/webhooks/EventGrid{query}"


class EventGridWebhook:
    """The Event Grid functions of the app, reached by one webhook."""

    def __init__(self, functions: list[Function], invoker: WorkerInvoker) -> None:
        self._functions = {function.name: function for function in functions}
        self._invoker = invoker
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def handle(self, call: HttpCall) -> HttpAnswer:
        """Answer a request whose key has been checked."""
        name = call.query.get("functionName", "")
        function = self._functions.get(name)
        if function is None:
            logger.info("no Event Grid function %r", name)
            return _text(404, f"cannot find function: '{name}'")
        if call.method == "OPTIONS":
            return _agree(call)
        if call.method != "POST":
            return HttpAnswer(400)
        try:
            return await self._post(function, call)
        except MediaTypeError as error:
            return _text(415, str(error))
        except BadPostError as error:
            logger.warning("a post to %s was refused: %s", name, error)
            return _text(400, str(error))

    async def _post(self, function: Function, call: HttpCall) -> HttpAnswer:
        match call.headers.get("aeg-event-type", "").lower():
            case "subscriptionvalidation":
                check_media_type(call.headers.get("content-type", ""))
                logger.info("Event Grid asks %s for a handshake", function.name)
                return _json({"validationResponse": validation_code(call.body)})
            case "notification":
                check_media_type(call.headers.get("content-type", ""))
                return await self._run_all(function, read_events(call.body))
            case "unsubscribe":
                return HttpAnswer(202)
            case kind:
                raise BadPostError(f"aeg-event-type is {kind!r}")

    async def _run_all(self, function: Function, events: list[str]) -> HttpAnswer:
        """Run the function for every event; one failure lets Event Grid send all of them again."""
        failures = await asyncio.gather(*(self._run(function, event) for event in events))
        failed = [failure for failure in failures if failure]
        return _text(500, failed[0]) if failed else HttpAnswer(202)

    async def _run(self, function: Function, event: str) -> str:
        """Run the function for one event; returns what went wrong."""
        async with self._turns:
            try:
                await self._invoker.invoke(function, ["json", event])
            except InvocationError as error:
                logger.error("%s failed: %s\n%s", function.name, error.message, error.stack)
                # The message stays in the log, unlike in Azure: it might quote a secret.
                return f"Exception while executing function: Functions.{function.name}"
            except WorkerLostError:
                logger.error("%s failed: the worker died", function.name)
                return "the worker died"
        return ""


def _agree(call: HttpCall) -> HttpAnswer:
    """Agree to CloudEvents from Event Grid, and from nobody else."""
    asked = call.headers.get("webhook-request-origin", "")
    allowed = asked if asked in _ORIGINS else _PUBLIC_ORIGIN
    return HttpAnswer(200, headers={"WebHook-Allowed-Origin": allowed})


def _json(document: Any) -> HttpAnswer:
    headers = {"content-type": "application/json; charset=utf-8"}
    return HttpAnswer(200, json.dumps(document).encode(), headers)


def _text(status: int, text: str) -> HttpAnswer:
    headers = {"content-type": "text/plain; charset=utf-8"}
    return HttpAnswer(status, text.encode(errors="replace"), headers)
