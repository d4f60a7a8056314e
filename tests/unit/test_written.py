"""What a write changed, told by the names of properties: never a value, never without bound."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from landing_zone.written import LONGEST_NAME, MOST_NAMES, Written, written_over

names = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=200)
bodies = st.dictionaries(names, st.integers(), max_size=40)


def test_what_was_not_there_has_no_changes() -> None:
    """It was absent, or deleted and kept by Azure."""
    body = {"properties": {"a": 1}}
    assert written_over(body, None) == Written(before="absent")
    assert written_over(body, None, kept=True) == Written(before="deleted")
    assert written_over(body, None).details() == {"before": "absent"}


def test_changed_properties_are_named() -> None:
    """By their paths; what was written all the same says nothing more."""
    body: dict[str, Any] = {"tags": {"owner": "a"}, "properties": {"sku": {"name": "x"}, "b": 1}}
    there = {"tags": {"owner": "secret"}, "properties": {"sku": {"name": "y"}, "b": 1}}
    found = written_over(body, there)
    assert found.changed == ("tags.owner", "properties.sku.name")
    assert found.details() == {"before": "present", "changed": "tags.owner, properties.sku.name"}
    assert "secret" not in repr(found)
    assert written_over(body, body).details() == {"before": "present"}


@given(bodies, bodies)
def test_details_are_bounded_and_count_all(wanted: dict[str, int], there: dict[str, int]) -> None:
    """However many properties there are, and however long their names."""
    found = written_over(wanted, there)
    different = sum(there.get(name) != value for name, value in wanted.items())
    assert len(found.changed) + found.more == different
    assert len(found.details().get("changed", "")) <= MOST_NAMES * (LONGEST_NAME + 2) + 20
