"""Values between the channel's plain data and the worker library's message classes."""

from __future__ import annotations

from typing import Any

from localcloud.functions_host.worker.protos import Message, ParameterBinding, TypedData

type Plain = list[Any]
"""A kind and a value, as they travel: ``["json", "..."]`` or ``[None, None]``."""


def to_binding(name: str, plain: Plain) -> ParameterBinding:
    """Build the named input of an invocation."""
    return ParameterBinding(name=name, data=to_typed(plain))


def to_typed(plain: Plain) -> TypedData:
    """Build a typed value; an HTTP request becomes the message that the library unpacks."""
    kind, value = plain
    if kind == "http":
        request = Message(**{**value, "body": TypedData(bytes=value["body"])})
        return TypedData(http=request)
    return TypedData(**{kind: value}) if kind else TypedData()


def from_typed(typed: TypedData | None) -> Plain:
    """Take a result apart again."""
    kind = typed.WhichOneof("data") if typed is not None else None
    if typed is None or kind is None:
        return [None, None]
    value = getattr(typed, kind)
    return [kind, _http_response(value)] if kind == "http" else [kind, value]


def _http_response(response: Message) -> dict[str, Any]:
    return {
        "status": response.status_code,
        "headers": dict(response.headers or {}),
        "body": from_typed(response.body),
        "cookies": [_cookie(cookie) for cookie in response.cookies or ()],
    }


def _cookie(cookie: Message) -> dict[str, Any]:
    expires = cookie.expires.value if cookie.expires else None
    return {
        "name": cookie.name,
        "value": cookie.value,
        "domain": cookie.domain.value if cookie.domain else None,
        "path": cookie.path.value if cookie.path else None,
        "expires": expires.strftime("%a, %d %b %Y %H:%M:%S GMT") if expires else None,
        "secure": bool(cookie.secure and cookie.secure.value),
        "http_only": bool(cookie.http_only and cookie.http_only.value),
        "same_site": cookie.same_site,
        "max_age": cookie.max_age.value if cookie.max_age else None,
    }
