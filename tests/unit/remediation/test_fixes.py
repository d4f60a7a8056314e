"""Laws of fixes: what is fixed is as planned again, and nothing else has been touched."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.remediation.looking import shown_by_answer
from landing_zone.remediation.model import Fix, Violation
from landing_zone.remediation.names import RuleName
from tests.unit.remediation.drifts import DRIFTS, Drift, broken, route_to, rule_from
from tests.unit.remediation.estate import GROUNDS, World, world_of
from tests.unit.remediation.model_arm import Model, sorted_world

CLUSTERED = GROUNDS[2]
NAMES = [f"{number}-{drift.rule}" for number, drift in enumerate(DRIFTS)]
HARMLESS = rule_from("10.20.0.0/16", "from-inside", 300)
LOCAL = {**route_to("VnetLocal", "10.99.0.0/16"), "name": "local"}


def fixed(model: Model, found: tuple[Violation, ...]) -> None:
    """Make every write of every violation."""
    for one in found:
        model.fix(one)


def test_every_rule_that_writes_to_a_body_has_drifts() -> None:
    """The others have tests of their own."""
    assert {drift.rule for drift in DRIFTS} == set(RuleName) - {
        RuleName.PUBLIC_IP,
        RuleName.PRIVATE_ENDPOINT_DNS,
        RuleName.HUB_DRIFT,
        RuleName.MONITORING,
        RuleName.CROSS_TENANT_ROLE,
        RuleName.MISSING_RESOURCE,
        RuleName.SUSPENSION,
    }


@pytest.mark.parametrize("drift", DRIFTS, ids=NAMES)
def test_drift_is_found_by_its_rule_alone_and_put_right(drift: Drift) -> None:
    """With one read to find it, and what is there afterwards is what was planned."""
    world = world_of(CLUSTERED)
    model = Model(copy.deepcopy(world))
    key = broken(model.world, CLUSTERED, drift)
    looked = model.look(CLUSTERED, key)
    assert {one.rule for one in looked.violations} == {str(drift.rule)}
    assert looked.reads == 1
    fixed(model, looked.violations)
    assert model.look(CLUSTERED, key).violations == ()
    assert sorted_world(model.world) == sorted_world(world)


def extras(body: dict[str, Any]) -> None:
    """What others may add to a resource, and a fix leaves alone."""
    body.setdefault("tags", {})["someone-elses"] = "kept"
    body.setdefault("properties", {})["aNewFeature"] = {"of": ["azure"]}
    for name, child in (("securityRules", HARMLESS), ("routes", LOCAL)):
        if name in body["properties"]:
            added = {**copy.deepcopy(child), "id": f"{body['id']}/{name}/{child['name']}"}
            body["properties"][name].append(added)
    for subnet in body["properties"].get("subnets", ()):
        subnet["properties"]["serviceEndpoints"] = [{"service": "Microsoft.Storage"}]


def drawn_drifts() -> st.SearchStrategy[list[Drift]]:
    """Several drifts of one type of resource, any of which may undo another."""
    kinds = sorted({drift.kind for drift in DRIFTS})
    return st.sampled_from(kinds).flatmap(
        lambda kind: st.lists(
            st.sampled_from([drift for drift in DRIFTS if drift.kind == kind]),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )


def made(drifts: list[Drift]) -> tuple[World, Model, str]:
    """A world with extras, the same with drifts, and what is broken in it."""
    world = world_of(CLUSTERED)
    key = next(key for key, item in CLUSTERED.plan.items() if item.type.lower() == drifts[0].kind)
    extras(world[key])
    model = Model(copy.deepcopy(world))
    for drift in drifts:
        broken(model.world, CLUSTERED, drift)
    return world, model, key


@given(drawn_drifts())
@settings(max_examples=150, deadline=None)
def test_several_drifts_at_once_are_put_right_and_nothing_else_is_touched(
    drifts: list[Drift],
) -> None:
    """Tags, rules, routes and properties that others added survive."""
    world, model, key = made(drifts)
    fixed(model, model.look(CLUSTERED, key).violations)
    assert model.look(CLUSTERED, key).violations == ()
    assert _tagless(sorted_world(model.world), key) == _tagless(sorted_world(world), key)


def _tagless(world: World, key: str) -> World:
    """Tags that a drift took away altogether are not for a fix to know."""
    tags = world[key].pop("tags")
    assert tags["tenantId"]
    return world


def test_a_fix_says_by_its_own_answer_that_tags_are_there() -> None:
    """Two calls in all: one read, one merge."""
    model = Model(world_of(CLUSTERED))
    tags = [drift for drift in DRIFTS if drift.rule is RuleName.REQUIRED_TAGS]
    key = broken(model.world, CLUSTERED, tags[0])
    looked = model.look(CLUSTERED, key)
    (violation,) = looked.violations
    answer = model.fix(violation)
    assert (looked.reads, len(model.writes)) == (1, 1)
    assert shown_by_answer(violation, answer)
    assert not shown_by_answer(violation, {"properties": {"tags": {}}})
    assert not shown_by_answer(violation, None)


def test_merge_of_tags_names_those_that_are_wrong_and_no_others() -> None:
    """A tag that someone adds meanwhile is in no write."""
    model = Model(world_of(CLUSTERED))
    key = next(key for key in model.world if key.endswith("rg-tenant-3-network"))
    model.world[key]["tags"] |= {"owner": "me@elsewhere.com", "note": "mine"}
    (violation,) = model.look(CLUSTERED, key).violations
    assert isinstance(violation.fix, Fix)
    (write,) = violation.fix.writes
    assert write.body == {
        "operation": "Merge",
        "properties": {"tags": {"owner": "t3@contoso.com"}},
    }


def test_tag_that_is_spelled_otherwise_is_the_same_tag() -> None:
    """Names of tags compare without regard to case; values do not."""
    model = Model(world_of(CLUSTERED))
    key = next(key for key in model.world if key.endswith("rg-tenant-3-network"))
    tags = model.world[key]["tags"]
    tags["COSTCENTER"] = tags.pop("costCenter")
    assert model.look(CLUSTERED, key).violations == ()
    tags["COSTCENTER"] = tags["COSTCENTER"].lower()
    assert len(model.look(CLUSTERED, key).violations) == 1
