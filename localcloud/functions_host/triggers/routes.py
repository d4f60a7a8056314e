"""Route templates of HTTP functions, matched as ASP.NET matches them.

``items/{category:alpha}/{id:int?}/{*rest}``: literals without case, parameters with constraints,
optional parameters and defaults, and a catch-all at the end.
"""

from __future__ import annotations

import math
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from localcloud.functions_host.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Callable

_PARAMETER = re.compile(
    r"\{(\*{0,2})([A-Za-z_]\w*)((?::[^{}=?]+(?:\{[^{}]*\}[^{}=?]*)?)*)(\?|=[^{}]*)?\}"
)
_CONSTRAINT = re.compile(r":(\w+)(?:\(([^)]*)\))?")


def _is_number(kind: type[int | float]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            kind(text)
        except ValueError:
            return False
        return "_" not in text and text == text.strip()

    return check


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_SIMPLE: dict[str, Callable[[str], bool]] = {
    "int": _is_number(int),
    "long": _is_number(int),
    "decimal": _is_number(float),
    "float": _is_number(float),
    "double": _is_number(float),
    "bool": lambda text: text.lower() in {"true", "false"},
    "guid": _is_guid,
    "datetime": _is_moment,
    "alpha": lambda text: bool(re.fullmatch(r"[A-Za-z]+", text)),
    "required": bool,
}


def _constraint(name: str, argument: str | None, template: str) -> Callable[[str], bool]:
    if argument is None and name in _SIMPLE:
        return _SIMPLE[name]
    if name == "regex" and argument:
        pattern = re.compile(argument, re.IGNORECASE)
        return lambda text: pattern.search(text) is not None
    numbers = [int(part) for part in re.findall(r"-?\d+", argument or "")]
    low, high = _bounds(name, numbers, template)
    if "length" in name:
        return lambda text: low <= len(text) <= high
    return lambda text: _SIMPLE["long"](text) and low <= int(text) <= high


def _bounds(name: str, numbers: list[int], template: str) -> tuple[float, float]:
    bounds: tuple[float, float]
    match name, numbers:
        case "min" | "minlength", [low]:
            bounds = (low, math.inf)
        case "max" | "maxlength", [high]:
            bounds = (-math.inf, high)
        case "length", [exact]:
            bounds = (exact, exact)
        case "length" | "range", [low, high]:
            bounds = (low, high)
        case _:
            raise HostError(f"route '{template}': unknown constraint '{name}'.")
    return bounds


@dataclass(frozen=True)
class _Part:
    """One segment of a template: a pattern with at most one parameter for each group."""

    pattern: re.Pattern[str]
    checks: tuple[tuple[str, Callable[[str], bool]], ...]
    defaults: tuple[tuple[str, str], ...]
    optional: bool
    catch_all: bool
    rank: int


class Route:
    """A template ready to match; routes sort by how specific they are, as ASP.NET ranks them."""

    def __init__(self, template: str) -> None:
        self.template = template
        segments = [segment for segment in template.strip("/").split("/") if segment]
        self._parts = [_part(segment, template) for segment in segments]
        self.rank = tuple(part.rank for part in self._parts)

    def match(self, path: str) -> dict[str, str] | None:
        """Return the route values of a raw path, or None when it does not match."""
        segments = [unquote(segment) for segment in path.strip("/").split("/") if segment]
        values: dict[str, str] = {}
        for index, part in enumerate(self._parts):
            if part.catch_all:
                rest = "/".join(segments[index:])
                return values | {part.defaults[0][0]: rest} if _take(part, rest, values) else None
            if index >= len(segments):
                if not part.optional:
                    return None
                values |= {name: value for name, value in part.defaults if value}
            elif not _take(part, segments[index], values):
                return None
        return values if len(segments) <= len(self._parts) else None


def _take(part: _Part, segment: str, values: dict[str, str]) -> bool:
    if part.catch_all:
        return all(check(segment) for _, check in part.checks)
    found = part.pattern.fullmatch(segment)
    if found is None:
        return False
    values |= found.groupdict()
    return all(check(values[name]) for name, check in part.checks)


def _part(segment: str, template: str) -> _Part:
    pattern, position = "", 0
    checks: list[tuple[str, Callable[[str], bool]]] = []
    defaults: list[tuple[str, str]] = []
    optional = catch_all = False
    for found in _PARAMETER.finditer(segment):
        stars, name, constraints, tail = found.groups()
        pattern += re.escape(segment[position : found.start()]) + f"(?P<{name}>.+?)"
        position = found.end()
        catch_all = bool(stars)
        optional = optional or bool(tail)
        defaults.append((name, tail[1:] if tail and tail != "?" else ""))
        for constraint, argument in _CONSTRAINT.findall(constraints):
            checks.append((name, _constraint(constraint.lower(), argument or None, template)))
    literal = segment[position:]
    if "{" in literal or "}" in literal:
        raise HostError(f"route '{template}': '{segment}' is not a valid segment.")
    rank = 0 if not defaults else 4 if catch_all else 2 if checks else 3
    compiled = re.compile(pattern + re.escape(literal), re.IGNORECASE | re.DOTALL)
    return _Part(compiled, tuple(checks), tuple(defaults), optional, catch_all, rank)
