"""What Hypothesis draws of drift: events, findings and decisions about parts of one resource."""

from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from landing_zone.drift.rows import SeenEvent
from landing_zone.remediation.decide import Action, Decision
from landing_zone.remediation.findings import Finding, FindingState
from landing_zone.remediation.model import ByHand, Violation
from landing_zone.remediation.names import RULE_NAMES
from landing_zone.remediation.owners import Owner
from tests.fakes import NOON

RESOURCE: Final = (
    "/subscriptions/0c0ffee0-0000-4000-8000-000000000042/resourcegroups/rg-a"
    "/providers/microsoft.network/virtualnetworks/vnet"
)
PARTS: Final = (RESOURCE, f"{RESOURCE}/subnets/a", f"{RESOURCE}/subnets/b")
OWNER: Final = Owner(kind="tenant", name="contoso", hub="hub-weu")
ACTIONS: Final[tuple[Action, ...]] = (
    "enforce",
    "propose",
    "observe",
    "exempt",
    "tripped",
    "park",
)


def times() -> st.SearchStrategy[datetime]:
    """Times around noon."""
    return st.integers(-10_000, 10_000).map(lambda seconds: NOON + timedelta(seconds=seconds))


def events() -> st.SearchStrategy[SeenEvent]:
    """Events about the resource's parts, some of which have the same id."""
    return st.builds(
        SeenEvent,
        id=st.integers(0, 50).map(str),
        at=times(),
        subject=st.sampled_from([*PARTS, *(part.upper() for part in PARTS)]),
    )


def finding(state: FindingState = FindingState.OPEN, **changes: Any) -> Finding:
    """A finding about the resource."""
    values: dict[str, Any] = {
        "owner": OWNER,
        "resource_id": RESOURCE,
        "rule": RULE_NAMES[0],
        "state": state,
        "first_seen": NOON,
        "last_seen": NOON,
        "event_time": NOON,
    }
    return Finding.model_validate({**values, **changes})


def findings() -> st.SearchStrategy[tuple[Finding, ...]]:
    """Findings of several rules and parts, each of another key."""
    one = st.builds(
        finding,
        st.sampled_from(FindingState),
        resource_id=st.sampled_from(PARTS),
        rule=st.sampled_from(RULE_NAMES),
        attempts=st.integers(0, 9),
        event_time=times(),
    )
    return st.lists(one, max_size=6, unique_by=lambda found: found.key).map(tuple)


def decision(action: Action = "enforce", resource: str = RESOURCE, rule: str = "") -> Decision:
    """What is done about a violation."""
    fix = ByHand(advice="see to it")
    broken = Violation.model_validate(
        {"rule": rule or RULE_NAMES[0], "resource_id": resource, "detail": "wrong", "fix": fix}
    )
    return Decision(violation=broken, action=action, advice="see to it")


def decisions() -> st.SearchStrategy[tuple[Decision, ...]]:
    """Decisions about violations, each of another one."""
    one = st.builds(
        decision, st.sampled_from(ACTIONS), st.sampled_from(PARTS), st.sampled_from(RULE_NAMES)
    )
    return st.lists(
        one, max_size=6, unique_by=lambda made: (made.violation.resource_id, made.violation.rule)
    ).map(tuple)
