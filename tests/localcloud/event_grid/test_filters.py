"""Filters: every operator, on fields and on data, and what an absent key means to each."""

from typing import Any

import pytest

from localcloud.event_grid.filters import value_at, wants
from tests.localcloud.event_grid.fakes import STORAGE, event

DATA = {
    "text": "Alpha Beta", "number": 5, "real": 2.5, "yes": True, "no": False, "none": None,
    "texts": ["Alpha", 7, "Gamma"], "numbers": [1, 20, True, "x"], "objects": [{}], "empty": [],
    "inner": {"key": "deep", "Other": {"n": 1}},
}  # fmt: skip


def passes(operator: str, key: str, values: Any = None, *, arrays: bool = False) -> bool:
    """Whether the event of these tests passes an advanced filter."""
    advanced = {"operatorType": operator, "key": key}
    if values is not None:
        advanced["values" if isinstance(values, list) else "value"] = values
    filters = {"advancedFilters": [advanced], "enableAdvancedFilteringOnArrays": arrays}
    return wants(filters, event(1, data=DATA))


@pytest.mark.parametrize(
    ("operator", "values", "fitting", "other"),
    [
        ("NumberIn", [5, 7], "data.number", "data.real"),
        ("NumberNotIn", [5, 7], "data.real", "data.number"),
        ("NumberLessThan", 5, "data.real", "data.number"),
        ("NumberLessThanOrEquals", 2.5, "data.real", "data.number"),
        ("NumberGreaterThan", 2.5, "data.number", "data.real"),
        ("NumberGreaterThanOrEquals", 5, "data.number", "data.real"),
        ("NumberInRange", [[2, 3], [9, 10]], "data.real", "data.number"),
        ("NumberNotInRange", [[2, 3], [9, 10]], "data.number", "data.real"),
        ("BoolEquals", True, "data.yes", "data.no"),
        ("BoolEquals", False, "data.no", "data.yes"),
        ("StringIn", ["alpha beta", "x"], "data.text", "subject"),
        ("StringNotIn", ["alpha beta", "x"], "subject", "data.text"),
        ("StringContains", ["HA B", "x y"], "data.text", "subject"),
        ("StringNotContains", ["HA B", "x y"], "subject", "data.text"),
        ("StringBeginsWith", ["/SUB", "x"], "subject", "data.text"),
        ("StringNotBeginsWith", ["/SUB", "x"], "data.text", "subject"),
        ("StringEndsWith", ["BETA", "x"], "data.text", "subject"),
        ("StringNotEndsWith", ["BETA", "x"], "subject", "data.text"),
        ("IsNullOrUndefined", None, "data.none", "data.text"),
        ("IsNullOrUndefined", None, "data.missing", "data.no"),
        ("IsNotNull", None, "data.number", "data.none"),
        ("IsNotNull", None, "data.inner.key", "data.inner.key.deeper"),
    ],
)
def test_each_operator_tells_values_apart(
    operator: str, values: Any, fitting: str, other: str
) -> None:
    """Texts without regard to case; the operator's own case does not matter either."""
    assert passes(operator, fitting, values)
    assert not passes(operator, other, values)
    assert passes(operator.upper(), fitting, values)


@pytest.mark.parametrize(
    ("operator", "values", "matched"),
    [
        ("NumberIn", [5], False), ("NumberNotIn", [5], True),
        ("NumberLessThan", 5, False), ("NumberLessThanOrEquals", 5, False),
        ("NumberGreaterThan", 5, False), ("NumberGreaterThanOrEquals", 5, False),
        ("NumberInRange", [[0, 9]], False), ("NumberNotInRange", [[0, 9]], False),
        ("BoolEquals", False, False),
        ("StringIn", ["a"], False), ("StringNotIn", ["a"], True),
        ("StringContains", ["a"], False), ("StringNotContains", ["a"], False),
        ("StringBeginsWith", ["a"], False), ("StringNotBeginsWith", ["a"], False),
        ("StringEndsWith", ["a"], False), ("StringNotEndsWith", ["a"], False),
    ],
)  # fmt: skip
def test_a_key_that_is_not_there_matches_as_learn_lists_it(
    operator: str, values: Any, matched: bool
) -> None:
    """So does null, a value of another kind, and an array where those are not enabled."""
    other = "data.yes" if operator.startswith(("Number", "String")) else "data.text"
    for key in ("data.missing", "data.none", "missing", other, "data.texts", "data.inner"):
        assert passes(operator, key, values) is matched, key


