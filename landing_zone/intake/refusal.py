"""Refusing a request document for good: the copy that is kept of it, and why in it.

A trigger of Azure Functions in Python cannot dead-letter the message that it was given (see
`docs/adr/0115-refused-documents-have-a-queue-of-ours.md`), so a copy with the same properties that
Service Bus itself would add goes to a queue of ours.
"""

from typing import Final

from landing_zone.errors import PermanentError
from landing_zone.intake.messages import INTAKE, Arrival, OutgoingMessage, copy_of, same_id
from landing_zone.request_parsing import InvalidRequest

REASON: Final = "DeadLetterReason"
DESCRIPTION: Final = "DeadLetterErrorDescription"
SOURCE: Final = "DeadLetterSource"

MOST_CHARACTERS: Final = 4096
"""Of a reason and of a description each. Source: `MaxDeadLetterReasonLength` in `Constants.cs` of
Azure.Messaging.ServiceBus."""

_ABOUT_THE_REQUEST: Final = frozenset(
    {
        *("InvalidRequest", "OpenWork", "RegionNotServed", "CapacityExceeded"),
        *("InvalidTransition", "Offboarding", "QueueFull"),
    }
)
_ROOM: Final = len("; and 1000 more faults")


def is_refusal(error: PermanentError) -> bool:
    """Whether it is the request that has to change, and not something on our side."""
    return error.code in _ABOUT_THE_REQUEST


def refused(arrival: Arrival, error: PermanentError) -> OutgoingMessage:
    """The copy of a refused message; it has the same id if it is made again."""
    why = {REASON: error.code, DESCRIPTION: description_of(error), SOURCE: INTAKE}
    return copy_of(arrival, same_id("refused", arrival.origin), why)


def description_of(error: PermanentError) -> str:
    """What is wrong, for a person: each fault with its path, as far as there is room."""
    if isinstance(error, InvalidRequest):
        return _faults(error)
    text = f"{error.message} ({error.hint})" if error.hint else error.message
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."


def _faults(error: InvalidRequest) -> str:
    faults = [str(fault) for fault in error.faults]
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    text = f"The request document has {count}: "
    for place, fault in enumerate(faults):
        part = f"; {fault}" if place else fault
        left = len(faults) - place - 1
        if len(text) + len(part) + (_ROOM if left else 0) > MOST_CHARACTERS:
            return f"{text}; and {left + 1} more faults" if place else _cut(f"{text}{fault}")
        text += part
    return text


def _cut(text: str) -> str:
    return f"{text[: MOST_CHARACTERS - 3]}..."
