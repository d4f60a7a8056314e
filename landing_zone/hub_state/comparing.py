"""Whether what ARM holds is what should be there: nothing missing and, in lists, nothing more."""

from typing import Any

from landing_zone.differences import value_at

_BROKEN = frozenset({"failed", "canceled"})


def is_same(wanted: Any, actual: Any) -> bool:
    """Whether the actual body is as wanted; properties of Azure's own are left alone.

    Ids, names and addresses compare without regard to case, and lists without regard to order.
    """
    match wanted, actual:
        case dict(), dict():
            return all(is_same(value, actual.get(name)) for name, value in wanted.items())
        case list(), list():
            return _same_list(wanted, actual)
        case str(), str():
            return wanted.lower() == actual.lower()
        case _:
            return bool(wanted == actual)


def _same_list(wanted: list[Any], actual: list[Any]) -> bool:
    if len(wanted) != len(actual):
        return False
    pairs = zip(sorted(wanted, key=_sort_key), sorted(actual, key=_sort_key), strict=True)
    return all(is_same(one, other) for one, other in pairs)


def _sort_key(item: Any) -> str:
    name = item.get("name", "") if isinstance(item, dict) else item
    return str(name).lower()


def is_broken(actual: dict[str, Any]) -> bool:
    """Whether it must be written again although its body may be right."""
    state = str(value_at(actual, "properties.provisioningState") or "").lower()
    return state in _BROKEN or value_at(actual, "properties.peeringState") == "Disconnected"
