"""HTTP functions: routes, levels, bodies, failures."""

from __future__ import annotations

import json
import logging
import time

import azure.functions as func

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK is untyped here
_log = logging.getLogger("fixture")


@bp.route(route="echo/{kind:alpha}/{id:int?}", methods=["GET", "POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    """Tell what arrived."""
    if req.route_params["kind"] == "log":
        _log.info("asked for %s", req.url)
    seen = {
        "route": dict(req.route_params),
        "query": dict(req.params),
        "header": req.headers.get("x-test"),
        "size": len(req.get_body()),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@bp.route(route="open", auth_level=func.AuthLevel.ANONYMOUS)
async def open_door(req: func.HttpRequest) -> str:  # noqa: ARG001
    """Answer anyone."""
    _log.info("someone is at the door")
    print("printed line")  # noqa: T201
    return "open"


@bp.route(route="guarded", auth_level=func.AuthLevel.ADMIN)
def guarded(req: func.HttpRequest) -> str:  # noqa: ARG001
    """Answer the master key only."""
    return "guarded"


@bp.route(route="broken", auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> str:  # noqa: ARG001
    """Raise."""
    raise ValueError("a secret detail")


@bp.route(route="slow")
def slow(req: func.HttpRequest) -> str:  # noqa: ARG001
    """Take far longer than any test."""
    _log.info("slow has begun")
    time.sleep(600)
    return "late"


@bp.route(route="cookie")
def cookie(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001
    """Answer with nothing but headers."""
    headers = {"X-Own": "yes", "Set-Cookie": "session=abc; Path=/; HttpOnly"}
    return func.HttpResponse(status_code=204, headers=headers)
