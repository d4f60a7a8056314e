"""Small typed clients of the HTTP API and of the local ARM's control routes."""

import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import ValidationError

from landing_zone.arm_ids import normalized
from localcloud.demo.models import Approval, Operation, Problem, Tenant

TIMEOUT_SECONDS = 30.0
FIRST_ERROR = 400


class Reply(NamedTuple):
    """An answer.

    Attributes:
        status: HTTP status.
        body: As it came.
        headers: By their names in lower case.
    """

    status: int
    body: bytes
    headers: Mapping[str, str]


class ApiError(Exception):
    """The API refused a request.

    Attributes:
        status: HTTP status.
        problem: Why, as far as the answer says so.
    """

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(f"HTTP {status}: {problem.told}")
        self.status = status
        self.problem = problem


class Api:
    """The HTTP API of one local cloud.

    Connection errors are raised as they are (`OSError`, `http.client.HTTPException`): the host may
    be starting again.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def operation(self, operation_id: str) -> Operation:
        """How far an operation has come.

        Raises:
            ApiError: There is no such operation, or the API is in trouble.
        """
        return Operation.model_validate(self._get(f"/api/operations/{operation_id}"))

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant as the registry knows it.

        Raises:
            ApiError: There is no such tenant, or the API is in trouble.
        """
        return Tenant.model_validate(self._get(f"/api/tenants/{tenant_id}"))

    def approval(self, tenant_id: str) -> Approval:
        """What of a tenant waits for an approver, or did.

        Raises:
            ApiError: Nothing does, or the API is in trouble.
        """
        return Approval.model_validate(self._get(f"/api/tenants/{tenant_id}/approval"))

    def decide(self, tenant_id: str, decision: Mapping[str, Any]) -> None:
        """Decide upon what waits.

        Raises:
            ApiError: It does not wait any more, or the API is in trouble.
        """
        self._send("POST", f"/api/tenants/{tenant_id}/approval", json.dumps(decision).encode())

    def _get(self, path: str) -> Any:
        return self._send("GET", path)

    def _send(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = {"authorization": f"Bearer {self._token}", "accept": "application/json"}
        reply = exchange(self._url, method, path, headers=headers, body=body)
        if reply.status >= FIRST_ERROR:
            raise ApiError(reply.status, _problem(reply.body))
        return json.loads(reply.body)


class Arm:
    """What the local ARM tells of itself; errors are those of `Api`."""

    def __init__(self, url: str, ca: Path) -> None:
        self._url = url
        self._tls = ssl.create_default_context(cafile=str(ca))

    def resources(self) -> dict[str, dict[str, Any]]:
        """Every resource as ARM would return it, by its normalized id."""
        return {normalized(body["id"]): body for body in json.loads(self._get("/_local/resources"))}

    def requests(self) -> bytes:
        """Every exchange with a client, as JSON Lines."""
        return self._get("/_local/requests")

    def _get(self, path: str) -> bytes:
        reply = exchange(self._url, "GET", path, tls=self._tls)
        if reply.status >= FIRST_ERROR:
            raise ApiError(reply.status, _problem(reply.body))
        return reply.body


def exchange(
    url: str,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    tls: ssl.SSLContext | None = None,
) -> Reply:
    """Call a server once, on a connection of its own; over TLS where there is a context."""
    place = urlsplit(url).netloc
    connection = (
        http.client.HTTPSConnection(place, timeout=TIMEOUT_SECONDS, context=tls)
        if tls
        else http.client.HTTPConnection(place, timeout=TIMEOUT_SECONDS)
    )
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, response.read(), told)
    finally:
        connection.close()


def _problem(answer: bytes) -> Problem:
    try:
        return Problem.model_validate_json(answer)
    except ValidationError:
        return Problem(detail=answer.decode(errors="replace")[:500])
