"""The way of a request: who it is from, whether it is let in, which fault it meets, its answer."""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from localcloud.arm.authentication import Authenticator
from localcloud.arm.errors import ArmError, bad_request
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.faults.plan import Fault, FaultPlan
from localcloud.arm.journal import Journal
from localcloud.arm.routes.dispatch import handle
from localcloud.arm.throttling import Throttle
from localcloud.arm.world import Cloud

_LOG = logging.getLogger("localcloud.arm")
_LARGEST_BODY = 4 * 1024 * 1024
_BUG = {"error": {"code": "InternalServerError", "message": "The server encountered an error."}}
_BREAKS_BEFORE = "reset-before"
_BREAKS_AFTER = frozenset({"reset-after", "timeout-after"})


@dataclass(slots=True)
class Gateway:
    """Answers requests over HTTP.

    Attributes:
        cloud: What they are about.
        authenticator: Knows callers.
        throttle: Limits them.
        faults: Fails some on demand.
        journal: Notes all.
    """

    cloud: Cloud
    authenticator: Authenticator
    throttle: Throttle
    faults: FaultPlan
    journal: Journal

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, and note it."""
        started, arrived = time.perf_counter(), self.cloud.now()
        content = await content_of(request)
        call = call_of(request, content)
        fault, answer = self._answer(call)
        if call.method != "GET":
            self.cloud.news.ring()
        kind = fault.document.effect.kind if fault is not None else ""
        if answer.hold:
            await asyncio.sleep(answer.hold)
        broken = kind == _BREAKS_BEFORE or kind in _BREAKS_AFTER
        headers = _headers(call, answer)
        self.journal.note(
            method=call.method,
            url=str(request.url),
            content=content,
            status=None if broken else answer.status,
            response=None if broken else answer.body,
            response_headers={} if broken else headers,
            request_id=call.request_id,
            time=arrived,
            duration=time.perf_counter() - started,
        )
        if broken:
            return await self._break(request, fault)
        return _response(call, answer, headers)

    def _answer(self, call: Call) -> tuple[Fault | None, Answer]:
        headers: dict[str, str] = {}
        fault = None
        try:
            check_size(call)
            claims = self.authenticator.claims(
                call.headers.get("authorization", ""), self.cloud.now()
            )
            call = replace(call, principal=str(claims["oid"]), claims=claims)
            headers = self.throttle.admit(call.method, call.path, call.principal, self.cloud.now())
            self.cloud.settle()
            fault = self.faults.meet(call, self.cloud.now())
            answer = self._handled(call, fault)
        except ArmError as error:
            answer = Answer(error.status, error.body(), error.headers)
        except Exception:  # noqa: BLE001 - a bug of ours is logged, and is a 500 to the caller
            _LOG.exception("%s %s failed", call.method, call.path)
            answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, _BUG)
        answer.headers = headers | answer.headers
        return fault, answer

    def _handled(self, call: Call, fault: Fault | None) -> Answer:
        kind = fault.document.effect.kind if fault is not None else ""
        if fault is not None and kind == "respond":
            raise self.faults.error_of(fault)
        if kind == _BREAKS_BEFORE:
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR)
        answer = handle(self.cloud, replace(call, effect=self.faults.effect_of(fault)))
        if fault is not None and kind == "late":
            answer.hold += self.faults.scaled(fault.document.effect.seconds)
        return answer

    async def _break(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        """Close the connection without an answer."""
        effect = fault.document.effect if fault is not None else None
        if effect is not None and effect.kind == "timeout-after":
            await asyncio.sleep(self.faults.scaled(effect.seconds))
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError


async def content_of(request: web.Request) -> bytes:
    """The whole body, or a little more than what is taken of one."""
    parts, size = [], 0
    async for part in request.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > _LARGEST_BODY:
            break
    return b"".join(parts)


def call_of(request: web.Request, content: bytes) -> Call:
    """A request, its caller not known yet."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    correlation = headers.get("x-ms-correlation-request-id") or str(uuid.uuid4())
    return Call(
        method=request.method,
        path=request.path,
        query={name.lower(): value for name, value in request.query.items()},
        headers=headers,
        content=content,
        base_url=f"{request.scheme}://{request.host}",
        request_id=str(uuid.uuid4()),
        correlation_id=correlation,
    )


def check_size(call: Call) -> None:
    """Refuse a body that is too large.

    Raises:
        ArmError: 400.
    """
    if len(call.content) > _LARGEST_BODY:
        raise bad_request("RequestContentTooLarge", "The request content is too large.")


def _headers(call: Call, answer: Answer) -> dict[str, str]:
    return {
        "Cache-Control": "no-cache",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "x-ms-request-id": call.request_id,
        "x-ms-correlation-request-id": call.correlation_id,
        "x-ms-routing-request-id": f"LOCAL:{call.request_id}",
    } | answer.headers


def _response(call: Call, answer: Answer, headers: Mapping[str, str]) -> web.Response:
    if answer.body is None or call.method == "HEAD":
        return web.Response(status=answer.status, headers=headers)
    return web.Response(
        body=_json(answer.body),
        status=answer.status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def _json(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
