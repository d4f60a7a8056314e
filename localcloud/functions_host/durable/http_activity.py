"""The built-in activity behind ``call_http``: one HTTP request, without polling."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

_TIMEOUT = aiohttp.ClientTimeout(total=100)


async def call(request_json: str) -> str:
    """Send the request that the action describes and describe the response.

    A managed-identity token is not offered here: an activity with the ordinary credential is the
    way that works in Azure and locally alike.
    """
    request: dict[str, Any] = json.loads(request_json)
    if request.get("tokenSource"):
        return _response(501, {}, "tokenSource is not supported by the local host")
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.request(
                request["method"],
                request["uri"],
                data=request.get("content"),
                headers=request.get("headers") or {},
            ) as response,
        ):
            return _response(response.status, dict(response.headers), await response.text())
    except aiohttp.ClientError as error:
        return _response(502, {}, str(error))


def _response(status: int, headers: dict[str, str], content: str) -> str:
    return json.dumps({"statusCode": status, "headers": headers, "content": content})
