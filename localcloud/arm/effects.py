"""What a fault does to a request that is otherwise handled as ever."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Effect:
    """A change to how the operation that a request begins goes on.

    Attributes:
        fault: Id of the fault.
        failure: The error that the operation ends with; a synchronous write answers it at once.
        status: The HTTP status that goes with the failure.
        stuck: Whether it stays in its present state until the fault is removed.
        delay: Seconds that it takes longer.
        hidden_operation: Seconds during which the operation's URLs answer 404.
        hidden_resource: Seconds during which the resource itself answers 404.
    """

    fault: str = ""
    failure: dict[str, Any] | None = None
    status: int = 500
    stuck: bool = False
    delay: float = 0.0
    hidden_operation: float = 0.0
    hidden_resource: float = 0.0


NO_EFFECT = Effect()
