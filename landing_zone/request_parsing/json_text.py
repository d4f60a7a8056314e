"""JSON text as data: strict, bounded in depth and digits, no key twice."""

import json
import math
import re
from collections import Counter
from typing import Any

from landing_zone.request_parsing.faults import Fault
from landing_zone.request_parsing.reading import (
    MOST_DIGITS,
    MOST_LEVELS,
    Reading,
    refuse,
    refuse_depth,
)
from landing_zone.tenant_request.wording import quoted

_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class _Reader:
    """Collects what is wrong while the standard library's decoder reads."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            times = Counter(key for key, _ in pairs)
            self.faults += [
                Fault("", f"has the key {quoted(key)} twice in one mapping", "each key once")
                for key, count in times.items()
                if count > 1
            ]
        return result

    def integer(self, digits: str) -> int:
        if len(digits.removeprefix("-")) > MOST_DIGITS:
            self.faults.append(Fault("", "has a number of too many digits", "at most 18 digits"))
            return 0
        return int(digits)

    def real(self, digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            self.faults.append(Fault("", f"has the number {quoted(digits)}", "finite numbers"))
            return 0.0
        return value

    def constant(self, name: str) -> float:
        self.faults.append(Fault("", f"has {name}, which JSON does not know", "finite numbers"))
        return 0.0


def read_json(text: str) -> Reading:
    """Read a JSON text.

    Raises:
        InvalidRequest: It is not JSON, or nests too deeply.
    """
    _check_depth(text)
    reader = _Reader()
    try:
        document = json.loads(
            text,
            object_pairs_hook=reader.mapping,
            parse_int=reader.integer,
            parse_float=reader.real,
            parse_constant=reader.constant,
        )
    except json.JSONDecodeError as error:
        refuse(f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}")
    return Reading(document, tuple(reader.faults))


def _check_depth(text: str) -> None:
    """Done before decoding, because the decoder recurses."""
    level = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        if match[0] in "[{":
            level += 1
        elif match[0] in "]}":
            level -= 1
        if level > MOST_LEVELS:
            refuse_depth()
