"""What is wrong with a request, for a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from landing_zone.errors import PermanentError

MOST_FAULTS = 200
MOST_IN_MESSAGE = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        path: Where in the document (`ai.models[0].deployment`); empty for the document itself.
        message: What is wrong there; reads as a sentence after the path.
        allowed: What would be right; empty where the message says it.
    """

    path: str
    message: str
    allowed: str = ""

    def to_document(self) -> dict[str, str]:
        """The fault as a JSON-ready document."""
        return {"path": self.path, "message": self.message, "allowed": self.allowed}

    def __str__(self) -> str:
        allowed = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{self.path or 'the document'} {self.message}{allowed}"


class InvalidRequest(PermanentError):  # noqa: N818 - named as its code, which users see
    """A tenant request cannot be accepted as it stands.

    Attributes:
        faults: Everything that is wrong, in the order of the model; never empty.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = _bounded(faults)
        super().__init__(
            "InvalidRequest",
            _summary(self.faults),
            "Correct each fault and send the request again; nothing was created.",
        )


def _bounded(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    shown = tuple(faults[:MOST_FAULTS])
    left = len(faults) - len(shown)
    return (*shown, Fault("", f"has {left} more faults")) if left else shown


def _summary(faults: tuple[Fault, ...]) -> str:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    shown = "; ".join(map(str, faults[:MOST_IN_MESSAGE]))
    more = "; ..." if len(faults) > MOST_IN_MESSAGE else ""
    return f"The tenant request has {count}: {shown}{more}"