@pytest.mark.parametrize(
    ("operator", "key", "values", "matched"),
    [
        ("StringIn", "data.texts", ["gamma"], True),
        ("StringContains", "data.texts", ["amm", "none"], True),
        ("StringContains", "data.texts", ["delta"], False),
        ("StringNotContains", "data.texts", ["delta"], True),
        ("StringNotContains", "data.texts", ["amm"], False),
        ("StringNotIn", "data.texts", ["alpha"], False),
        ("NumberGreaterThan", "data.numbers", 10, True),
        ("NumberGreaterThan", "data.numbers", 20, False),
        ("NumberIn", "data.numbers", [7], False),
        ("NumberNotIn", "data.numbers", [1], False),
        ("BoolEquals", "data.numbers", True, True),
        ("BoolEquals", "data.numbers", False, False),
        ("StringIn", "data.empty", ["a"], False),
        ("StringNotIn", "data.empty", ["a"], True),
        ("StringIn", "data.objects", ["a"], False),
        ("StringIn", "data.text", ["alpha beta"], True),
    ],
)
def test_arrays_are_looked_into_where_that_is_enabled(
    operator: str, key: str, values: Any, matched: bool
) -> None:
    """One value must fit, or none for an operator of denial; values of another kind are ignored."""
    assert passes(operator, key, values, arrays=True) is matched


@pytest.mark.parametrize(
    ("filters", "matched"),
    [
        ({}, True),
        ({"includedEventTypes": []}, True),
        ({"includedEventTypes": ["All"]}, True),
        ({"includedEventTypes": ["microsoft.resources.resourcewritesuccess"]}, True),
        ({"includedEventTypes": ["Microsoft.Resources.ResourceDeleteSuccess"]}, False),
        ({"subjectBeginsWith": STORAGE.upper()}, True),
        ({"subjectBeginsWith": STORAGE.upper(), "isSubjectCaseSensitive": True}, False),
        ({"subjectBeginsWith": STORAGE, "isSubjectCaseSensitive": True}, True),
        ({"subjectEndsWith": "ST11"}, True),
        ({"subjectEndsWith": "ST11", "isSubjectCaseSensitive": True}, False),
        ({"subjectEndsWith": "st2"}, False),
        ({"subjectBeginsWith": "/", "subjectEndsWith": "st2"}, False),
    ],
)
def test_types_and_subjects_are_looked_at_first(filters: dict[str, Any], matched: bool) -> None:
    """The subject's case matters only where that is asked for."""
    assert wants(filters, event(1)) is matched


def test_all_advanced_filters_must_be_passed() -> None:
    """Within one, a single value suffices."""
    one = {"operatorType": "StringEndsWith", "key": "subject", "values": ["no", "1"]}
    other = {"operatorType": "NumberIn", "key": "data.number", "values": [2]}
    assert wants({"advancedFilters": [one]}, event(1))
    assert not wants({"advancedFilters": [one, other]}, event(1))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Id", event(1)["id"]), ("TOPIC", event(1)["topic"]), ("source", event(1)["topic"]),
        ("Subject", event(1)["subject"]), ("EventType", event(1)["eventType"]),
        ("type", event(1)["eventType"]), ("DataVersion", "2"), ("specversion", "1.0"),
        ("Data.Inner.Key", "deep"), ("data.inner.other.N", 1), ("data.text.more", None),
        ("metadata", None),
    ],
)  # fmt: skip
def test_keys_are_found_in_any_case(key: str, value: Any) -> None:
    """Fields by their names in either schema, data by the path into it."""
    assert value_at(event(1, data=DATA), key) == value
