"""The management API over HTTP: for the SDK's client inside, and as webhooks for the public."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localcloud.functions_host.clock import from_text, to_text
from localcloud.functions_host.durable.client import ArgumentError, InvalidOperationError
from localcloud.functions_host.durable.hub import FINISHED
from localcloud.functions_host.durable.status import describe, readable_history

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.functions_host.durable.client import DurableClient
    from localcloud.functions_host.durable.store import Instance

_PAGE = 100
_LONGEST_WAIT = 230.0  # seconds; Azure's front end cuts longer requests
_RUNTIME_STATUSES = {
    "Running", "Completed", "Failed", "Canceled", "Terminated", "Pending", "Suspended",
    "ContinuedAsNew",
}  # fmt: skip


@dataclass(frozen=True)
class ApiRequest:
    """A request to the API, below its base path.

    Attributes:
        base: scheme and host that the caller used, for the links in the answer.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str
    url: str

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read a boolean parameter; what is no boolean counts as absent."""
        return {"true": True, "false": False}.get(self.query.get(name, "").lower(), default)


@dataclass(frozen=True)
class ApiResponse:
    """An answer; ``body`` is JSON or nothing."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


def _error(status: int, message: str, error: Exception, kind: str) -> ApiResponse:
    return ApiResponse(status, {
        "Message": message,
        "ExceptionMessage": str(error),
        "ExceptionType": kind,
        "StackTrace": None,
    })  # fmt: skip


class DurableApi:
    """Answers API requests; authorization is the caller's business."""

    def __init__(self, client: DurableClient, links: Callable[[str, str], dict[str, str]]) -> None:
        self._client = client
        self._links = links

    async def handle(self, request: ApiRequest) -> ApiResponse:
        """Route a request and turn refusals into the extension's error documents."""
        segments = [unquote(segment) for segment in request.path.strip("/").split("/")]
        try:
            return await self._route(request, segments)
        except ArgumentError as error:
            message = "One or more of the arguments submitted is incorrect"
            return _error(400, message, error, error.kind)
        except InvalidOperationError as error:
            message = "Something went wrong while processing your request"
            return _error(500, message, error, error.kind)
        except json.JSONDecodeError as error:
            kind = "Newtonsoft.Json.JsonReaderException"
            return _error(400, "Invalid JSON content", error, kind)

    async def _route(self, request: ApiRequest, segments: list[str]) -> ApiResponse:
        match request.method, [segments[0].lower(), *segments[1:]]:
            case "POST", ["orchestrators", name]:
                answer = await self._start(request, name, None)
            case "POST", ["orchestrators", name, instance_id]:
                answer = await self._start(request, name, instance_id)
            case "GET", ["instances"]:
                answer = self._query(request)
            case "DELETE", ["instances"]:
                answer = self._purge_by(request)
            case method, ["instances", instance_id, *operation]:
                answer = await self._instance(request, method, instance_id, operation)
            case "GET", ["entities", name, key]:
                answer = self._read_entity(name, key)
            case "GET", ["entities"] | ["entities", _]:
                answer = self._list_entities(request, *segments[1:])
            case "POST" | "DELETE", ["entities", name, key]:
                answer = self._signal(request, name, key)
            case _:
                answer = ApiResponse(404)
        return answer

    async def _instance(
        self, request: ApiRequest, method: str, instance_id: str, operation: list[str]
    ) -> ApiResponse:
        if method == "POST" and [part.lower() for part in operation] == ["restart"]:
            new_id = request.flag("restartWithNewInstanceId", default=True)
            return await self._accepted(request, self._client.restart(instance_id, new_id=new_id))
        instance = self._client.find(instance_id)
        match method, [part.lower() for part in operation[:1]] + operation[1:]:
            case _ if instance is None:
                answer = ApiResponse(404)
            case "GET", []:
                answer = self._status(request, instance)
            case "DELETE", []:
                answer = ApiResponse(200, {"instancesDeleted": self._client.purge([instance])})
            case "POST", ["raiseevent", name]:
                answer = self._raise_event(request, instance, name)
            case "POST", [verb] if verb in {"terminate", "suspend", "resume", "rewind"}:
                answer = self._control(request, instance, verb)
            case _:
                answer = ApiResponse(404)
        return answer

    # Starting

    async def _start(self, request: ApiRequest, name: str, instance_id: str | None) -> ApiResponse:
        raw_input = _compact(request.body) if request.body else None
        version = request.query.get("version")
        started = self._client.start(name, instance_id, raw_input, version)
        return await self._accepted(request, started)

    async def _accepted(self, request: ApiRequest, instance_id: str) -> ApiResponse:
        """Answer with links, or wait for the end when the caller gave a time-out."""
        timeout = _number(request.query.get("timeout"))
        if timeout is not None and "pollingInterval" in request.query:
            await self._client.engine.wait_finished(instance_id, min(timeout, _LONGEST_WAIT))
            instance = self._client.find(instance_id)
            if instance is not None and instance.status in FINISHED:
                return _final(instance)
        links = self._links(request.base, instance_id)
        location = ("Location", links["statusQueryGetUri"])
        return ApiResponse(202, links, (location, ("Retry-After", "10")))

    # Reading

    def _status(self, request: ApiRequest, instance: Instance) -> ApiResponse:
        show_input = request.flag("showInput", default=True)
        history = None
        if request.flag("showHistory") and instance.status != "Pending":
            bodies = self._client.engine.hub.store.history(instance.id)
            events = [json.loads(body) for body in bodies]
            output = request.flag("showHistoryOutput")
            history = readable_history(events, show_input=show_input, show_output=output)
        document = describe(instance, show_input=show_input, history=history)
        if instance.status not in FINISHED:
            return ApiResponse(202, document, (("Location", request.url), ("Retry-After", "5")))
        failed = instance.status == "Failed" and request.flag("returnInternalServerErrorOnFailure")
        return ApiResponse(500 if failed else 200, document)

    def _query(self, request: ApiRequest) -> ApiResponse:
        conditions, values = _conditions(request.query)
        # As in Azure a page has 100 instances, whether or not the SDK's client asks for the next.
        limit = max(1, int(_number(request.query.get("top")) or _PAGE))
        after = _token(request.headers.get("x-ms-continuation-token"))
        store = self._client.engine.hub.store
        found = store.query(conditions, values, after, limit + 1)
        page = found[:limit]
        more = page[-1].id if len(page) < len(found) else ""
        show_input = request.flag("showInput", default=True)
        documents = [describe(instance, show_input=show_input) for instance in page]
        token = base64.b64encode(more.encode()).decode()
        return ApiResponse(200, documents, (("x-ms-continuation-token", token),))

    def _read_entity(self, name: str, key: str) -> ApiResponse:
        state = self._client.entity_state(name, "" if key == "$" else key)
        return ApiResponse(404) if state is None else ApiResponse(200, json.loads(state))

    def _list_entities(self, request: ApiRequest, name: str = "") -> ApiResponse:
        prefix = f"@{name.lower()}@" if name else "@"
        store = self._client.engine.hub.store
        documents = []
        for instance in store.query(["substr(id, 1, ?)=?"], [str(len(prefix)), prefix], "", None):
            entity, _, key = instance.id[1:].partition("@")
            document: dict[str, Any] = {
                "entityId": {"name": entity, "key": key},
                "lastOperationTime": instance.updated,
            }
            if request.flag("fetchState"):
                document["state"] = json.loads(store.entity_state(instance.id) or "null")
            documents.append(document)
        return ApiResponse(200, documents)

    # Acting

    def _raise_event(self, request: ApiRequest, instance: Instance, name: str) -> ApiResponse:
        if instance.status in FINISHED:
            return ApiResponse(410)
        if not _is_json(request):
            return ApiResponse(
                400, {"Message": "Only application/json request content is supported"}
            )
        self._client.raise_event(instance, name, _compact(request.body))
        return ApiResponse(202)

    def _control(self, request: ApiRequest, instance: Instance, verb: str) -> ApiResponse:
        reason = request.query.get("reason", "")
        finished = instance.status in FINISHED
        if verb == "rewind":
            if finished and instance.status != "Failed":
                return ApiResponse(410)
            self._client.rewind(instance)
        elif finished:
            return ApiResponse(410)
        elif verb == "terminate":
            self._client.terminate(instance, reason)
        elif verb == "suspend":
            self._client.suspend(instance, reason)
        else:
            self._client.resume(instance, reason)
        return ApiResponse(202)

    def _purge_by(self, request: ApiRequest) -> ApiResponse:
        if _time(request.query.get("createdTimeFrom")) is None:
            return ApiResponse(400, "Please provide value for 'createdTimeFrom' parameter.")
        conditions, values = _conditions(request.query)
        found = self._client.engine.hub.store.query(conditions, values, "", None)
        count = self._client.purge([i for i in found if not i.id.startswith("@")])
        return ApiResponse(200, {"instancesDeleted": count}) if count else ApiResponse(404)

    def _signal(self, request: ApiRequest, name: str, key: str) -> ApiResponse:
        operation = "delete" if request.method == "DELETE" else request.query.get("op", "")
        raw = None
        if request.body:
            raw = _compact(request.body) if _is_json(request) else json.dumps(request.body.decode())
        self._client.signal(name, key, operation, raw)
        return ApiResponse(202)


