"""What an event subscription may filter by, and how it may be delivered: Azure's limits.

The limits are those of learn: event-grid/event-filtering, event-grid/delivery-and-retry (batching)
and event-grid/delivery-properties.
"""

from collections.abc import Iterator
from typing import Any, Final

from localcloud.arm.errors import bad_request

_MOST_FILTERS: Final = 25
_MOST_VALUES: Final = 25
_LONGEST_VALUE: Final = 512
_MOST_EVENTS, _MOST_KILOBYTES = 5_000, 1_024
_MOST_HEADERS, _LONGEST_HEADER = 10, 4_096
_WITHOUT_VALUES = frozenset({"isnullorundefined", "isnotnull"})
_PAIR = 2


def check_filter(found: dict[str, Any]) -> None:
    """Refuse a filter that is too large, or has nothing to compare with.

    Raises:
        ArmError: It is so.
    """
    filters = found.get("advancedFilters", [])
    if len(filters) > _MOST_FILTERS:
        raise _refused(f"At most {_MOST_FILTERS} advanced filters are taken.")
    count = 0
    for one in filters:
        if not str(one.get("key", "")).strip():
            raise _refused(f"The advanced filter '{one['operatorType']}' has no key.")
        values = list(_values(one))
        if not values and one["operatorType"].lower() not in _WITHOUT_VALUES:
            raise _refused(f"The advanced filter '{one['operatorType']}' has no values.")
        count += len(values)
        if any(isinstance(value, str) and len(value) > _LONGEST_VALUE for value in values):
            raise _refused(f"A filter's value has {_LONGEST_VALUE} characters at most.")
        if "range" in one["operatorType"].lower() and not all(map(_is_range, values)):
            raise _refused("A range is a pair of numbers, the lower one first.")
    if count > _MOST_VALUES:
        raise _refused(f"At most {_MOST_VALUES} values are taken in all advanced filters.")


def _values(one: dict[str, Any]) -> Iterator[Any]:
    if "value" in one:
        yield one["value"]
    yield from one.get("values", [])


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == _PAIR and value[0] <= value[1]


def check_delivery(inner: dict[str, Any]) -> None:
    """Refuse a batch that is too large, and headers that Event Grid does not set.

    Raises:
        ArmError: It is so.
    """
    events = inner.get("maxEventsPerBatch", 1)
    kilobytes = inner.get("preferredBatchSizeInKilobytes", 1)
    if not 1 <= events <= _MOST_EVENTS or not 1 <= kilobytes <= _MOST_KILOBYTES:
        raise _refused(
            f"A batch has 1 to {_MOST_EVENTS} events, and 1 to {_MOST_KILOBYTES} kilobytes."
        )
    headers = inner.get("deliveryAttributeMappings", [])
    if len(headers) > _MOST_HEADERS:
        raise _refused(f"At most {_MOST_HEADERS} delivery attributes are taken.")
    for one in headers:
        if str(one.get("name", "")).lower().startswith("aeg-"):
            raise _refused("The prefix 'aeg-' is for Event Grid's own headers.")
        if one.get("properties", {}).get("isSecret"):
            raise _refused("Delivery attributes that are secret are not taken here.")
        if len(str(one.get("properties", {}).get("value", ""))) > _LONGEST_HEADER:
            raise _refused(f"A header's value has {_LONGEST_HEADER} characters at most.")


def _refused(message: str) -> Exception:
    return bad_request("InvalidRequest", message)
