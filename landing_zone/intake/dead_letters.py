"""Request documents that were not acted upon: looked at, and sent again."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, Protocol

from landing_zone.intake.messages import (
    MESSAGE_ID,
    ORIGIN,
    RETURNS,
    OutgoingMessage,
    Property,
    same_id,
)
from landing_zone.intake.refusal import DESCRIPTION, REASON, SOURCE

type Place = Literal["refused", "undelivered"]
"""Refused by us, or given up by Service Bus: delivered too often, or not in time."""

_OURS: Final = frozenset({ORIGIN, RETURNS, MESSAGE_ID, REASON, DESCRIPTION, SOURCE})
_INITIALS: Final[Mapping[Place, str]] = {"refused": "r", "undelivered": "u"}


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A message that was set aside.

    Attributes:
        place: Where it lies.
        sequence_number: Its number there.
        body: The document.
        reason: Why, in a word.
        description: Why, for a person.
        enqueued_at: When it came there.
        message_id: The id that its sender gave it.
        correlation_id: What answers to it carry.
        content_type: Media type of the document.
        deliveries: How often it was delivered.
        properties: Its sender's own properties.
    """

    place: Place
    sequence_number: int
    body: bytes
    reason: str = ""
    description: str = ""
    enqueued_at: datetime | None = None
    message_id: str = ""
    correlation_id: str = ""
    content_type: str = ""
    deliveries: int = 0
    properties: Mapping[str, Property] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What people name it by."""
        return f"{_INITIALS[self.place]}{self.sequence_number}"

    def corrected(self, body: bytes) -> "DeadLetter":
        """It with another document; how that is written is found out from the document itself."""
        return replace(self, body=body, content_type="")


class DeadLetters(Protocol):
    """The places where messages lie that were set aside. Asynchronous."""

    async def browse(self) -> list[DeadLetter]:
        """All of them, without taking any.

        Raises:
            TemporaryError: They cannot be read.
        """
        ...

    async def settle(
        self, wanted: Collection[str], handle: Callable[[DeadLetter], Awaitable[None]]
    ) -> list[str]:
        """Take those of these ids, one by one, and be done with each once it has been handled.

        Whatever ends this in between, what was not handled lies there still, and what was may.

        Returns:
            The ids that are done with; one that someone else holds at the moment is not.

        Raises:
            TemporaryError: They cannot be read.
        """
        ...


def sent_again(letter: DeadLetter) -> OutgoingMessage:
    """The message that asks anew for what a dead letter asked for.

    Its id depends on the dead letter and on the document, so that the queue drops it when it is
    sent a second time because the first was interrupted.
    """
    digest = hashlib.sha256(letter.body).hexdigest()
    own = {name: value for name, value in letter.properties.items() if name not in _OURS}
    first = {MESSAGE_ID: letter.message_id} if letter.message_id else {}
    return OutgoingMessage(
        body=letter.body,
        message_id=same_id("replay", letter.id, digest),
        correlation_id=letter.correlation_id,
        content_type=letter.content_type,
        properties={**own, **first},
    )
