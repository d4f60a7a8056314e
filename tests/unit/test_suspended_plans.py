"""The plan of a suspended tenant: what is closed of it, and that nothing else differs."""

from typing import Any

import pytest
from hypothesis import given, settings

from landing_zone.differences import Difference, differences
from landing_zone.plan import Plan, Resource, Write
from landing_zone.planning import plan
from landing_zone.planning.suspended import (
    API,
    COMPUTE,
    EGRESS,
    api_blocked,
    awake,
    in_plan,
    is_closing,
    is_reopened,
    powered,
    suspended,
)
from landing_zone.routes.data import bears_data
from tests.fakes import HUBS
from tests.unit.planned import HUB, reservation_for
from tests.unit.planned_whole import Planned, full_plans, wanting, whole_plan_of, whole_plans
from tests.unit.strategies import TIERS

CLOSED = frozenset((*API, *EGRESS, *COMPUTE))
CHANGED = {
    "api-product": {"state"},
    "api-subscription": {"state"},
    "hub:firewall": {"profiles", "fqdns"},
    "node-pool": {"enableAutoScaling", "count", "minCount", "maxCount"},
    "namespace": {"defaultResourceQuota", "defaultNetworkPolicy"},
    "gitops": {"suspend"},
    "cluster": {"powerState"},
}
"""What may differ of each resource, and of no other: written down here a second time."""


def changed(one: Resource, other: Resource) -> set[str]:
    """Names of the properties in which two bodies differ."""
    before, after = (item.body.get("properties", item.body) for item in (one, other))
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def without_body(item: Resource) -> dict[str, Any]:
    """All of a resource but what is sent of it, and how."""
    return item.model_dump(exclude={"body", "write"})


@given(whole_plans())
@settings(max_examples=60)
def test_only_what_is_closed_differs(drawn: Planned) -> None:
    """The same resources in the same order, with the same ids and edges; of some, a few properties.

    So data, networks, identities, endpoints, settings and the budget are as they were.
    """
    made = drawn[1]
    closed = suspended(made)
    assert (closed.tenant_id, closed.hub, closed.rules_version) == (
        made.tenant_id,
        made.hub,
        made.rules_version,
    )
    assert [without_body(item) for item in closed.resources] == [
        without_body(item) for item in made.resources
    ]
    for before, after in zip(made.resources, closed.resources, strict=True):
        found = changed(before, after)
        assert found <= CHANGED.get(before.key, set()), before.key
        assert not (found and bears_data(before)), before.key
        rest = {name: value for name, value in before.body.items() if name != "properties"}
        if "properties" in before.body:
            assert rest.items() <= after.body.items()


@given(whole_plans())
@settings(max_examples=60)
def test_everything_that_is_to_be_closed_is(drawn: Planned) -> None:
    """In each plan, as Azure calls it; and the plan has another hash."""
    made = drawn[1]
    closed = suspended(made)
    assert closed.hash != made.hash
    bodies = {key: closed.by_key[key].body for key in in_plan(closed, (*API, *EGRESS, *COMPUTE))}
    assert bodies["api-product"]["properties"]["state"] == "notPublished"
    assert bodies["api-subscription"]["properties"]["state"] == "suspended"
    assert (bodies["hub:firewall"]["profiles"], bodies["hub:firewall"]["fqdns"]) == ([], [])
    assert bodies["hub:firewall"]["sources"] == made.by_key["hub:firewall"].body["sources"]
    if "cluster" in bodies:
        assert closed.by_key["cluster"].write is Write.POWER
        assert bodies["cluster"]["properties"]["powerState"] == {"code": "Stopped"}
        # Of a stopped cluster nothing can be changed, its Flux neither.
        assert bodies.get("gitops") == (made.by_key["gitops"].body if "gitops" in bodies else None)
        return
    assert set(bodies["namespace"]["properties"]["defaultResourceQuota"].values()) == {"0m", "0Gi"}
    assert set(bodies["namespace"]["properties"]["defaultNetworkPolicy"].values()) == {"DenyAll"}
    if "gitops" in bodies:
        assert bodies["gitops"]["properties"]["suspend"] is True
    if "node-pool" in bodies:
        pool = bodies["node-pool"]["properties"]
        assert (pool["count"], pool["enableAutoScaling"], pool["mode"]) == (0, False, "User")
        assert not {"minCount", "maxCount"} & pool.keys()


@given(whole_plans())
@settings(max_examples=40)
def test_suspending_twice_is_suspending_once(drawn: Planned) -> None:
    """And the plan itself is what it was: what resumes makes it anew, of the same facts."""
    request, made = drawn
    hashed = made.hash
    closed = suspended(made)
    assert suspended(closed) == closed
    assert made.hash == hashed
    resumed = plan(request, HUBS, HUB, reservation_for(request))
    assert resumed == made
    assert suspended(resumed) == closed


@given(whole_plans())
@settings(max_examples=40)
def test_steps_between_change_one_thing_each(drawn: Planned) -> None:
    """The API's last door; the power of the cluster; how the cluster is written."""
    made = drawn[1]
    closed = suspended(made)
    assert differing(made, api_blocked(made)) == {"api-subscription"}
    assert suspended(api_blocked(made)) == closed
    own = {"cluster"} if "cluster" in made.by_key else set()
    assert differing(closed, awake(closed)) == own
    assert differing(closed, powered(closed, "Running")) == own
    assert powered(closed, "Stopped") == closed
    assert powered(awake(closed), "Stopped") == closed
    if own:
        assert awake(closed).by_key["cluster"] == made.by_key["cluster"]


def differing(one: Plan, other: Plan) -> set[str]:
    """Keys of the resources in which two plans differ."""
    assert one.by_key.keys() == other.by_key.keys()
    return {key for key in one.by_key if one.by_key[key] != other.by_key[key]}


@pytest.mark.parametrize("tier", TIERS)
def test_what_is_closed_is_known_by_the_plan(tier: str) -> None:
    """Nothing of an active tenant counts as closed; of a suspended one, each door in ARM does."""
    made = full_plans()[tier]
    closed = suspended(made)
    assert [item.key for item in made.resources if is_closing(item)] == []
    found = {item.key for item in closed.resources if is_closing(item)}
    expected = set(in_plan(closed, (*API, *COMPUTE)))
    assert found == expected - ({"gitops"} if tier == "cluster" else set())
    for key in found:
        before, after = made.by_key[key].body, closed.by_key[key].body
        opened = before | {"properties": {**before["properties"], "powerState": _running(key)}}
        assert is_reopened(closed.by_key[key], opened)
        assert not is_reopened(closed.by_key[key], after)


def _running(key: str) -> dict[str, str]:
    return {"code": "Running"} if key == "cluster" else {}


def test_a_tenant_without_egress_is_not_taken_for_suspended() -> None:
    """Its share of the firewall is nothing either way, and tells nothing."""
    made = whole_plan_of(wanting("namespace", egress={"profiles": [], "fqdns": []}))
    assert made.by_key["hub:firewall"].body["profiles"] == []
    assert not any(is_closing(item) for item in made.resources)


@pytest.mark.parametrize("tier", TIERS)
def test_the_way_there_is_seen_in_the_bodies(tier: str) -> None:
    """A dry run between the two forms names what a suspension changes, and nothing else."""
    made = full_plans()[tier]
    closed = suspended(made)
    found: dict[str, list[Difference]] = {
        item.key: list(differences(item.body, made.by_key[item.key].body))
        for item in closed.resources
    }
    assert {key for key, several in found.items() if several} <= CLOSED
