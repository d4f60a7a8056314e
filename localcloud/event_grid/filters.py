"""Which events a subscription wants: learn, event-grid/event-filtering.

Comparisons of texts do not look at case, apart from those of the subject where it is asked for.
A key that an event does not have, or whose value is of another kind than the operator's, does not
match; only `NumberNotIn`, `StringNotIn` and `IsNullOrUndefined` do then. Learn does not say what
`NumberInRange` and `NumberNotInRange` do: they do not match.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

# The names that an event's own fields have in each schema, as one may filter by either.
_FIELDS: Final = {
    "id": "id",
    "topic": "topic",
    "source": "topic",
    "subject": "subject",
    "eventtype": "eventType",
    "type": "eventType",
    "dataversion": "dataVersion",
    "time": "eventTime",
    "eventtime": "eventTime",
}


@dataclass(frozen=True, slots=True)
class _Operator:
    """How an operator compares.

    Attributes:
        takes: Whether a value is of the kind that it compares.
        holds: Whether a value fits one of the filter's.
        negative: Whether all values must not fit, where otherwise one must.
        absent: What it says of a key that is not there.
    """

    takes: Callable[[Any], bool]
    holds: Callable[[Any, Any], bool]
    negative: bool = False
    absent: bool = False


def wants(filters: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event, in the Event Grid schema, passes a subscription's filter."""
    return (
        _is_of_type(filters, event["eventType"])
        and _has_subject(filters, event["subject"])
        and all(
            _passes(one, event, arrays=bool(filters.get("enableAdvancedFilteringOnArrays")))
            for one in filters.get("advancedFilters") or ()
        )
    )


def _is_of_type(filters: Mapping[str, Any], event_type: str) -> bool:
    included = {str(one).lower() for one in filters.get("includedEventTypes") or ()}
    return not included or "all" in included or event_type.lower() in included


def _has_subject(filters: Mapping[str, Any], subject: str) -> bool:
    begins = str(filters.get("subjectBeginsWith") or "")
    ends = str(filters.get("subjectEndsWith") or "")
    if not filters.get("isSubjectCaseSensitive"):
        begins, ends, subject = begins.lower(), ends.lower(), subject.lower()
    return subject.startswith(begins) and subject.endswith(ends)


def _passes(advanced: Mapping[str, Any], event: Mapping[str, Any], *, arrays: bool) -> bool:
    name = str(advanced["operatorType"]).lower()
    found = value_at(event, str(advanced["key"]))
    match name:
        case "isnullorundefined":
            return found is None
        case "isnotnull":
            return found is not None
    operator = _OPERATORS[name]
    values = list(advanced.get("values") or ())
    if "value" in advanced:
        values.append(advanced["value"])
    if isinstance(found, list) and not arrays:
        return operator.absent
    candidates = found if isinstance(found, list) else [found]
    fitting = [one for one in candidates if operator.takes(one)]
    if not fitting:
        return operator.absent
    held = any(operator.holds(one, value) for one in fitting for value in values)
    return held is not operator.negative


def value_at(event: Mapping[str, Any], key: str) -> Any:
    """The value that a key names, None where there is none; the case of names does not matter."""
    name, _, rest = key.partition(".")
    found: Any = event.get(_FIELDS.get(name.lower(), ""))
    if name.lower() == "data":
        found = event.get("data")
    elif name.lower() == "specversion":
        found = "1.0"
    for segment in rest.split(".") if rest else ():
        found = _inner(found, segment)
    return found


def _inner(value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        return None
    if name in value:
        return value[name]
    return next((one for key, one in value.items() if key.lower() == name.lower()), None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _number(holds: Callable[[Any, Any], bool], **more: bool) -> _Operator:
    return _Operator(_is_number, lambda one, value: bool(holds(one, value)), **more)


def _text(holds: Callable[[str, str], bool], **more: bool) -> _Operator:
    return _Operator(
        _is_text, lambda one, value: holds(one.casefold(), str(value).casefold()), **more
    )


def _within(one: Any, bounds: Any) -> bool:
    return bool(bounds[0] <= one <= bounds[1])


_OPERATORS: Final[Mapping[str, _Operator]] = {
    "numberin": _number(lambda one, value: one == value),
    "numbernotin": _number(lambda one, value: one == value, negative=True, absent=True),
    "numberlessthan": _number(lambda one, value: one < value),
    "numberlessthanorequals": _number(lambda one, value: one <= value),
    "numbergreaterthan": _number(lambda one, value: one > value),
    "numbergreaterthanorequals": _number(lambda one, value: one >= value),
    "numberinrange": _number(_within),
    "numbernotinrange": _number(_within, negative=True),
    "boolequals": _Operator(_is_boolean, lambda one, value: one is value),
    "stringin": _text(lambda one, value: one == value),
    "stringnotin": _text(lambda one, value: one == value, negative=True, absent=True),
    "stringcontains": _text(lambda one, value: value in one),
    "stringnotcontains": _text(lambda one, value: value in one, negative=True),
    "stringbeginswith": _text(lambda one, value: one.startswith(value)),
    "stringnotbeginswith": _text(lambda one, value: one.startswith(value), negative=True),
    "stringendswith": _text(lambda one, value: one.endswith(value)),
    "stringnotendswith": _text(lambda one, value: one.endswith(value), negative=True),
}
