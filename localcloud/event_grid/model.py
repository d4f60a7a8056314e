"""What Resource Manager tells, as typed and frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from landing_zone.arm_ids import normalized

SUBSCRIPTION_TOPIC = "microsoft.resources.subscriptions"
GROUP_TOPIC = "microsoft.resources.resourcegroups"
_DEFAULT_KILOBYTES = 64


class Schema(StrEnum):
    """In which form events are delivered."""

    EVENT_GRID = "EventGridSchema"
    CLOUD_EVENTS = "CloudEventSchemaV1_0"


class Kind(StrEnum):
    """What a destination is; others are known to Resource Manager, and get nothing here."""

    FUNCTION = "azurefunction"
    WEBHOOK = "webhook"
    OTHER = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A header of every delivery.

    Attributes:
        name: Its name.
        value: A fixed value.
        source: Where in the event the value stands, such as `data.status`; `""` for a fixed one.
    """

    name: str
    value: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where events go.

    Attributes:
        kind: What it is.
        function_id: ARM id of a function.
        url: The whole address of a webhook; it may hold a secret.
        most_events: Events in one delivery at most.
        most_bytes: What a batch should not exceed, unless one event does.
        headers: Of every delivery.
    """

    kind: Kind
    function_id: str = ""
    url: str = field(default="", repr=False)
    most_events: int = 1
    most_bytes: int = _DEFAULT_KILOBYTES * 1024
    headers: tuple[Header, ...] = field(default=(), repr=False)

    @property
    def batched(self) -> bool:
        """Whether several events may come at once."""
        return self.most_events > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An event subscription.

    Attributes:
        id: ARM id, normalized.
        name: Its name.
        source: What it is subscribed to, in its own casing.
        topic_type: The type of its topic, in lower case.
        active: Whether deliveries go on.
        events_from: Events after this number are for it; None as long as it never was provisioned.
        destination: Where they go.
        schema: In which form.
        filter: The filter's document.
        most_attempts: Attempts at most.
        time_to_live: Seconds of Azure after which an event is given up.
        keeps_dead: Whether there is a dead-letter destination.
        expires: Seconds since the epoch from when on it gets nothing; None for never.
        proof: Id of the operation that waits until its webhook has proved itself, or `""`.
    """

    id: str
    name: str
    source: str
    topic_type: str
    active: bool
    events_from: int | None
    destination: Destination
    schema: Schema
    filter: Mapping[str, Any]
    most_attempts: int
    time_to_live: float
    keeps_dead: bool
    expires: float | None = None
    proof: str = ""

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Self:
        """Read what Resource Manager shows of one."""
        properties = shown["properties"]
        retry = properties["retryPolicy"]
        with_identity = properties.get("deadLetterWithResourceIdentity") or {}
        kept = properties.get("deadLetterDestination") or with_identity.get("deadLetterDestination")
        expires = properties.get("expirationTimeUtc")
        return cls(
            id=normalized(shown["id"]),
            name=shown["id"].rpartition("/")[2],
            source=shown["source"],
            topic_type=shown["topicType"],
            active=shown["state"] == "Succeeded",
            events_from=shown["from"],
            destination=_destination(properties, shown["url"]),
            schema=Schema(properties.get("eventDeliverySchema", Schema.EVENT_GRID)),
            filter=properties.get("filter") or {},
            most_attempts=retry["maxDeliveryAttempts"],
            time_to_live=retry["eventTimeToLiveInMinutes"] * 60.0,
            keeps_dead=bool(kept),
            expires=datetime.fromisoformat(expires).timestamp() if expires else None,
            proof=shown["proof"],
        )

    def covers(self, subject: str) -> bool:
        """Whether an event about a resource is one of its source's."""
        if self.topic_type not in {SUBSCRIPTION_TOPIC, GROUP_TOPIC}:
            return False
        scope = normalized(self.source)
        return f"{normalized(subject)}/".startswith(f"{scope}/")

    @property
    def lane(self) -> str:
        """What deliveries to the same endpoint have in common."""
        if self.destination.kind is Kind.FUNCTION:
            return normalized(self.destination.function_id)
        return self.id


def _destination(properties: Mapping[str, Any], url: str) -> Destination:
    with_identity = properties.get("deliveryWithResourceIdentity") or {}
    found = properties.get("destination") or with_identity.get("destination") or {}
    inner = found.get("properties", {})
    name = str(found.get("endpointType", "")).lower()
    kilobytes = inner.get("preferredBatchSizeInKilobytes", _DEFAULT_KILOBYTES)
    return Destination(
        kind=Kind(name) if name in set(Kind) else Kind.OTHER,
        function_id=str(inner.get("resourceId", "")),
        url=url,
        most_events=inner.get("maxEventsPerBatch", 1),
        most_bytes=kilobytes * 1024,
        headers=tuple(_header(one) for one in inner.get("deliveryAttributeMappings", [])),
    )


def _header(mapping: Mapping[str, Any]) -> Header:
    inner = mapping.get("properties", {})
    if str(mapping.get("type", "")).lower() == "dynamic":
        return Header(name=mapping["name"], source=str(inner.get("sourceField", "")))
    return Header(name=mapping["name"], value=str(inner.get("value", "")))
