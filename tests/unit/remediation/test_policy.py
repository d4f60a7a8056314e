"""Policies and exemptions: parsed with all faults at once, and what they cover."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from landing_zone.errors import ConfigurationError
from landing_zone.remediation.exemptions import EVERY_RULE, Exemption, exemption_for
from landing_zone.remediation.names import RULE_NAMES, RuleName
from landing_zone.remediation.policy import RemediationPolicy, parse_policy
from tests.fakes import NOON

GROUP = "/subscriptions/0c0ffee0-0000-4000-8000-000000000042/resourceGroups/rg-one"
RULE = RuleName.PUBLIC_IP


def test_without_a_document_everything_is_enforced() -> None:
    """An empty one is none."""
    assert parse_policy("") == parse_policy("{}") == RemediationPolicy()
    assert {RemediationPolicy().mode(rule) for rule in RULE_NAMES} == {"enforce"}


def test_document_is_read_whole() -> None:
    """Every setting under its own name."""
    policy = parse_policy(
        """
        defaultMode: observe
        modes: {public-ip: propose, required-tags: enforce}
        breaker: {fixes: 3, windowSeconds: 600, quietSeconds: 1200}
        attempts: 4
        serviceLevel: {seconds: 60, percentile: p99}
        """
    )
    assert policy.mode("public-ip") == "propose"
    assert policy.mode("required-tags") == "enforce"
    assert policy.mode("hub-drift") == "observe"
    assert (policy.breaker.fixes, policy.breaker.window_seconds) == (3, 600)
    assert (policy.breaker.quiet_seconds, policy.attempts) == (1200, 4)
    assert (policy.service_level.seconds, policy.service_level.percentile) == (60, "p99")


def test_all_faults_are_told_at_once() -> None:
    """Unknown rules, modes and settings, and numbers out of bounds."""
    text = """
        modes: {no-rule: enforce, public-ip: sometimes}
        breaker: {fixes: 0, patience: 3}
        attempts: many
        """
    with pytest.raises(ConfigurationError) as refused:
        parse_policy(text)
    for place in (
        "modes.no-rule",
        "modes.public-ip",
        "breaker.fixes",
        "breaker.patience",
        "attempts",
    ):
        assert place in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "- a",
        "7",
        "&a {x: *a}",
        "modes: {public-ip: enforce, public-ip: observe}",
        "x" * 300_000,
    ],
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    """With a reason that names the document."""
    with pytest.raises(ConfigurationError, match="remediation policy"):
        parse_policy(text)


@given(st.text(max_size=60))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    """Nothing else is raised."""
    try:
        policy = parse_policy(text)
    except ConfigurationError:
        return
    assert isinstance(policy, RemediationPolicy)


def exemption(**changes: Any) -> Exemption:
    """An exemption for an hour."""
    return Exemption.model_validate(
        {
            "id": "one",
            "rule": RULE,
            "scope": GROUP,
            "reason": "a migration",
            "by": "ann",
            "expires": NOON + timedelta(hours=1),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("resource", "covered"),
    [
        (GROUP, True),
        (f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/p", True),
        (GROUP.upper(), True),
        (f"{GROUP}/", True),
        (f"{GROUP}-two", False),
        (GROUP.rpartition("/resourceGroups/")[0], False),
    ],
)
def test_exemption_covers_what_stands_in_its_scope(resource: str, *, covered: bool) -> None:
    """By whole segments, and in any casing."""
    assert exemption().covers(RULE, resource, NOON) == covered


def test_exemption_ends() -> None:
    """At the moment that it names."""
    one = exemption()
    assert one.covers(RULE, GROUP, one.expires - timedelta(seconds=1))
    assert not one.covers(RULE, GROUP, one.expires)


def test_exemption_is_for_one_rule_or_for_every_one() -> None:
    """Never for another one."""
    assert not exemption().covers(RuleName.HUB_DRIFT, GROUP, NOON)
    assert exemption(rule=EVERY_RULE).covers(RuleName.HUB_DRIFT, GROUP, NOON)


def test_exemption_that_lasts_longest_is_told() -> None:
    """Whichever comes first."""
    longer = exemption(id="two", expires=NOON + timedelta(hours=2))
    for several in ([exemption(), longer], [longer, exemption()]):
        assert exemption_for(several, RULE, GROUP, NOON) == longer
    assert exemption_for([], RULE, GROUP, NOON) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"by": ""},
        {"scope": "everything"},
        {"scope": "/"},
        {"id": "a/b"},
        {"expires": "2026-03-14T12:00:00"},
        {"more": 1},
    ],
)
def test_exemption_without_reason_name_scope_or_end_is_refused(wrong: dict[str, Any]) -> None:
    """Nobody is exempt for ever, for no reason, or everywhere."""
    with pytest.raises(ValidationError):
        exemption(**wrong)
