"""Small typed clients of the HTTP API and of the local ARM's control routes."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from landing_zone.arm_ids import normalized
from localcloud.demo.models import Accepted, Operation, Problem, Tenant

TIMEOUT_SECONDS = 30.0
FIRST_ERROR = 400


class ApiError(Exception):
    """The API refused a request.

    Attributes:
        status: HTTP status.
        problem: Why, as far as the answer says so.
    """

    def __init__(self, status: int, problem: Problem) -> None:
        faults = [f"  {fault.path or 'request'}: {fault.message}" for fault in problem.errors]
        head = f"HTTP {status}: {problem.title}"
        super().__init__(
            "\n".join([f"{head}. {problem.detail}" if problem.detail else head, *faults])
        )
        self.status = status
        self.problem = problem


class Api:
    """The HTTP API of one local cloud.

    Connection errors are raised as they are (`OSError`, `http.client.HTTPException`): the host may
    be starting again.
    """

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key

    def onboard(self, document: bytes) -> Accepted:
        """Send a tenant request, a YAML document.

        Raises:
            ApiError: It was refused.
        """
        return Accepted.model_validate(self._call("POST", "/api/tenants", document))

    def operation(self, operation_id: str) -> Operation:
        """How far an operation has come.

        Raises:
            ApiError: There is no such operation, or the API is in trouble.
        """
        return Operation.model_validate(self._call("GET", f"/api/operations/{operation_id}"))

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant as the registry knows it.

        Raises:
            ApiError: There is no such tenant, or the API is in trouble.
        """
        return Tenant.model_validate(self._call("GET", f"/api/tenants/{tenant_id}"))

    def _call(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = {"x-functions-key": self._key, "accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/yaml"
        status, answer = _exchange(self._url, method, path, headers=headers, body=body)
        if status >= FIRST_ERROR:
            raise ApiError(status, _problem(answer))
        return json.loads(answer)


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
        status, answer = _exchange(self._url, "GET", path, tls=self._tls)
        if status >= FIRST_ERROR:
            raise ApiError(status, _problem(answer))
        return answer


def _exchange(
    url: str,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    tls: ssl.SSLContext | None = None,
) -> tuple[int, bytes]:
    place = urlsplit(url).netloc
    connection = (
        http.client.HTTPSConnection(place, timeout=TIMEOUT_SECONDS, context=tls)
        if tls
        else http.client.HTTPConnection(place, timeout=TIMEOUT_SECONDS)
    )
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _problem(answer: bytes) -> Problem:
    try:
        return Problem.model_validate_json(answer)
    except ValidationError:
        return Problem(detail=answer.decode(errors="replace")[:500])