def _final(instance: Instance) -> ApiResponse:
    if instance.status == "Completed":
        return ApiResponse(200, json.loads(instance.output or "null"))
    return ApiResponse(200, describe(instance, show_input=True))


def _compact(body: bytes) -> str:
    return json.dumps(json.loads(body), separators=(",", ":"))


def _is_json(request: ApiRequest) -> bool:
    media, _, _ = request.headers.get("content-type", "").partition(";")
    return media.strip().lower() == "application/json"


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _time(text: str | None) -> str | None:
    try:
        return to_text(from_text(text)) if text else None
    except ValueError:
        return None


def _token(text: str | None) -> str:
    try:
        return base64.b64decode(text or "", validate=True).decode()
    except ValueError as error:
        raise ArgumentError("The continuation token is not one of ours.") from error


def _conditions(query: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Turn filters into SQL conditions with their values."""
    conditions: list[str] = []
    values: list[str] = []
    for parameter, comparison in (("createdTimeFrom", ">="), ("createdTimeTo", "<=")):
        moment = _time(query.get(parameter))
        if moment is not None:
            conditions.append(f"created{comparison}?")
            values.append(moment)
    statuses = [s for s in query.get("runtimeStatus", "").split(",") if s in _RUNTIME_STATUSES]
    if statuses:
        conditions.append(f"status IN ({','.join('?' * len(statuses))})")
        values += statuses
    prefix = query.get("instanceIdPrefix", "")
    if prefix:
        conditions.append("substr(id, 1, length(?))=?")
        values += [prefix, prefix]
    return conditions, values
