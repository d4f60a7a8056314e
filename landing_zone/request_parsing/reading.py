"""What the readers of YAML and JSON share: the limits, and what they hand on."""

from dataclasses import dataclass
from typing import Any, NoReturn

from landing_zone.request_parsing.faults import Fault, InvalidRequest

MOST_BYTES = 256 * 1024
MOST_LEVELS = 20
MOST_DIGITS = 18
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as data, and what was wrong with it that still let it be read.

    Attributes:
        document: Mappings, lists and scalars as JSON has them.
        faults: Keys written twice, numbers that are none, and the like.
    """

    document: Any
    faults: tuple[Fault, ...] = ()


def decoded(text: bytes) -> str:
    """What was sent, as text.

    Raises:
        InvalidRequest: It is too long, or not UTF-8.
    """
    if len(text) > MOST_BYTES:
        refuse(f"is {len(text)} bytes long", f"at most {MOST_BYTES} bytes")
    if text.startswith(_OTHER_ENCODINGS):
        refuse("is in UTF-16 or UTF-32", "UTF-8")
    try:
        found = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(f"is not UTF-8: byte {error.start + 1} is no part of a character", "UTF-8")
    if "\x00" in found:
        refuse("holds a zero byte; it may be in UTF-16 or UTF-32", "UTF-8")
    return found


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
