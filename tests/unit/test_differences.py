"""Differences between what is wanted and what is there."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.applying import bound
from landing_zone.differences import Difference, differences, leftovers, value_at
from landing_zone.plan import Plan, Resource, Write
from landing_zone.tenant_request import TenantRequest
from tests.unit.planned import OUTPUTS, plans

type Path = tuple[str | int, ...]
type Planned = tuple[TenantRequest, Plan]


def written_resources(made: Plan) -> list[Resource]:
    """The resources that the plan writes itself, rather than the hub's reconciler."""
    return [bound(item, OUTPUTS) for item in made.resources if item.write is not Write.HUB]


def enriched(value: Any) -> Any:
    """A body as Azure returns it: with properties of its own, lists of named things reordered."""
    match value:
        case dict():
            own = {"etag": 'W/"1"', "provisioningState": "Succeeded", "id": "/subscriptions/x"}
            return own | {name: enriched(item) for name, item in value.items()}
        case list():
            items = [enriched(item) for item in value]
            named = all(isinstance(item, dict) and "name" in item for item in value)
            return [*reversed(items), enriched({"name": "azures-own"})] if named else items
        case _:
            return value


def leaves(value: Any, path: Path = ()) -> list[Path]:
    """Where a JSON value has its scalars, names of named things left out."""
    match value:
        case dict():
            return [leaf for key, item in value.items() for leaf in leaves(item, (*path, key))]
        case list():
            return [leaf for at, item in enumerate(value) for leaf in leaves(item, (*path, at))]
        case _:
            return [path]


def with_change(value: Any, path: Path) -> Any:
    """The value with another scalar at the path."""
    first, *rest = path
    changed = copy.copy(value)
    changed[first] = with_change(value[first], tuple(rest)) if rest else other_than(value[first])
    return changed


def other_than(scalar: Any) -> Any:
    """Another scalar of the same kind."""
    match scalar:
        case bool():
            return not scalar
        case int() | float():
            return scalar + 1
        case _:
            return f"{scalar}x"


@given(plans())
@settings(max_examples=20)
def test_planning_after_applying_is_empty(drawn: Planned) -> None:
    """What Azure adds, and the order in which it lists, is no difference."""
    for resource in written_resources(drawn[1]):
        assert list(differences(resource.body, resource.body)) == []
        assert list(differences(resource.body, enriched(resource.body))) == []


@given(plans(), st.data())
@settings(max_examples=40)
def test_any_changed_leaf_is_found(drawn: Planned, data: st.DataObject) -> None:
    """Wherever it is, and it is the only one that is reported."""
    resources = [item for item in written_resources(drawn[1]) if item.body]
    body = data.draw(st.sampled_from(resources)).body
    path = data.draw(st.sampled_from(leaves(body)))
    found = list(differences(body, enriched(with_change(body, path))))
    assert len(found) == 1
    assert str(path[0]) in found[0].path
    assert found[0].wanted != found[0].actual


@given(plans(), st.data())
@settings(max_examples=20)
def test_any_missing_property_is_found(drawn: Planned, data: st.DataObject) -> None:
    """With nothing there in its place."""
    resources = [item for item in written_resources(drawn[1]) if item.body]
    body = data.draw(st.sampled_from(resources)).body
    name = data.draw(st.sampled_from(sorted(body)))
    rest = {other: value for other, value in body.items() if other != name}
    assert list(differences(body, rest)) == [Difference(name, body[name], None)]


@pytest.mark.parametrize(
    ("wanted", "actual"),
    [
        ({"location": "westeurope"}, {"location": "West Europe"}),
        ({"id": "/subscriptions/A/resourceGroups/B"}, {"id": "/subscriptions/a/resourcegroups/b"}),
        ({"rules": [{"name": "Allow"}]}, {"rules": [{"name": "allow", "x": 1}]}),
        ({"amount": 5000.0}, {"amount": 5000}),
        ({"properties": {}}, {}),
        ({"rules": []}, {"rules": []}),
    ],
    ids=["location", "id", "name", "number", "empty", "no-items"],
)
def test_spellings_of_azure_are_no_difference(wanted: Any, actual: Any) -> None:
    """Ids, names and locations change their case, numbers their type."""
    assert list(differences(wanted, actual)) == []


