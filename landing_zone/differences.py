"""What differs between what the plan wants of a resource and what Azure says is there.

Azure adds properties of its own, so the comparison asks whether all that is wanted is there. Lists
of named objects are compared by name; names and locations of Azure without regard to case.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

_MISSING = object()
_CASELESS = frozenset({"location", "name"})


class Difference(NamedTuple):
    """One property that is not as wanted.

    Attributes:
        path: Where, as `properties.subnets[aks].properties.addressPrefix`.
        wanted: What the plan says.
        actual: What is there; None where nothing is.
    """

    path: str
    wanted: Any
    actual: Any


def differences(wanted: Any, actual: Any, path: str = "") -> Iterator[Difference]:
    """All properties in which `actual` is not as `wanted`.

    Args:
        wanted: A body, or part of one, as the plan sends it.
        actual: The same as ARM returned it.
        path: Where in the body this part is.
    """
    if isinstance(wanted, dict) and isinstance(actual, dict):
        for name, value in wanted.items():
            yield from differences(value, actual.get(name, _MISSING), _join(path, name))
    elif isinstance(wanted, list) and isinstance(actual, list):
        yield from _list_differences(wanted, actual, path)
    elif not _equal(wanted, actual, path):
        yield Difference(path, wanted, None if actual is _MISSING else actual)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _list_differences(wanted: list[Any], actual: list[Any], path: str) -> Iterator[Difference]:
    by_name = {
        str(item["name"]).lower(): item
        for item in actual
        if isinstance(item, dict) and "name" in item
    }
    if wanted and all(isinstance(item, dict) and "name" in item for item in wanted):
        for item in wanted:
            found = by_name.get(str(item["name"]).lower(), _MISSING)
            yield from differences(item, found, f"{path}[{item['name']}]")
    elif len(wanted) != len(actual):
        yield Difference(path, wanted, actual)
    else:
        for index, (one, other) in enumerate(zip(wanted, actual, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")


def _equal(wanted: Any, actual: Any, path: str) -> bool:
    if isinstance(wanted, str) and isinstance(actual, str):
        if path.rsplit(".", 1)[-1] == "location":
            return _plain(wanted) == _plain(actual)
        if wanted.startswith("/") or path.rsplit(".", 1)[-1] in _CASELESS:
            return wanted.lower() == actual.lower()
    if isinstance(wanted, dict) and not wanted and actual is _MISSING:
        return True
    return bool(wanted == actual)


def _plain(location: str) -> str:
    return location.replace(" ", "").lower()


def value_at(body: Any, path: str) -> Any:
    """The value at a dotted path of a body; None where there is none."""
    for name in path.split("."):
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body
