"""An HTTPS server that answers as a test has scripted, and a credential that it accepts."""

import json
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, NamedTuple, Self

import trustme
from aiohttp import connector, web
from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions
from azure.core.exceptions import ClientAuthenticationError

HOST = "127.0.0.1"
TOKEN = "a-token-for-arm"  # noqa: S105 - a word of the tests


class Answer(NamedTuple):
    """What the server answers once.

    Attributes:
        status: The status; 0 resets the connection, -1 does so in the middle of the body.
        body: JSON, or text as it is, or nothing.
        headers: The headers.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}


class Asked(NamedTuple):
    """What the server was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class ArmServer:
    """Answers in the order of its script; what is not scripted is a 599."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self._script: deque[Answer] = deque()

    def script(self, *answers: Answer) -> None:
        """What the next requests are answered."""
        self._script.extend(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        text = await request.text()
        body = json.loads(text) if text else None
        self.asked.append(Asked(request.method, request.path_qs, request.headers, body))
        answer = self._script.popleft() if self._script else Answer(599)
        if answer.status <= 0:
            return await self._reset(request, in_body=answer.status < 0)
        headers = dict(answer.headers)
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        if isinstance(answer.body, str):
            headers.setdefault("Content-Type", "text/html")
            return web.Response(
                status=answer.status, text=None, body=answer.body.encode(), headers=headers
            )
        return web.json_response(answer.body, status=answer.status, headers=headers)

    async def _reset(self, request: web.Request, *, in_body: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        if in_body:
            await response.prepare(request)
            await response.write(b'{"value":')
        assert request.transport is not None
        request.transport.abort()
        return response


class FakeCredential:
    """Gives tokens, and counts them; or none."""

    def __init__(self) -> None:
        self.given = 0
        self.broken = False

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token."""
        info = await self.get_token_info(*scopes)
        return AccessToken(info.token, info.expires_on)

    async def get_token_info(
        self, *scopes: str, options: TokenRequestOptions | None = None
    ) -> AccessTokenInfo:
        """A token of an hour."""
        assert scopes == ("https://arm/.default",), options
        if self.broken:
            raise ClientAuthenticationError("no identity is assigned")
        self.given += 1
        return AccessTokenInfo(TOKEN, int(time.time()) + 3600)

    async def close(self) -> None:
        """Nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


@cache
def _server_context() -> ssl.SSLContext:
    """A certificate of an authority that this process trusts from now on."""
    authority = trustme.CA()
    authority.configure_trust(connector._SSL_CONTEXT_VERIFIED)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", HOST).configure_cert(context)
    return context


@asynccontextmanager
async def running_arm() -> AsyncIterator[ArmServer]:
    """Run one on a free port."""
    server = ArmServer()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0, ssl_context=_server_context())
        await site.start()
        port = runner.addresses[0][1]
        server.url = f"https://localhost:{port}"
        yield server
    finally:
        await runner.cleanup()
