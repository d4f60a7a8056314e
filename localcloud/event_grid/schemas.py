"""Events as they travel: in the Event Grid schema, as CloudEvents 1.0, and as dead letters.

Formats: learn, event-grid/event-schema, cloud-event-schema, delivery-and-retry.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.event_grid.model import Schema

_JSON = "application/json; charset=utf-8"
_CLOUD_EVENT = "application/cloudevents+json; charset=utf-8"
_CLOUD_EVENTS = "application/cloudevents-batch+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Letter:
    """Why an event could not be delivered.

    Attributes:
        reason: Such as `MaxDeliveryAttemptsExceeded`.
        attempts: How often it was tried.
        outcome: Of the last attempt.
        published: When Event Grid got it, in seconds since the epoch.
        attempted: When it was tried last; None if never.
    """

    reason: str
    attempts: int
    outcome: str
    published: float
    attempted: float | None


def timestamp(seconds: float) -> str:
    """A moment as Event Grid writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def in_schema(event: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """An event in the form that a subscription asks for."""
    if schema is Schema.EVENT_GRID:
        return dict(event)
    return {
        "id": event["id"],
        "source": event["topic"],
        "specversion": "1.0",
        "type": event["eventType"],
        "subject": event["subject"],
        "time": event["eventTime"],
        "data": event["data"],
    }


def body_of(
    events: Sequence[Mapping[str, Any]], schema: Schema, *, batched: bool
) -> tuple[bytes, str]:
    """The body of a delivery, and its content type.

    In the Event Grid schema it is always an array; a CloudEvent stands alone unless batches are
    asked for.
    """
    shown = [in_schema(event, schema) for event in events]
    if schema is Schema.EVENT_GRID:
        return _json(shown), _JSON
    return (_json(shown), _CLOUD_EVENTS) if batched else (_json(shown[0]), _CLOUD_EVENT)


def dead_letter(event: Mapping[str, Any], schema: Schema, letter: Letter) -> dict[str, Any]:
    """An event as it is kept with the reason why it could not be delivered."""
    told = {
        "deadLetterReason": letter.reason,
        "deliveryAttempts": letter.attempts,
        "lastDeliveryOutcome": letter.outcome,
        "publishTime": timestamp(letter.published),
    }
    if letter.attempted is not None:
        told["lastDeliveryAttemptTime"] = timestamp(letter.attempted)
    if schema is Schema.CLOUD_EVENTS:
        told = {name.lower(): value for name, value in told.items()}
    return in_schema(event, schema) | told


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
