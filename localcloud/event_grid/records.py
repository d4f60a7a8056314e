"""What is stored of events: how they arrive, what is delivered, and what an attempt makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# What a delivery can be. The first three are open; the others are its end.
WAITING, SENDING, DYING = "waiting", "sending", "dying"
DELIVERED, DEAD, DROPPED = "delivered", "dead-lettered", "dropped"
FILTERED: Final = "filtered"
OPEN: Final = (WAITING, SENDING, DYING)


@dataclass(frozen=True, slots=True)
class Planned:
    """A delivery that is to be made.

    Attributes:
        subscription: Whose it is.
        lane: The endpoint's.
        due: When, in seconds since the epoch.
        state: `waiting`, or its end already: `filtered`, `dropped`.
        reason: Why it ended.
    """

    subscription: str
    lane: str
    due: float
    state: str = WAITING
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, with the deliveries that follow from it.

    Attributes:
        n: Its number in the outbox.
        event: In the Event Grid schema.
        published: When it arrived, in seconds since the epoch.
        planned: Its deliveries.
    """

    n: int
    event: Mapping[str, Any]
    published: float
    planned: Sequence[Planned]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that is due.

    Attributes:
        id: Its number.
        n: The event's number.
        subscription: Whose it is.
        attempts: How many were made.
        published: When the event arrived.
        event: In the Event Grid schema.
        outcome: Of the last attempt.
        attempted: When that was.
        reason: Why it was given up.
        due: When it is or was due.
        status: The HTTP status of the last attempt, None without one.
        size: Bytes of the event.
    """

    id: int
    n: int
    subscription: str
    attempts: int
    published: float
    event: Mapping[str, Any]
    outcome: str
    attempted: float | None
    reason: str
    due: float
    status: int | None
    size: int


@dataclass(frozen=True, slots=True)
class Change:
    """What an attempt has made of a delivery.

    Attributes:
        id: The delivery's number.
        state: What it is now.
        due: When it is due next, where it is open.
        attempts: How many were made.
        status: The HTTP status of the last, None without one.
        outcome: Of the last.
        reason: Why it was given up.
        attempted: When the last was made.
        blob: Where its dead letter is.
    """

    id: int
    state: str
    due: float
    attempts: int
    status: int | None = None
    outcome: str = ""
    reason: str = ""
    attempted: float | None = None
    blob: str = ""
