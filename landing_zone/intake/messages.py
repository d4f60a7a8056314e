"""Messages as they come in and go out, and the port that they go out by."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

INTAKE: Final = "onboarding"
"""The queue of request documents."""

RESULTS: Final = "onboarding-results"
"""The queue of what became of them."""

DEAD_LETTERS: Final = "onboarding-deadletter"
"""The queue of request documents that were refused."""

TOO_LARGE: Final = "MessageTooLarge"
"""Code of the error when a message does not fit into its queue."""

ORIGIN: Final = "SpokewrightOrigin"
RETURNS: Final = "SpokewrightReturns"
MESSAGE_ID: Final = "SpokewrightMessageId"
"""Application properties of a copy: which message it is of, how often it was put back, its id."""

MOST_PROPERTY_CHARACTERS: Final = 16_000
"""What of a sender's own properties a copy carries: all headers together may be 64 KiB (learn:
service-bus-messaging/service-bus-quotas), and the copy needs some of it for itself."""

type Property = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A message that came in.

    Attributes:
        body: What it holds.
        message_id: Its sender's id for it; empty where the sender gave none.
        correlation_id: What answers to it shall carry; empty where the sender gave none.
        content_type: Media type of the body; empty where the sender gave none.
        sequence_number: The queue's number of it, unique in the queue for ever.
        delivery_count: Which delivery of it this is, from 1.
        time_to_live: How long its sender let it live; None for as long as the queue says.
        properties: Its sender's own properties.
    """

    body: bytes
    message_id: str = ""
    correlation_id: str = ""
    content_type: str = ""
    sequence_number: int = 0
    delivery_count: int = 1
    time_to_live: timedelta | None = None
    properties: Mapping[str, Property] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Which message it is, also where it is a copy that was put back."""
        copied = self.properties.get(ORIGIN)
        return str(copied) if copied else f"{self.message_id}/{self.sequence_number}"

    @property
    def returns(self) -> int:
        """How often it was put back."""
        times = self.properties.get(RETURNS)
        return max(0, times) if isinstance(times, int) else 0

    @property
    def sent_id(self) -> str:
        """Its sender's id for it, also where it is a copy."""
        copied = self.properties.get(MESSAGE_ID)
        return self.message_id if copied is None else str(copied)

    @property
    def correlation(self) -> str:
        """What answers to it carry: the correlation id, or else the id of the message."""
        return self.correlation_id or self.sent_id


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """A message that is sent.

    Attributes:
        body: What it holds.
        message_id: The same whenever the same is sent, so that the queue drops repeats; at most
            128 characters.
        correlation_id: What it answers to, or the sender's own.
        content_type: Media type of the body.
        subject: What it is about, for filters.
        time_to_live: How long it may live; None for as long as the queue says.
        properties: Application properties.
    """

    body: bytes
    message_id: str
    correlation_id: str = ""
    content_type: str = ""
    subject: str = ""
    time_to_live: timedelta | None = None
    properties: Mapping[str, Property] = field(default_factory=dict)


class MessageSender(Protocol):
    """Sends messages. Asynchronous."""

    async def send(self, queue: str, message: OutgoingMessage, at: datetime | None = None) -> None:
        """Send a message; it is the queue's once this returns.

        Args:
            queue: Name of the queue.
            message: The message.
            at: When it is to come; None for now.

        Raises:
            TemporaryError: It may not have been sent.
            PermanentError: It does not fit into the queue (`MessageTooLarge`).
        """
        ...


def copy_of(
    arrival: Arrival, message_id: str, properties: Mapping[str, Property]
) -> OutgoingMessage:
    """A copy of a message that came in, which knows what it is a copy of."""
    own = {ORIGIN: arrival.origin, MESSAGE_ID: arrival.sent_id, **properties}
    return OutgoingMessage(
        body=arrival.body,
        message_id=message_id,
        correlation_id=arrival.correlation,
        content_type=arrival.content_type,
        time_to_live=arrival.time_to_live,
        properties={**_kept(arrival.properties), **own},
    )


def _kept(properties: Mapping[str, Property]) -> dict[str, Property]:
    """The sender's own properties, or none of them where they are too many to be carried on."""
    size = sum(len(name) + len(str(value)) for name, value in properties.items())
    return dict(properties) if size <= MOST_PROPERTY_CHARACTERS else {}


def same_id(*facts: str) -> str:
    """A message id that depends on facts alone: short, and different for different facts."""
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return f"{facts[0]}-{digest[:40]}"
