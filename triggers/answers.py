"""HTTP answers as JSON, and errors as problem documents."""

import json
import logging
import math
from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func

from landing_zone.errors import SpokewrightError, TemporaryError
from landing_zone.problems import CONTENT_TYPE, problem

_log = logging.getLogger(__name__)


def answer(
    document: Any,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """A JSON answer."""
    return func.HttpResponse(
        json.dumps(document, separators=(",", ":")),
        status_code=int(status),
        headers={**(headers or {}), "Cache-Control": "no-store"},
        mimetype="application/json",
    )


async def answered(work: Awaitable[func.HttpResponse]) -> func.HttpResponse:
    """The answer of some work, or the problem document of what it raised."""
    try:
        return await work
    except SpokewrightError as error:
        document = problem(error)
        return func.HttpResponse(
            json.dumps(document, separators=(",", ":")),
            status_code=document["status"],
            headers=_wait(error),
            mimetype=CONTENT_TYPE,
        )
    except Exception:  # noqa: BLE001 - logged whole; the caller is shown no stack trace
        _log.exception("a request failed")
        document = problem(SpokewrightError())
        return func.HttpResponse(
            json.dumps(document), status_code=document["status"], mimetype=CONTENT_TYPE
        )


def _wait(error: SpokewrightError) -> dict[str, str]:
    """The header that passes on how long the other side asked to wait, in whole seconds."""
    if not isinstance(error, TemporaryError) or error.retry_after is None:
        return {}
    return {"Retry-After": str(math.ceil(error.retry_after))}
