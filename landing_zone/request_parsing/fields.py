"""The fields of a small JSON document, taken one by one: all that is wrong is told at once."""

from collections.abc import Sequence
from typing import Any, Final

from landing_zone.request_parsing.faults import Fault, InvalidRequest
from landing_zone.request_parsing.json_text import read_json
from landing_zone.request_parsing.reading import decoded, refuse

LONGEST: Final = 500
_MOST_SHOWN: Final = 10
_LONGEST_SHOWN: Final = 40


class Fields:
    """What a document says, and what is wrong with it.

    Attributes:
        faults: What is wrong so far.
    """

    def __init__(self, body: bytes, names: Sequence[str]) -> None:
        """Read a JSON object that has these fields, and no others.

        Raises:
            InvalidRequest: It is no JSON object at all.
        """
        reading = read_json(decoded(body))
        if not isinstance(reading.document, dict):
            refuse("is no JSON object", ", ".join(names))
        self._values: dict[str, Any] = reading.document
        self.faults: list[Fault] = [*reading.faults, *_unknown(self._values, names)]

    def text(self, name: str, longest: int = LONGEST) -> str:
        """A text, without the white space around it; empty where there is none that fits."""
        value = self._values.get(name)
        found = value.strip() if isinstance(value, str) else ""
        allowed = f"printable text of 1 to {longest} characters"
        if name not in self._values:
            self.wrong(name, "is missing", allowed)
        elif not found or len(found) > longest or not found.isprintable():
            self.wrong(name, "is no such text", allowed)
        else:
            return found
        return ""

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """One of some words; empty where it is none of them."""
        value = self._values.get(name)
        if isinstance(value, str) and value in allowed:
            return value
        message = "is none of these" if name in self._values else "is missing"
        self.wrong(name, message, ", ".join(allowed))
        return ""

    def has(self, name: str) -> bool:
        """Whether the document says anything of it."""
        return name in self._values

    def flag(self, name: str) -> bool:
        """Whether it is true; false where it is not said."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            self.wrong(name, "is neither true nor false", "true, false")
        return value is True

    def wrong(self, name: str, message: str, allowed: str = "") -> None:
        """Note that something is wrong with a field."""
        self.faults.append(Fault(name, message, allowed))

    def require(self) -> None:
        """Go on only where nothing is wrong.

        Raises:
            InvalidRequest: Something is.
        """
        if self.faults:
            raise InvalidRequest(self.faults)


def _unknown(values: dict[str, Any], names: Sequence[str]) -> list[Fault]:
    unknown = [name for name in values if name not in names][:_MOST_SHOWN]
    return [
        Fault(name[:_LONGEST_SHOWN], "is not a known key", ", ".join(names)) for name in unknown
    ]
