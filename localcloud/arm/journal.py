"""The log of exchanges: JSON Lines that a conformance check can read."""

import json
from collections.abc import Mapping
from typing import Any

from localcloud.arm.state.database import Database

# Names that carry a secret wherever they stand.
_SECRETS = frozenset({"administratorLoginPassword", "primaryKey", "secondaryKey", "endpointUrl"})
_VAULT_SECRETS = "/secrets/"
_PROTECTED = "configurationProtectedSettings"
_HIDDEN = "hidden"


class Journal:
    """Every exchange, kept in SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self,
        *,
        method: str,
        url: str,
        content: bytes,
        status: int | None,
        response: Any,
        response_headers: Mapping[str, str],
        request_id: str,
        time: float,
        duration: float,
    ) -> None:
        """Append an exchange; `status` is None where the connection was broken."""
        secret = _SECRETS | {"value"} if _VAULT_SECRETS in url.lower() else _SECRETS
        self._database.append(
            "requests",
            {
                "id": request_id,
                "method": method,
                "url": url,
                "body": without_secrets(_json_or_text(content), secret),
                "status": status,
                "response": without_secrets(response, secret),
                "response_headers": dict(response_headers),
                "time": time,
                "duration": round(duration, 6),
            },
        )

    def lines(self, since: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """Exchanges after a number, each with its own."""
        return self._database.log_since("requests", since, limit)


def without_secrets(value: Any, secret: frozenset[str] = _SECRETS) -> Any:
    """The same, with each text under a secret's name replaced."""
    if isinstance(value, list):
        return [without_secrets(one, secret) for one in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, one in value.items():
        if name == _PROTECTED and isinstance(one, dict):
            found[name] = dict.fromkeys(one, _HIDDEN)
        elif name in secret and isinstance(one, str):
            found[name] = _HIDDEN
        else:
            found[name] = without_secrets(one, secret)
    return found


def _json_or_text(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")[:4000]
