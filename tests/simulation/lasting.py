"""What Azure holds, without what it changes by itself while nobody does anything."""

from typing import Any, Final

_OF_ITS_OWN: Final = frozenset({"complianceState"})
"""Flux tells what it has brought in its own time."""


def lasting(value: Any) -> Any:
    """A document without it."""
    match value:
        case dict():
            return {key: lasting(item) for key, item in value.items() if key not in _OF_ITS_OWN}
        case list():
            return [lasting(item) for item in value]
        case _:
            return value