@pytest.mark.parametrize(
    ("wanted", "actual", "path"),
    [
        ({"tags": {"owner": "A@b.c"}}, {"tags": {"owner": "a@b.c"}}, "tags.owner"),
        ({"a": [1, 2]}, {"a": [1]}, "a"),
        ({"a": [1, 2]}, {"a": [2, 1]}, "a[0]"),
        ({"a": ["10.0.0.0/24"]}, {"a": ["10.0.0.0/24", "10.1.0.0/24"]}, "a"),
        ({"a": []}, {"a": [1]}, "a"),
        ({"subnets": [{"name": "aks"}]}, {"subnets": []}, "subnets[aks]"),
        ({"subnets": [{"name": "aks"}]}, {}, "subnets"),
        ({"a": {"b": 1}}, {"a": None}, "a"),
        ({"a": 1}, {"a": "1"}, "a"),
        ({"a": True}, {"a": False}, "a"),
        ({"a": {"b": 1}}, {"a": [1]}, "a"),
    ],
    ids=str,
)
def test_what_is_not_as_wanted_is_named_by_its_path(wanted: Any, actual: Any, path: str) -> None:
    """The first path is the one a person would look at."""
    assert next(differences(wanted, actual)).path == path


def test_subnet_is_compared_with_the_one_of_its_name() -> None:
    """Its path names it."""
    wanted = {"subnets": [{"name": "aks", "properties": {"addressPrefix": "10.0.0.0/25"}}]}
    actual = {
        "subnets": [
            {"name": "other", "properties": {"addressPrefix": "10.0.0.0/25"}},
            {"name": "aks", "properties": {"addressPrefix": "10.0.0.0/26"}},
        ]
    }
    found = Difference("subnets[aks].properties.addressPrefix", "10.0.0.0/25", "10.0.0.0/26")
    assert list(differences(wanted, actual)) == [found]


@pytest.mark.parametrize(
    ("before", "wanted", "actual", "found"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 3}, [Difference("b", None, 3)]),
        ({"b": 2}, {}, {"c": 1}, []),
        ({"b": 2}, {}, {"b": None}, []),
        ({}, {}, {"azures": "own"}, []),
        ({"a": {"b": 1, "c": 1}}, {"a": {"c": 1}}, {"a": {"b": 1}}, [Difference("a.b", None, 1)]),
        (
            {"a": [{"name": "X"}, {"name": "y"}]},
            {"a": [{"name": "y"}]},
            {"a": [{"name": "x", "id": 1}, {"name": "y"}, {"name": "other"}]},
            [Difference("a[X]", None, {"name": "x", "id": 1})],
        ),
        ({"a": [{"name": "x"}]}, {"a": []}, {"a": [{"name": "x"}]}, []),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1, 2]}, []),
        ({"a": {"b": 1}}, {"a": "text"}, {"a": {"b": 1}}, []),
    ],
    ids=["gone", "missing", "null", "azure", "nested", "named", "emptied", "plain", "kind"],
)
def test_what_only_an_earlier_plan_asked_for_is_found_where_it_is_left(
    before: Any, wanted: Any, actual: Any, found: list[Difference]
) -> None:
    """And nothing that it did not ask for; what the plain comparison tells is not told twice."""
    assert list(leftovers(before, wanted, actual)) == found


@given(plans())
@settings(max_examples=20)
def test_nothing_is_left_of_the_same_plan(drawn: Planned) -> None:
    """Whatever Azure added to it."""
    for resource in written_resources(drawn[1]):
        assert list(leftovers(resource.body, resource.body, enriched(resource.body))) == []


def test_value_at_a_path() -> None:
    """None wherever the path leads nowhere."""
    body = {"properties": {"state": "ok", "list": [1]}}
    assert value_at(body, "properties.state") == "ok"
    assert value_at(body, "properties.other") is None
    assert value_at(body, "properties.list.x") is None
    assert value_at(None, "properties") is None
