"""What an operator asks of an operation under way: kept on the tenant's record until it is heard.

An event tells an orchestration of it. Such an event can be lost (the process dies before it is
raised, the history is begun anew), so a timer raises it again while the record has it. Each event
has a name of its own: of two of one name the durable SDK loses the first, and one that came before
it was awaited is given to all later waits of that name.
"""

from enum import StrEnum
from typing import Any, Final, Self

from pydantic import AwareDatetime, Field

from landing_zone.contracts import Contract, OperationRef

COMPENSATED: Final = "Compensated"
"""Code of what was stopped because an operator asked for it."""

GIVEN_UP: Final = "GivenUp"
"""Code of a resource that an operator gave up."""

MOST_OPEN: Final = 16
"""Acts that may wait to be heard."""


class Deed(StrEnum):
    """What can be asked for.

    `RETRY` calls again now; `SKIP` gives one resource up, and goes on without it; `COMPENSATE` goes
    on no further, and takes back what was made, or goes the way back.
    """

    RETRY = "retry"
    SKIP = "skip"
    COMPENSATE = "compensate"

    @property
    def action(self) -> str:
        """How the audit calls it, as `operation.retry`."""
        return f"operation.{self.value}"


class Act(Contract):
    """One thing that an operator has asked for.

    Attributes:
        deed: What.
        instance: Instance id of the orchestration that is to hear of it.
        event: Name of the event that tells it, used once.
        resource: The resource in the plan that it is about; empty for the operation itself.
        anew: Whether attempts and deadline begin anew.
        actor: Who asked.
        reason: Why, in the words of who asked.
        at: When.
        heard: Whether the orchestration has heard of it; only what is still to be known stays.
    """

    deed: Deed
    instance: str
    event: str
    resource: str = ""
    anew: bool = False
    actor: str = ""
    reason: str = ""
    at: AwareDatetime
    heard: bool = False

    @classmethod
    def told(cls, event_data: Any) -> Self:
        """Read it from an external event: the durable client sends its data as JSON text of JSON.

        Raises:
            pydantic.ValidationError: It is not of this shape.
        """
        if isinstance(event_data, str):
            return cls.model_validate_json(event_data)
        return cls.parse(event_data)

    @property
    def words(self) -> str:
        """Who asked, and why, for a person."""
        return f"{self.actor} asked for it: {self.reason}"


class Acts(Contract):
    """All that was asked of an operation.

    Attributes:
        open: What is still to be heard; and the wish to go on no further, heard or not.
        counts: How much each orchestration has been asked, by its instance id.
    """

    open: tuple[Act, ...] = ()
    counts: dict[str, int] = Field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        """Whether the operation is to go on no further."""
        return any(act.deed is Deed.COMPENSATE for act in self.open)

    @property
    def unheard(self) -> tuple[Act, ...]:
        """What is still to be heard."""
        return tuple(act for act in self.open if not act.heard)

    def next_event(self, operation: OperationRef, instance: str) -> str:
        """Name of the next event for an orchestration."""
        return event_name(operation, self.counts.get(instance, 0) + 1)

    def added(self, act: Act) -> "Acts":
        """With one more."""
        counts = {**self.counts, act.instance: self.counts.get(act.instance, 0) + 1}
        return Acts(open=(*self.open, act), counts=counts)

    def taken(self, instance: str, event: str) -> "Acts":
        """Once an orchestration has heard of one."""
        left = [_heard(act) if _is(act, instance, event) else act for act in self.open]
        kept = tuple(act for act in left if not act.heard or act.deed is Deed.COMPENSATE)
        return self.model_copy(update={"open": kept})

    def carried(self, operation: OperationRef, instance: str) -> "Acts":
        """For an operation that is begun anew, after its orchestration was lost.

        What was asked of single resources, or to call again, was asked of calls that are lost.

        Args:
            operation: The operation as it is begun anew.
            instance: Its orchestration.
        """
        carried = Acts()
        for act in self.open:
            if act.deed is Deed.COMPENSATE:
                event = carried.next_event(operation, instance)
                again = act.model_copy(update={"event": event, "heard": False})
                carried = carried.added(again)
        return carried


NO_ACTS: Final = Acts()


class Hearing(Contract):
    """An orchestration has heard of an act.

    Attributes:
        operation: The operation.
        act: What it heard.
        told: What it makes of it, for the audit.
    """

    operation: OperationRef
    act: Act
    told: str


class Stopping(Contract):
    """An operation goes on no further, which those at work on its resources are to hear of.

    Attributes:
        operation: The operation.
        instances: Their instance ids.
        act: What was asked for.
    """

    operation: OperationRef
    instances: tuple[str, ...]
    act: Act


def event_name(operation: OperationRef, number: int) -> str:
    """Name of the event that tells an orchestration of its n-th act, unique for ever."""
    return f"act:{operation.operation_id}.{operation.run}:{number}"


def _is(act: Act, instance: str, event: str) -> bool:
    return act.instance == instance and act.event == event


def _heard(act: Act) -> Act:
    return act.model_copy(update={"heard": True})
