"""HTTP triggers: which function a request is for, whether its key opens it, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.errors import InvocationError, WorkerLostError
from localcloud.functions_host.logs import logger
from localcloud.functions_host.triggers.routes import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.functions_host.functions import Function
    from localcloud.functions_host.invoker import WorkerInvoker
    from localcloud.functions_host.keys import Keys

_NO_BODY = frozenset({204, 304})


@dataclass(frozen=True)
class HttpCall:
    """A request as functions see it; header names are lower case."""

    method: str
    path: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def given_key(self) -> str | None:
        """Return the key that the caller gave, by header or by query."""
        return self.headers.get("x-functions-key") or self.query.get("code")


@dataclass(frozen=True)
class HttpAnswer:
    """A response; cookies come ready to be sent as ``Set-Cookie`` values."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


class HttpFunctions:
    """The HTTP functions of the app."""

    def __init__(
        self, functions: list[Function], prefix: str, keys: Keys, invoker: WorkerInvoker
    ) -> None:
        self._keys = keys
        self._invoker = invoker
        self._routes = [(Route(full_route(f, prefix)), methods_of(f), f) for f in functions]
        self._routes.sort(key=lambda entry: entry[0].rank)

    async def handle(self, call: HttpCall) -> HttpAnswer:
        """Answer a request: 404 without a function, 401 without its key, 500 if it raises."""
        found = self._find(call)
        if found is None:
            return HttpAnswer(404)
        function, values = found
        level = level_of(function)
        if not self._keys.opens(level, function.name, call.given_key()):
            return HttpAnswer(401)
        try:
            outcome = await self._invoker.call(function, ["http", _request(call, values)])
        except InvocationError as error:
            logger.error("%s failed: %s\n%s", function.name, error.message, error.stack)
            return HttpAnswer(500)
        except WorkerLostError:
            logger.error("%s failed: the worker died", function.name)
            return HttpAnswer(500)
        return _answer(_response_of(function, outcome))

    def _find(self, call: HttpCall) -> tuple[Function, dict[str, str]] | None:
        for route, methods, function in self._routes:
            if methods and call.method.lower() not in methods:
                continue
            values = route.match(call.path)
            if values is not None:
                return function, values
        return None


def full_route(function: Function, prefix: str) -> str:
    """Return a function's path with the app's prefix."""
    route = str(function.trigger.get("route") or function.name)
    return "/".join(part for part in (prefix, route.strip("/")) if part)


def methods_of(function: Function) -> tuple[str, ...]:
    """List the methods of a function in lower case; none means all."""
    return tuple(str(m).lower().rpartition(".")[2] for m in function.trigger.get("methods") or ())


def level_of(function: Function) -> str:
    """Return a function's auth level in lower case."""
    return str(function.trigger.get("authLevel") or "function").lower()


def _request(call: HttpCall, values: dict[str, str]) -> dict[str, Any]:
    return {
        "method": call.method,
        "url": call.url,
        "headers": dict(call.headers),
        "params": values,
        "query": {name: value for name, value in call.query.items() if value},
        "body": call.body,
    }


def _response_of(function: Function, outcome: dict[str, Any]) -> list[Any]:
    if function.http_output and function.http_output != "$return":
        outputs = dict(outcome["outputs"])
        return list(outputs.get(function.http_output, [None, None]))
    return list(outcome["value"])


def _answer(value: list[Any]) -> HttpAnswer:
    kind, content = value
    if kind != "http":
        body, media = _body(value)
        headers = {"content-type": media} if body else {}
        return HttpAnswer(200 if kind else 204, body, headers)
    status = int(content["status"])
    body, _ = _body(content["body"])
    cookies = tuple(_cookie(cookie) for cookie in content["cookies"])
    return HttpAnswer(status, b"" if status in _NO_BODY else body, content["headers"], cookies)


def _body(value: list[Any]) -> tuple[bytes, str]:
    kind, content = value
    match kind:
        case None:
            return b"", ""
        case "bytes":
            return content, "application/octet-stream"
        case "json":
            return content.encode(), "application/json; charset=utf-8"
        case _:
            return str(content).encode(), "text/plain; charset=utf-8"


def _cookie(cookie: dict[str, Any]) -> str:
    parts = [f"{cookie['name']}={cookie['value']}"]
    named = {
        "Domain": cookie["domain"], "Path": cookie["path"], "Expires": cookie["expires"],
        "SameSite": cookie["same_site"],
    }  # fmt: skip
    parts += [f"{name}={value}" for name, value in named.items() if value]
    if cookie["max_age"] is not None:
        parts.append(f"Max-Age={int(cookie['max_age'])}")
    parts += [
        flag for flag, key in (("Secure", "secure"), ("HttpOnly", "http_only")) if cookie[key]
    ]
    return "; ".join(parts)
