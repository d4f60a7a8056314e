"""The host's two HTTP fronts: the public one, and the local RPC endpoint of the durable client."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from localcloud.functions_host.app_service_auth import NotAuthenticatedError
from localcloud.functions_host.durable.api import ApiRequest, ApiResponse
from localcloud.functions_host.keys import DURABLE_SYSTEM_KEY, EVENT_GRID_SYSTEM_KEY
from localcloud.functions_host.links import WEBHOOKS
from localcloud.functions_host.logs import logger
from localcloud.functions_host.triggers.event_grid import LARGEST_POST, WEBHOOK
from localcloud.functions_host.triggers.http import HttpAnswer, HttpCall

if TYPE_CHECKING:
    import asyncio

    from aiohttp.http_parser import RawRequestMessage
    from aiohttp.streams import StreamReader
    from aiohttp.web_protocol import RequestHandler

    from localcloud.functions_host.admin import Admin
    from localcloud.functions_host.app_service_auth import AppServiceAuthentication
    from localcloud.functions_host.durable.api import DurableApi
    from localcloud.functions_host.keys import Keys
    from localcloud.functions_host.triggers.event_grid import EventGridWebhook
    from localcloud.functions_host.triggers.http import HttpFunctions

LARGEST_BODY = 100 * 1024 * 1024  # bytes; Azure refuses more
RPC_PREFIX = "/durabletask"


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: Any,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    return web.BaseRequest(
        message, payload, protocol, writer, task, protocol._loop,  # noqa: SLF001 - its own default does so
        client_max_size=LARGEST_BODY,
    )  # fmt: skip


def server(handler: Any) -> web.Server:
    """Wrap a handler of low-level requests, which admits bodies as large as Azure does."""
    return web.Server(handler, request_factory=_request, access_log=None)


async def read_call(request: web.BaseRequest) -> HttpCall:
    """Read a request whole.

    Raises:
        HTTPRequestEntityTooLarge: the body is larger than Azure admits.
    """
    largest = LARGEST_POST if request.path.lower() == WEBHOOK else LARGEST_BODY
    if (request.content_length or 0) > largest:
        raise web.HTTPRequestEntityTooLarge(largest, request.content_length or 0)
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    query: dict[str, str] = {}
    for name, value in request.query.items():
        query[name] = f"{query[name]},{value}" if name in query else value
    body = await _read_body(request, largest)
    return HttpCall(
        request.method, request.rel_url.raw_path, str(request.url), headers, query, body
    )


async def _read_body(request: web.BaseRequest, largest: int) -> bytes:
    """Read the body, and no more of it than is admitted, whatever length was declared."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > largest:
            raise web.HTTPRequestEntityTooLarge(largest, len(body))
    return bytes(body)


class PublicFront:
    """What the host's port serves: functions, webhooks of extensions, and the admin API."""

    def __init__(
        self,
        functions: HttpFunctions,
        api: DurableApi,
        events: EventGridWebhook,
        admin: Admin,
        keys: Keys,
        authentication: AppServiceAuthentication | None = None,
    ) -> None:
        self._functions = functions
        self._events = events
        self._api = api
        self._admin = admin
        self._keys = keys
        self._authentication = authentication

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request and log it in a line."""
        begin = time.perf_counter()
        try:
            call = await read_call(request)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, headers={"connection": "close"})
        response = await self._answer(call, f"{request.scheme}://{request.host}")
        if not call.path.startswith("/admin/"):
            milliseconds = (time.perf_counter() - begin) * 1000
            logger.info("%s %s %d %.1f ms", call.method, call.path, response.status, milliseconds)
        return response

    async def _answer(self, call: HttpCall, base: str) -> web.Response:
        """Let App Service authentication look first, where it is on."""
        if self._authentication is None:
            return await self._route(call, base)
        try:
            passed = self._authentication.passed(call)
        except NotAuthenticatedError as error:
            logger.warning("%s %s is not authenticated: %s", call.method, call.path, error)
            challenge = 'Bearer error="invalid_token"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        return await self._route(passed, base)

    async def _route(self, call: HttpCall, base: str) -> web.Response:
        lower = call.path.lower()
        if lower.startswith(WEBHOOKS + "/"):
            if not self._keys.opens_system(DURABLE_SYSTEM_KEY, call.given_key()):
                return web.Response(status=401)
            return await api_response(self._api, call, call.path[len(WEBHOOKS) :], base)
        if lower == WEBHOOK:
            return _response(await self._take_events(call))
        if lower.startswith("/admin/"):
            return _response(await self._admin.handle(call))
        if lower == "/":
            return web.Response(text="Your Functions app is up and running.")
        return _response(await self._functions.handle(call))

    async def _take_events(self, call: HttpCall) -> HttpAnswer:
        if not self._keys.opens_system(EVENT_GRID_SYSTEM_KEY, call.given_key()):
            return HttpAnswer(401)
        return await self._events.handle(call)


class RpcFront:
    """The endpoint that the SDK's durable client calls; it listens on loopback only."""

    def __init__(self, api: DurableApi, public_base: str) -> None:
        self._api = api
        self._public_base = public_base

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        try:
            call = await read_call(request)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, headers={"connection": "close"})
        if not call.path.startswith(RPC_PREFIX + "/"):
            return web.Response(status=404)
        path = call.path[len(RPC_PREFIX) :]
        return await api_response(self._api, call, path, self._public_base)


async def api_response(api: DurableApi, call: HttpCall, path: str, base: str) -> web.Response:
    """Pass a request to the durable API."""
    request = ApiRequest(call.method, path, call.query, call.headers, call.body, base, call.url)
    answer: ApiResponse = await api.handle(request)
    headers = dict(answer.headers)
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    text = json.dumps(answer.body)
    return web.Response(
        status=answer.status, text=text, headers=headers, content_type="application/json"
    )


def _response(answer: HttpAnswer) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body)
    if not answer.body:
        response.headers.pop("Content-Type", None)
    for name, value in answer.headers.items():
        if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
            response.headers[name] = value
    for cookie in answer.cookies:
        response.headers.add("Set-Cookie", cookie)
    return response
