"""YAML text as data, in the part of YAML that means the same to everyone.

The events of the parser are built into data here, without the library's constructors: no anchors or
aliases (nothing can expand), no tags (nothing can be constructed), one document, no key twice, and
scalars by the JSON schema of YAML 1.2. So `no` is text and not false, `2026-01-01` is text and not
a date, `010` is text and not eight.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from landing_zone.request_parsing.faults import Fault
from landing_zone.request_parsing.reading import (
    MOST_DIGITS,
    MOST_LEVELS,
    Reading,
    refuse,
    refuse_depth,
)
from landing_zone.request_parsing.shape import Path, path_text
from landing_zone.tenant_request.wording import described, quoted, shortened

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_REAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


def read_yaml(text: str) -> Reading:
    """Read a YAML text.

    Raises:
        InvalidRequest: It is not YAML, or uses of it what a request may not.
    """
    builder = _Builder(_guarded(text))
    try:
        return builder.read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        refuse(f"is not YAML: {shortened(error.problem or 'it cannot be read')}{where}")
    except yaml.YAMLError:
        refuse("is not YAML: it holds a character that YAML does not allow")


def _guarded(text: str) -> Iterator[Event]:
    """The parser's events, up to the first that a request may not have."""
    documents = level = 0
    for event in yaml.parse(text, Loader=_LOADER):
        match event:
            case AliasEvent():
                refuse(f"has an alias{_line(event)}", "each value written out")
            case DocumentStartEvent():
                documents += 1
            case MappingStartEvent() | SequenceStartEvent():
                level += 1
            case MappingEndEvent() | SequenceEndEvent():
                level -= 1
        if documents > 1:
            refuse(f"is followed by another document{_line(event)}", "one document")
        if level > MOST_LEVELS:
            refuse_depth()
        _refuse_properties(event)
        yield event


def _refuse_properties(event: Event) -> None:
    if getattr(event, "anchor", None):
        refuse(f"has an anchor{_line(event)}", "each value written out")
    if getattr(event, "tag", None):
        refuse(f"has a tag{_line(event)}", "plain values without tags")


def _line(event: Event) -> str:
    return f" at line {event.start_mark.line + 1}" if event.start_mark else ""


class _Builder:
    """Builds data from events; knows the path it is at, so that faults can name it."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._faults: list[Fault] = []

    def read(self) -> Reading:
        """The one document of the stream."""
        document = None
        for event in self._events:
            if isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent):
                document = self._value(event, ())
        return Reading(document, tuple(self._faults))

    def _value(self, event: Event, path: Path) -> Any:
        match event:
            case MappingStartEvent():
                return self._mapping(path)
            case SequenceStartEvent():
                return self._sequence(path)
            case _:
                return self._scalar(event, path)

    def _mapping(self, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event, path)
            line = _line(event)
            value = self._value(next(self._events), (*path, key))
            if key in result:
                self._add((*path, key), f"is written again{line}", "each key once")
            result.setdefault(key, value)
        return result

    def _key(self, event: Event, path: Path) -> str:
        key = self._value(event, path)
        if isinstance(key, str):
            return key
        message = f"has {described(key)} for a key{_line(event)}"
        self._add(path, message, "keys that are text; put the key in quotes")
        return str(event.value) if isinstance(event, ScalarEvent) else ""

    def _sequence(self, path: Path) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            result.append(self._value(event, (*path, len(result))))
        return result

    def _scalar(self, event: Any, path: Path) -> Any:
        text = str(event.value)
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return self._integer(text, path)
        if _REAL.fullmatch(text):
            return self._real(text, path)
        return text

    def _integer(self, text: str, path: Path) -> int:
        if len(text.removeprefix("-")) <= MOST_DIGITS:
            return int(text)
        self._add(path, "is a number of too many digits", f"at most {MOST_DIGITS} digits")
        return 0

    def _real(self, text: str, path: Path) -> float:
        value = float(text)
        if math.isfinite(value):
            return value
        self._add(path, f"is out of range: {quoted(text)}", "a finite number")
        return 0.0

    def _add(self, path: Path, message: str, allowed: str) -> None:
        shown = tuple(shortened(step) if isinstance(step, str) else step for step in path)
        self._faults.append(Fault(path_text(shown), message, allowed))
