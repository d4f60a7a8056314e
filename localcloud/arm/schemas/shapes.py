"""Shapes of JSON values, and what is wrong with a value that should have one."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

type Shape = Scalar | Choice | ListOf | MapOf | ObjectOf
type Kind = Literal["string", "integer", "number", "boolean", "datetime", "any"]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "datetime": (str,),
}
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a body: where, and what."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few strings; their case does not matter, as in Azure."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose keys are free."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object.

    Attributes:
        shape: What it holds.
        required: Whether it must be there.
        read_only: Whether only Azure writes it.
        pattern: What a string must match as a whole; empty for anything.
        bounds: Least and greatest number, or length of a string.
    """

    shape: Shape
    required: bool = False
    read_only: bool = False
    pattern: str = ""
    bounds: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True)
class ObjectOf:
    """An object with known properties.

    Attributes:
        name: For messages.
        load: Gives the properties; called once, when the first value is looked at, because models
            refer to each other in circles.
        discriminator: The property that chooses among `variants`.
        variants: Shapes by the discriminator's value in lower case.
    """

    name: str
    load: Callable[[], Mapping[str, Field]]
    discriminator: str = ""
    variants: Mapping[str, "ObjectOf"] = field(default_factory=dict)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The properties, by their names in JSON."""
        return self.load()


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[Fault]:
    """Everything that is wrong with a value."""
    match shape:
        case Scalar(kind):
            yield from _scalar_faults(kind, value, path)
        case Choice(values):
            if not isinstance(value, str) or value.lower() not in {one.lower() for one in values}:
                yield Fault(path, f"{_shown(value)} is not one of {', '.join(values)}")
        case ListOf(item):
            yield from _list_faults(item, value, path)
        case MapOf(inner):
            yield from _map_faults(inner, value, path)
        case ObjectOf():
            yield from _object_faults(shape, value, path)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _scalar_faults(kind: Kind, value: Any, path: str) -> Iterator[Fault]:
    if kind == "any":
        return
    wrong = not isinstance(value, _TYPES[kind])
    wrong = wrong or (isinstance(value, bool) and kind != "boolean")
    if not wrong and kind == "datetime":
        wrong = not _is_datetime(value)
    if wrong:
        yield Fault(path, f"{_shown(value)} is not a {kind}")


def _is_datetime(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _list_faults(item: Shape, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(path, f"{_shown(value)} is not a list")
        return
    for index, one in enumerate(value):
        yield from faults(item, one, f"{path}[{index}]")


def _map_faults(inner: Shape, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(path, f"{_shown(value)} is not an object")
        return
    for name, one in value.items():
        yield from faults(inner, one, _joined(path, name))


def _object_faults(shape: ObjectOf, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(path, f"{_shown(value)} is not an object")
        return
    if shape.discriminator:
        chosen = shape.variants.get(str(value.get(shape.discriminator, "")).lower())
        if chosen is None:
            known = ", ".join(shape.variants)
            where = _joined(path, shape.discriminator)
            yield Fault(where, f"it must say which {shape.name} this is: one of {known}")
            return
        shape = chosen
    for name, one in value.items():
        yield from _property_faults(shape, name, one, _joined(path, name))
    for name, known_field in shape.fields.items():
        if known_field.required and value.get(name) is None:
            yield Fault(_joined(path, name), f"the required property '{name}' is missing")


def _property_faults(shape: ObjectOf, name: str, value: Any, path: str) -> Iterator[Fault]:
    known = shape.fields.get(name)
    if known is None:
        yield Fault(path, f"Could not find member '{name}' on object of type '{shape.name}'")
    elif known.read_only:
        yield Fault(path, f"the property '{name}' is read-only")
    elif value is not None:
        yield from faults(known.shape, value, path)
        yield from _bound_faults(known, value, path)


def _bound_faults(known: Field, value: Any, path: str) -> Iterator[Fault]:
    if known.pattern and isinstance(value, str) and not re.search(known.pattern, value):
        yield Fault(path, f"{_shown(value)} does not match {known.pattern}")
    measured = len(value) if isinstance(value, (str, list)) else value
    if isinstance(measured, bool) or not isinstance(measured, (int, float)):
        return
    least, greatest = known.bounds
    if (least is not None and measured < least) or (greatest is not None and measured > greatest):
        yield Fault(path, f"{_shown(value)} is out of bounds ({least} to {greatest})")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
