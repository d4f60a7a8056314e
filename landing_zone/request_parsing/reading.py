"""What the readers of YAML and JSON share: the limits, and what they hand on."""

from dataclasses import dataclass
from typing import Any, NoReturn

from landing_zone.request_parsing.faults import Fault, InvalidRequest

MOST_BYTES = 256 * 1024
MOST_LEVELS = 20
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as data, and what was wrong with it that still let it be read.

    Attributes:
        document: Mappings, lists and scalars as JSON has them.
        faults: Keys written twice, numbers that are none, and the like.
    """

    document: Any
    faults: tuple[Fault, ...] = ()


def refuse(message: str, allowed: str = "", path: str = "") -> NoReturn:
    """Give up on a text that cannot be read further.

    Raises:
        InvalidRequest: Always.
    """
    raise InvalidRequest([Fault(path, message, allowed)])


def refuse_depth() -> NoReturn:
    """Give up on a text that nests deeper than any request does.

    Raises:
        InvalidRequest: Always.
    """
    refuse("is nested too deeply", f"at most {MOST_LEVELS} levels")
