"""The plan as data: its graph, its hash, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from landing_zone.plan import Plan, Resource, Step, Undo, in_order


def resource(key: str, **changes: Any) -> Resource:
    """A resource, with changes."""
    values: dict[str, Any] = {
        "key": key,
        "step": Step.NETWORK,
        "type": "Microsoft.Network/routeTables",
        "id": f"/subscriptions/1/x/{key}",
        "api_version": "2025-01-01",
        "body": {"name": key},
    }
    return Resource.model_validate(values | changes)


def planned(*resources: Resource) -> Plan:
    """A plan of them."""
    return in_order("contoso", "hub-weu", 1, list(resources))


def test_resource_waits_for_what_it_names_and_for_what_it_refers_to() -> None:
    """In its id and anywhere in its body."""
    found = resource(
        "a",
        after=frozenset({"b"}),
        id="/subscriptions/${c.id}",
        body={"list": [{"deep": "${d.id}"}]},
    )
    assert found.waits_for == {"b", "c", "d"}


def test_resources_are_put_in_an_order_in_which_they_can_be_made() -> None:
    """However they were given."""
    made = planned(
        resource("a", after=frozenset({"b"})), resource("b", after=frozenset({"c"})), resource("c")
    )
    assert [found.key for found in made.resources] == ["c", "b", "a"]
    assert made.by_key["b"].name == "b"


def test_graph_leaves_out_edges_that_follow_from_others() -> None:
    """Fewer announcements are sent for the same order."""
    made = planned(
        resource("a"),
        resource("b", after=frozenset({"a"})),
        resource("c", after=frozenset({"a", "b"})),
    )
    assert made.graph == {"a": frozenset(), "b": {"a"}, "c": {"b"}}


def test_cycle_through_a_reference_is_refused() -> None:
    """A plan that cannot be applied is none."""
    with pytest.raises(ValueError, match="cycle"):
        planned(resource("a", body={"x": "${b.id}"}), resource("b", after=frozenset({"a"})))


def test_key_given_twice_is_refused() -> None:
    """Resources are told apart by their keys."""
    with pytest.raises(ValidationError, match="same key"):
        Plan(
            tenant_id="contoso",
            hub="hub-weu",
            rules_version=1,
            resources=(resource("a"), resource("a")),
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "/subscriptions/2"},
        {"api_version": "2026-01-01"},
        {"body": {"name": "other"}},
        {"undo": Undo.KEEP},
        {"outputs": {"x": "y"}},
        {"ready": {"x": "y"}},
        {"after": frozenset({"b"})},
    ],
    ids=str,
)
def test_hash_covers_every_field(changes: dict[str, Any]) -> None:
    """A plan of another content has another hash."""
    others = (resource("b"), resource("c"))
    assert planned(resource("a", **changes), *others).hash != planned(resource("a"), *others).hash


def test_hash_survives_storage() -> None:
    """Read from its canonical form it is the same plan."""
    made = planned(resource("a", after=frozenset({"b", "c"})), resource("b"), resource("c"))
    read = Plan.model_validate_json(made.canonical)
    assert (read, read.hash) == (made, made.hash)


def test_steps_have_names_for_people() -> None:
    """All seven, all different."""
    assert len({step.title for step in Step}) == 7
