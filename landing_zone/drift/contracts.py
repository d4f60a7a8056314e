"""What travels between the orchestration that looks after a resource and its activities."""

from typing import Final

from landing_zone.contracts import Contract, PollTarget, Progress
from landing_zone.retries import RetryPolicy

MORE_EVENTS: Final = "MoreEvents"
"""How an activity says that events came which it has not served."""


class LookTask(Contract):
    """The work of one orchestration.

    Attributes:
        resource_id: ARM id of the resource that is judged.
        instance: Its own instance id: it serves the row that names it, and no other.
        retry: The bounds.
        progress: How far it has come, where its history was begun anew.
    """

    resource_id: str
    instance: str
    retry: RetryPolicy = RetryPolicy()
    progress: Progress | None = None


class Look(Contract):
    """One look at a resource.

    Attributes:
        resource_id: ARM id of the resource that is judged.
        instance: The orchestration that asks.
        target: What tells whether the fix that was begun is over; None where none was.
    """

    resource_id: str
    instance: str
    target: PollTarget | None = None


class Parking(Contract):
    """A resource that could not be put right: a person has to see to it.

    Attributes:
        resource_id: ARM id of the resource that is judged.
        instance: The orchestration that gives up.
        code: What kind of trouble it was.
        message: The trouble, for a person.
        hint: What a person can do about it.
    """

    resource_id: str
    instance: str
    code: str
    message: str
    hint: str = ""
