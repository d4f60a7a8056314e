"""The log of exchanges: JSON Lines that a conformance check can read."""

import json
from collections.abc import Mapping
from typing import Any

from localcloud.arm.state.database import Database


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
        self._database.append(
            "requests",
            {
                "id": request_id,
                "method": method,
                "url": url,
                "body": _json_or_text(content),
                "status": status,
                "response": response,
                "response_headers": dict(response_headers),
                "time": time,
                "duration": round(duration, 6),
            },
        )

    def lines(self, since: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """Exchanges after a number, each with its own."""
        return self._database.log_since("requests", since, limit)


def _json_or_text(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")[:4000]
