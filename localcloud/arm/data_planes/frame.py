"""The way of a request to a data plane: its caller, the fault that it meets, its answer.

Nothing of it is logged: what is asked and answered here is secret.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from aiohttp import web

from localcloud.arm.data_planes.errors import DataPlaneError, refused
from localcloud.arm.errors import ArmError
from localcloud.arm.exchange import Answer, Call
from localcloud.arm.faults.plan import Fault, FaultPlan
from localcloud.arm.gateway import call_of, check_size, content_of
from localcloud.arm.world import Cloud
from localcloud.identity.tokens import InvalidTokenError, Tokens

_LOG = logging.getLogger("localcloud.data")

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Work = Callable[[Cloud, Call], Answer]


@dataclass(frozen=True, slots=True)
class DataCloud:
    """What the data planes work with.

    Attributes:
        cloud: The resources, shared with Azure Resource Manager.
        tokens: Verifies callers.
        faults: Fails some requests on demand, shared too.
    """

    cloud: Cloud
    tokens: Tokens
    faults: FaultPlan


@dataclass(frozen=True, slots=True)
class Plane:
    """One service's data plane.

    Attributes:
        audience: For whom tokens must be issued.
        work: Answers a call whose caller is known, or raises an `ArmError`.
    """

    audience: str
    work: Work


def handler(world: DataCloud, plane: Plane) -> Handler:
    """What answers the requests to a plane."""

    async def answer(request: web.Request) -> web.StreamResponse:
        call = call_of(request, await content_of(request))
        fault, found = _answer(world, plane, call)
        if found.hold:
            await asyncio.sleep(found.hold)
        if fault is not None and fault.document.effect.kind != "respond":
            await _break(world, request, fault)
        return _response(call, found)

    return answer


def _answer(world: DataCloud, plane: Plane, call: Call) -> tuple[Fault | None, Answer]:
    fault = None
    try:
        check_size(call)
        known = _known(world, plane, call)
        world.cloud.settle()
        fault = world.faults.meet_data(known, world.cloud.now())
        return fault, _handled(world, plane, known, fault)
    except ArmError as error:
        return fault, Answer(error.status, error.body(), error.headers)
    except Exception as error:  # noqa: BLE001 - a bug of ours is a 500 to the caller
        # Without its message and its values, which may be secret.
        _LOG.error("%s on a data plane failed: %s", call.method, type(error).__name__)
        bug = DataPlaneError(
            HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", "The server has a bug."
        )
        return fault, Answer(bug.status, bug.body())


def _known(world: DataCloud, plane: Plane, call: Call) -> Call:
    """The call with its caller.

    Raises:
        ArmError: 401 with the challenge that clients look for.
    """
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthorized(world, plane, "The request has no bearer token.")
    try:
        claims = world.tokens.verify(token, (plane.audience,), world.cloud.directory)
    except InvalidTokenError as error:
        raise _unauthorized(world, plane, str(error)) from error
    return replace(call, principal=str(claims["oid"]), claims=claims)


def _unauthorized(world: DataCloud, plane: Plane, message: str) -> ArmError:
    """401; the challenge is that of learn: key-vault/general/authentication-requests-responses."""
    authority = f"https://login.microsoftonline.com/{world.cloud.directory}"
    challenge = f'Bearer authorization="{authority}", resource="{plane.audience}"'
    error = refused(HTTPStatus.UNAUTHORIZED, "Unauthorized", message)
    error.headers["WWW-Authenticate"] = challenge
    return error


def _handled(world: DataCloud, plane: Plane, call: Call, fault: Fault | None) -> Answer:
    kind = fault.document.effect.kind if fault is not None else ""
    if fault is not None and kind == "respond":
        raise world.faults.error_of(fault)
    if kind == "reset-before":
        return Answer()
    with world.cloud.store.transaction():
        answer = plane.work(world.cloud, call)
    answer.hold = answer.hold or world.cloud.profile.data
    return answer


async def _break(world: DataCloud, request: web.Request, fault: Fault) -> None:
    """Close the connection without an answer."""
    effect = fault.document.effect
    if effect.kind == "timeout-after":
        await asyncio.sleep(world.faults.scaled(effect.seconds))
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError


def _response(call: Call, answer: Answer) -> web.Response:
    headers = {"x-ms-request-id": call.request_id, "Cache-Control": "no-cache"} | answer.headers
    if answer.body is None or call.method == "HEAD":
        return web.Response(status=answer.status, headers=headers)
    return web.Response(
        body=json.dumps(answer.body, separators=(",", ":")).encode(),
        status=answer.status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )
