"""Finding and setting values within JSON bodies."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any


def values_at(body: Any, path: str) -> Iterator[Any]:
    """The values at a path such as `properties.subnets[].id`; nothing where a part is missing."""
    yield from _values(body, path.split("."))


def _values(value: Any, parts: list[str]) -> Iterator[Any]:
    if not parts:
        if value is not None:
            yield value
        return
    if not isinstance(value, dict):
        return
    part, rest = parts[0], parts[1:]
    inner = value.get(part.removesuffix("[]"))
    if not part.endswith("[]"):
        yield from _values(inner, rest)
    elif isinstance(inner, list):
        for item in inner:
            yield from _values(item, rest)


def merge(body: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Lay changes over a body; objects are merged, null removes."""
    for name, value in changes.items():
        present = body.get(name)
        if value is None:
            body.pop(name, None)
        elif isinstance(present, dict) and isinstance(value, Mapping):
            merge(present, value)
        else:
            body[name] = deepcopy(value)


def fill(body: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Set what is not set; mappings are filled within."""
    for name, value in defaults.items():
        present = body.get(name)
        if present is None:
            body[name] = deepcopy(value)
        elif isinstance(present, dict) and isinstance(value, Mapping):
            fill(present, value)
