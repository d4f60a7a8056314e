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
        wanted: What the plan says; None where it says no longer anything.
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


def leftovers(before: Any, wanted: Any, actual: Any, path: str = "") -> Iterator[Difference]:
    """What an earlier plan asked for, the plan no longer does, and is still there.

    Lists whose items have no names are compared whole by `differences`.

    Args:
        before: A body, or part of one, as the earlier plan sent it.
        wanted: The same as the plan sends it.
        actual: The same as ARM returned it.
        path: Where in the body this part is.
    """
    parts = [_parts(value) for value in (before, wanted, actual)]
    if any(part is None for part in parts):
        return
    then, now, there = (part or {} for part in parts)
    for key, (step, value) in then.items():
        if key not in there or there[key][1] is None:
            continue
        where = f"{path}{step}" if path else step.removeprefix(".")
        if key in now:
            yield from leftovers(value, now[key][1], there[key][1], where)
        else:
            yield Difference(where, None, there[key][1])


def _parts(value: Any) -> dict[str, tuple[str, Any]] | None:
    """What a value consists of, by name, each with its step of a path; None where it has no names.

    An empty list is compared whole by `differences`.
    """
    match value:
        case dict():
            return {name: (f".{name}", item) for name, item in value.items()}
        case list() if value and all(isinstance(item, dict) and "name" in item for item in value):
            return {str(item["name"]).lower(): (f"[{item['name']}]", item) for item in value}
        case _:
            return None


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
