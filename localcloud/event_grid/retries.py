"""What comes after an attempt to deliver: learn, event-grid/delivery-and-retry.

Pure: the schedule, the codes that are never tried again, and the names that outcomes have. Event
Grid's randomization of the steps and its delayed delivery to unhealthy endpoints (probation) are
not imitated: a test could not rely on anything then.
"""

from dataclasses import dataclass
from typing import Final

from localcloud.event_grid.model import Kind, Subscription

RESPONSE_WAIT: Final = 30.0  # seconds until an endpoint that does not answer has failed
DEAD_LETTER_DELAY: Final = 5 * 60.0  # seconds until a dead letter is written
DEAD_LETTER_PATIENCE: Final = 4 * 3600.0  # seconds for which its destination may be unavailable
SCHEDULE: Final = (
    *(10.0, 30.0, 60.0, 5 * 60.0, 10 * 60.0, 30 * 60.0),
    *(3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0),
)
_SUCCESSES: Final = range(200, 205)
_NEVER: Final = {
    Kind.FUNCTION: frozenset({400, 403, 413}),
    Kind.WEBHOOK: frozenset({400, 401, 403, 413}),
}
# .NET's names of the codes: "UndeliverableDueToHttpBadRequest" has been seen, the others follow it.
_REASONS: Final = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    413: "RequestEntityTooLarge",
}
_AT_LEAST: Final = {408: 120.0, 503: 30.0}
_AT_LEAST_OF_AZURE: Final = {401: 300.0, 404: 300.0}  # of endpoints that are Azure's resources
_OUTCOMES: Final = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    408: "TimedOut",
    413: "PayloadTooLarge",
    429: "Busy",
    503: "Busy",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        name: As `lastDeliveryOutcome` has it.
        status: The HTTP status, None where there was no answer.
    """

    name: str
    status: int | None = None

    @property
    def delivered(self) -> bool:
        """Whether the endpoint has taken it."""
        return self.status in _SUCCESSES


@dataclass(frozen=True, slots=True)
class Again:
    """It is tried again.

    Attributes:
        seconds: After so many, of Azure.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It is not tried again.

    Attributes:
        reason: As `deadLetterReason` has it.
    """

    reason: str


def outcome_of(status: int) -> Outcome:
    """What an answer means."""
    if status in _SUCCESSES:
        return Outcome("Delivered", status)
    return Outcome(_OUTCOMES.get(status, "GenericError"), status)


def after(outcome: Outcome, attempts: int, subscription: Subscription) -> Again | GiveUp:
    """What follows a failed attempt, the first being number 1."""
    kind = subscription.destination.kind
    if outcome.status in _NEVER.get(kind, ()):
        return GiveUp(f"UndeliverableDueToHttp{_REASONS[outcome.status or 0]}")
    if attempts >= subscription.most_attempts:
        return GiveUp("MaxDeliveryAttemptsExceeded")
    status = outcome.status or 0
    least = _AT_LEAST.get(status, 0.0)
    if kind is Kind.FUNCTION:
        least = max(least, _AT_LEAST_OF_AZURE.get(status, 0.0))
    return Again(max(least, SCHEDULE[min(attempts, len(SCHEDULE)) - 1]))


def has_expired(subscription: Subscription, published: float, now: float, speed: float) -> bool:
    """Whether an event's time is over; this is looked at when an attempt is due, and only then."""
    return now >= published + subscription.time_to_live / speed
