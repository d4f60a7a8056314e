"""How Service Bus says no: AMQP's error conditions, with the status that management answers carry.

Conditions: the SDK's `_common/constants.py` and `_pyamqp/error.py`, and "AMQP 1.0 in Azure Service
Bus" on learn.microsoft.com (request/response-based operations).
"""

from localcloud.service_bus.amqp.performatives import Error
from localcloud.service_bus.amqp.types import Symbol

NOT_FOUND = "amqp:not-found"
NOT_ALLOWED = "amqp:not-allowed"
NOT_IMPLEMENTED = "amqp:not-implemented"
UNAUTHORIZED = "amqp:unauthorized-access"
INTERNAL = "amqp:internal-error"
DECODE = "amqp:decode-error"
FRAMING = "amqp:connection:framing-error"
FORCED = "amqp:connection:forced"
UNATTACHED = "amqp:session:unattached-handle"
HANDLE_IN_USE = "amqp:session:handle-in-use"
TOO_LARGE = "amqp:link:message-size-exceeded"
RESOURCE_LIMIT = "amqp:resource-limit-exceeded"
LOCK_LOST = "com.microsoft:message-lock-lost"
SESSION_LOCK_LOST = "com.microsoft:session-lock-lost"
SESSION_CANNOT_BE_LOCKED = "com.microsoft:session-cannot-be-locked"
MESSAGE_NOT_FOUND = "com.microsoft:message-not-found"
ARGUMENT = "com.microsoft:argument-error"
TIMEOUT = "com.microsoft:timeout"


class Refusal(Exception):  # noqa: N818 - what a service does, not what went wrong in it
    """Something that is asked for is not done.

    Attributes:
        condition: AMQP's symbol for it.
        status: The HTTP-like code of management answers.
    """

    def __init__(self, condition: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.condition = condition
        self.status = status

    def error(self) -> Error:
        """As AMQP carries it."""
        return error(self.condition, str(self))


class ProtocolError(Exception):
    """A peer breaks the protocol: its connection ends.

    Attributes:
        condition: AMQP's symbol for it.
    """

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(description)
        self.condition = condition


def error(condition: str, description: str) -> Error:
    """An AMQP error."""
    return Error(Symbol(condition), description)


def entity_not_found(address: str) -> Refusal:
    """No queue has this name."""
    return Refusal(NOT_FOUND, f"The messaging entity '{address}' could not be found.", 404)


def lock_lost() -> Refusal:
    """The lock is not held (any more)."""
    return Refusal(
        LOCK_LOST,
        "The lock supplied is invalid. Either the lock expired, or the message has already been"
        " removed from the queue.",
        410,
    )


def session_lock_lost(session: str) -> Refusal:
    """The session's lock is not held (any more)."""
    return Refusal(
        SESSION_LOCK_LOST,
        f"The session lock was lost. Request a new session receiver. Session: '{session}'.",
        410,
    )
