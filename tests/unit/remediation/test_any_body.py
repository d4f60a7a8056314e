"""Whatever ARM answers, rules judge it."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.remediation.ground import Ground
from landing_zone.remediation.kinds import KINDS
from landing_zone.remediation.model import Facts
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.rules import RULES, missing_reads, rules_for
from tests.unit.remediation.estate import (
    DIRECTORY,
    GROUNDS,
    HUB_GROUND,
)
from tests.unit.remediation.ruled import (
    SUBSCRIPTION,
)
from tests.unit.strategies import json_values

ROLE = "providers/microsoft.authorization/roleassignments/03fc7067-1fef-5261-b623-c0d0fe9c23d6"


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Bodies that have the shape of a resource, and anything in it."""
    names = ["subnets", "securityRules", "routes", "virtualNetworkPeerings", "networkAcls"]
    more = ["publicNetworkAccess", "privateLinkServiceConnections", "apiServerAccessProfile"]
    inner = st.dictionaries(st.sampled_from([*names, *more, "principalId"]), json_values())
    children = st.lists(
        st.fixed_dictionaries(
            {}, optional={"id": json_values(), "name": json_values(), "properties": inner}
        )
    )
    properties = st.dictionaries(
        st.sampled_from([*names, *more]), st.one_of(children, json_values())
    )
    shape = {"properties": st.one_of(properties, json_values()), "tags": json_values()}
    drawn: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=shape))
    return drawn


@given(
    st.sampled_from(sorted(KINDS)), bodies(), json_values(), st.sampled_from([*GROUNDS, HUB_GROUND])
)
@settings(max_examples=100, deadline=None)
def test_no_body_makes_a_rule_fail(
    kind: str, body: dict[str, Any], answer: Any, ground: Ground
) -> None:
    """A rule that raises would let one odd resource stop a sweep."""
    key = f"{SUBSCRIPTION}/resourcegroups/x/providers/{kind}/y"
    about = frozenset({f"{key}/{ROLE}", *list(DIRECTORY.records)[:1]})
    facts = Facts(key, kind, body, ground, about)
    for _ in range(3):
        asked = missing_reads(facts)
        facts = replace(facts, answers={**facts.answers, **dict.fromkeys(asked, answer)})
    for rule in rules_for(kind):
        for one in rule.evaluate(facts):
            assert one.rule == rule.name
            assert one.detail


def test_names_of_rules_are_unique_and_known() -> None:
    """Each of them exists once."""
    assert sorted(rule.name for rule in RULES) == sorted(RuleName)
