"""Putting a message back that cannot be handled yet.

Service Bus hands an abandoned message out again at once, and after so many deliveries it gives up
on it: an outage of a few seconds would spend them all. Source:
https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues
So after some deliveries a copy is put into the queue for later, and the message itself is done
with. The copy's count of deliveries begins anew: no outage is long enough to lose a request.
"""

from datetime import datetime, timedelta
from typing import Final

from landing_zone.intake.messages import RETURNS, Arrival, OutgoingMessage, copy_of, same_id
from landing_zone.intake.settings import IntakeSettings

DELIVERIES: Final = 5
"""Deliveries that are spent on trying at once. Queues give up after 10 by default."""

_MOST_DOUBLINGS: Final = 20


def is_to_be_put_back(arrival: Arrival) -> bool:
    """Whether trying again at once has been tried often enough."""
    return arrival.delivery_count >= DELIVERIES


def returned(arrival: Arrival) -> OutgoingMessage:
    """The copy that comes again later; it has the same id if it is made again."""
    times = arrival.returns + 1
    return copy_of(arrival, same_id("return", arrival.origin, str(times)), {RETURNS: times})


def return_time(arrival: Arrival, settings: IntakeSettings, now: datetime) -> datetime:
    """When the copy comes: later each time, up to a bound."""
    doublings = min(arrival.returns, _MOST_DOUBLINGS)
    seconds = min(settings.return_most_seconds, settings.return_seconds * 2.0**doublings)
    return now + timedelta(seconds=seconds)
