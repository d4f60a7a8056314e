"""One request and its answer, free of any web framework."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from localcloud.arm.effects import NO_EFFECT, Effect
from localcloud.arm.errors import bad_request


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed authentication.

    Attributes:
        method: Upper case.
        path: Decoded path, without the query.
        query: Parameters, their names in lower case.
        headers: Their names in lower case.
        content: The body's bytes.
        base_url: Scheme and authority that the client used.
        principal: Object id of the caller.
        claims: The token's claims.
        request_id: The answer's `x-ms-request-id`.
        correlation_id: The client's or ours.
        effect: What a fault does to the operation that this begins.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    base_url: str = "https://localhost"
    principal: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""
    correlation_id: str = ""
    effect: Effect = NO_EFFECT

    @property
    def api_version(self) -> str:
        """The `api-version` of the query, or the empty string."""
        return self.query.get("api-version", "")

    def body(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            ArmError: It is missing, or not a JSON object.
        """
        if not self.content:
            raise bad_request("MissingRequestBody", "The request body is required.")
        try:
            body = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            message = f"The request content was invalid and could not be deserialized: '{error}'."
            raise bad_request("InvalidRequestContent", message) from error
        if not isinstance(body, dict):
            message = "The request content was invalid: a JSON object is expected."
            raise bad_request("InvalidRequestContent", message)
        return body


@dataclass(slots=True)
class Answer:
    """What goes back.

    Attributes:
        status: HTTP status.
        body: JSON, or None for no body.
        headers: Further headers.
        hold: Seconds that the answer is kept back: a synchronous operation takes its time.
    """

    status: int = HTTPStatus.OK
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hold: float = 0.0
