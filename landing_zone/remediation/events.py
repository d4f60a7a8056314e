"""Resource events, parsed once at the edge: Event Grid's own schema and CloudEvents 1.0.

The shape of an event is that of learn: event-grid/event-schema-subscriptions; a CloudEvent has the
same data below other names (learn: event-grid/cloud-event-schema).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import AwareDatetime

from landing_zone.arm_ids import is_legal, normalized
from landing_zone.contracts import Contract
from landing_zone.errors import PermanentError
from landing_zone.remediation.bounds import excess

SUBSCRIBED: Final = (
    "Microsoft.Resources.ResourceWriteSuccess",
    "Microsoft.Resources.ResourceDeleteSuccess",
)
"""Types that are worth a delivery (learn: event-grid/event-schema-subscriptions): what was done.

What failed or was cancelled changed nothing, and what an action leaves behind no rule judges.
"""

_LONGEST_NAME: Final = 256
_OBJECT_ID: Final = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EVENT_TYPE: Final = re.compile(
    r"Microsoft\.Resources\.Resource(Write|Delete|Action)(Success|Failure|Cancel)"
)


class EventRefused(PermanentError):  # noqa: N818 - named as its code, which operators see
    """An event cannot be what it says it is, or cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__("EventRefused", reason, "Look at who can post to the event endpoint.")
        self.reason = reason


class ResourceEvent(Contract):
    """Something happened to a resource of a subscription.

    Attributes:
        id: The event's own id: one that is delivered twice has the same.
        subject: ARM id of what it happened to, in the event's own casing.
        event_type: Such as `Microsoft.Resources.ResourceWriteSuccess`.
        time: When it happened.
        operation_name: Such as `Microsoft.Storage/storageAccounts/write`.
        subscription_id: The subscription, in lower case.
        caller: Object id of who did it, in lower case; empty where the event does not say.
        correlation_id: What ties it to other events of the same request; may be empty.
    """

    id: str
    subject: str
    event_type: str
    time: AwareDatetime
    operation_name: str
    subscription_id: str
    caller: str = ""
    correlation_id: str = ""


def parse_event(raw: Mapping[str, Any]) -> ResourceEvent:
    """Read an event of either schema.

    Raises:
        EventRefused: It is malformed, too large, too deep, or forged.
    """
    if not isinstance(raw, dict):
        raise EventRefused("an event is a JSON object")
    if reason := excess(raw):
        raise EventRefused(f"the event {reason}")
    cloud = "specversion" in raw
    if cloud and raw["specversion"] != "1.0":
        raise EventRefused("the event is of another version of CloudEvents than 1.0")
    data = raw.get("data")
    if not isinstance(data, dict):
        raise EventRefused("the event has no data")
    subject = _arm_id(raw, "subject")
    return ResourceEvent(
        id=_text(raw, "id"),
        subject=subject,
        event_type=_event_type(_text(raw, "type" if cloud else "eventType")),
        time=_time(_text(raw, "time" if cloud else "eventTime")),
        operation_name=_text(data, "operationName"),
        subscription_id=_subscription(raw, "source" if cloud else "topic", subject, data),
        caller=_caller(data.get("claims")),
        correlation_id=_text(data, "correlationId", needed=False),
    )


def _text(values: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    found = values.get(name)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or (needed and not found.strip()):
        raise EventRefused(f"the event has no {name}")
    if len(found) > _LONGEST_NAME or not found.isprintable():
        raise EventRefused(f"the event's {name} is longer than a name, or not printable")
    return found


def _event_type(text: str) -> str:
    if not _EVENT_TYPE.fullmatch(text):
        raise EventRefused("the event is not of a type that tells of resources")
    return text


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise EventRefused("the event's time has no zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise EventRefused("the event's time is not a time") from None


def _arm_id(values: Mapping[str, Any], name: str) -> str:
    """A legal ARM id within a subscription."""
    found = values.get(name)
    if not isinstance(found, str) or not is_legal(found):
        raise EventRefused(f"the event's {name} is no resource id")
    if _subscription_of(found) is None:
        raise EventRefused(f"the event's {name} lies in no subscription")
    return found.removesuffix("/")


def _subscription_of(resource_id: str) -> str | None:
    segments = normalized(resource_id).split("/")
    if len(segments) < 3 or segments[1] != "subscriptions":  # noqa: PLR2004 - "", word, id
        return None
    return segments[2] if _GUID.fullmatch(segments[2]) else None


def _subscription(
    raw: Mapping[str, Any], origin: str, subject: str, data: Mapping[str, Any]
) -> str:
    """The subscription of the subject, which all that the event says of its origin must agree with.

    Each of Event Grid's topics tells of one subscription, and a subscription's handler is asked to
    look at, and to change, what the subject names.
    """
    own = _subscription_of(subject) or ""
    told = [
        _subscription_of(_arm_id(raw, origin)) if raw.get(origin) is not None else None,
        _text(data, "subscriptionId", needed=False).lower() or None,
        _subscription_of(_arm_id(data, "resourceUri")) if data.get("resourceUri") else None,
    ]
    said = {one for one in told if one is not None}
    if not said:
        raise EventRefused("the event does not say which subscription it comes from")
    if said != {own}:
        raise EventRefused("the event's subject lies outside the subscription that it comes from")
    return own


def _caller(claims: Any) -> str:
    found = claims.get(_OBJECT_ID) if isinstance(claims, dict) else None
    caller = found.lower() if isinstance(found, str) else ""
    return caller if _GUID.fullmatch(caller) else ""
