"""`$cbs`: a client shows a token for what it is about to use."""

from typing import Any, Protocol

from localcloud.service_bus.amqp.message import Message
from localcloud.service_bus.errors import Refusal
from localcloud.service_bus.tokens import path_of

# The SDK calls a signature that it made of a shared key "jwt" too: the token itself is what counts.
_KINDS = ("servicebus.windows.net:sastoken", "jwt")


class Bearer(Protocol):
    """Who shows tokens."""

    def present(self, token: str, path: str) -> None:
        """The client shows a token.

        Raises:
            Refusal: It is not accepted.
        """
        ...


def put_token(bearer: Bearer, request: Message) -> dict[str, Any]:
    """Answer a put-token request; the names of the answer have hyphens here."""
    try:
        token, name = _asked(request)
        bearer.present(token, path_of(name))
    except Refusal as refusal:
        return {"status-code": refusal.status, "status-description": str(refusal)}
    return {"status-code": 202, "status-description": "Accepted"}


def _asked(request: Message) -> tuple[str, str]:
    """The token, and the address that it is for."""
    asked = request.application_properties()
    name, token = asked.get("name"), request.value
    if asked.get("operation") != "put-token" or not isinstance(name, str):
        raise Refusal("", "The request is no put-token for a name.", 400)
    if asked.get("type") not in _KINDS or not isinstance(token, str):
        raise Refusal("", f"A token is of one of the types {', '.join(_KINDS)}.", 401)
    return token, name
