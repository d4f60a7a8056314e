"""Looking into bodies as ARM answers them, whatever stands there, and writing them back."""

from collections.abc import Mapping
from typing import Any, Final

from landing_zone.arm_ids import normalized

_EMPTY: Final[Mapping[str, Any]] = {}


def at(body: Any, *path: str) -> Any:
    """The value at a path; None where there is none."""
    for name in path:
        if not isinstance(body, Mapping):
            return None
        body = body.get(name)
    return body


def mapping(body: Any, *path: str) -> Mapping[str, Any]:
    """The mapping at a path; an empty one where there is none."""
    found = at(body, *path)
    return found if isinstance(found, Mapping) else _EMPTY


def items(body: Any, *path: str) -> list[Mapping[str, Any]]:
    """The mappings of the list at a path."""
    found = at(body, *path)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def text(body: Any, *path: str) -> str:
    """The text at a path; empty where there is none."""
    found = at(body, *path)
    return found if isinstance(found, str) else ""


def id_at(body: Any, *path: str) -> str:
    """The id at a path, normalized; empty where there is none."""
    return normalized(text(body, *path))


def same_word(one: Any, other: str) -> bool:
    """Whether a value is this word: Azure's own words come in any casing."""
    return isinstance(one, str) and one.lower() == other.lower()


def is_in(resource_id: str, scopes: frozenset[str]) -> bool:
    """Whether a normalized id is one of these scopes or stands in one."""
    return any(f"{resource_id}/".startswith(f"{scope}/") for scope in scopes)
