"""Findings, the breaker, and what is decided about a violation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.errors import PermanentError
from landing_zone.remediation.breaker import BreakerPolicy, breaker_state, within_window
from landing_zone.remediation.decide import Decision, decide
from landing_zone.remediation.exemptions import Exemption
from landing_zone.remediation.findings import (
    TRANSITIONS,
    Finding,
    FindingEvent,
    FindingState,
    approved,
    failed,
    finding_key,
    fixed,
    next_state,
    reset,
    seen,
)
from landing_zone.remediation.kinds import Target
from landing_zone.remediation.looking import about, belongs, vanished
from landing_zone.remediation.model import ByHand, Fix, HubRefresh, Remedy, Violation, Write
from landing_zone.remediation.names import RULE_NAMES, RuleName
from landing_zone.remediation.owners import Owner
from landing_zone.remediation.policy import RemediationPolicy
from tests.fakes import NOON

RESOURCE = "/subscriptions/0c0ffee0-0000-4000-8000-000000000042/resourcegroups/rg-one"
RULE = RuleName.REQUIRED_TAGS
OWNER = Owner(kind="tenant", name="contoso", hub="hub-weu")
BREAKER = BreakerPolicy(fixes=3, window_seconds=600, quiet_seconds=1200)
POLICY = RemediationPolicy(breaker=BREAKER)
FIX = Fix(writes=(Write(method="DELETE", path=RESOURCE, api_version="1"),))


def after(seconds: float) -> datetime:
    """A time after noon."""
    return NOON + timedelta(seconds=seconds)


def violation(fix: Remedy = FIX, **changes: Any) -> Violation:
    """A violation of the resource."""
    values = {"rule": RULE, "resource_id": RESOURCE, "detail": "wrong", "fix": fix}
    return Violation.model_validate({**values, **changes})


def found(
    before: Finding | None = None, event: FindingEvent = FindingEvent.ENFORCE, at: float = 0
) -> Finding:
    """The finding once it has been seen."""
    return seen(
        before,
        owner=OWNER,
        resource_id=RESOURCE.upper(),
        rule=RULE,
        event=event,
        event_time=after(at),
        now=after(at),
        detail="wrong",
    )


def test_key_of_a_finding_is_the_same_for_every_spelling() -> None:
    """And another one for another rule or resource."""
    key = finding_key(RESOURCE, RULE)
    assert key == finding_key(RESOURCE.upper(), RULE) == found().key
    assert len({key, finding_key(RESOURCE, "other"), finding_key(f"{RESOURCE}x", RULE)}) == 3
    assert len(key) == 40


def test_what_a_look_decides_is_possible_in_every_state() -> None:
    """A look at what is there now overrules what was known before."""
    looked = set(FindingEvent) - {FindingEvent.FIX, FindingEvent.APPROVE, FindingEvent.RESET}
    for state in FindingState:
        assert {event for start, event in TRANSITIONS if start is state} >= looked


def test_every_state_is_reached() -> None:
    """And none is left out of the table."""
    assert set(TRANSITIONS.values()) == set(FindingState)


def test_what_has_no_place_is_refused() -> None:
    """A fix of ours ends only what was being fixed; nobody approves what was not proposed."""
    for state, event in (
        (FindingState.PARKED, FindingEvent.FIX),
        (FindingState.OPEN, FindingEvent.APPROVE),
        (FindingState.OPEN, FindingEvent.RESET),
    ):
        with pytest.raises(PermanentError) as refused:
            next_state(state, event)
        assert refused.value.code == "InvalidTransition"


def test_life_of_a_finding() -> None:
    """Seen, failed, parked, reset, fixed, and seen anew."""
    one = failed(found(), "429", parked=False)
    assert (one.state, one.attempts, one.error) == (FindingState.OPEN, 1, "429")
    one = failed(one, "403", parked=True, advice="grant the role")
    assert (one.state, one.attempts, one.advice) == (FindingState.PARKED, 2, "grant the role")
    one = reset(one)
    assert (one.state, one.attempts, one.error) == (FindingState.OPEN, 0, "")
    one = fixed(one, BREAKER, after(5))
    assert (one.state, one.fixed_at, one.fix_times) == (FindingState.FIXED, after(5), (after(5),))
    assert one.is_over
    again = found(one, at=60)
    assert (again.first_seen, again.event_time, again.attempts) == (after(60), after(60), 0)
    assert again.fix_times == (after(5),)
    assert Finding.parse(again.dump()) == again


def test_time_of_the_event_is_that_of_the_first_sight() -> None:
    """A second event about the same drift does not make it younger."""
    assert found(found(), at=30).event_time == NOON


def test_what_somebody_else_put_right_is_no_fix_of_ours() -> None:
    """The breaker does not count it, whatever state it was in."""
    for event in (FindingEvent.PARK, FindingEvent.PROPOSE, FindingEvent.TRIP):
        one = fixed(found(event=event), BREAKER, after(5), by_us=False)
        assert (one.state, one.fix_times) == (FindingState.FIXED, ())


# The breaker.


def test_breaker_trips_at_the_configured_number_of_fixes() -> None:
    """Within its window."""
    times: list[datetime] = []
    for number in range(3):
        assert breaker_state(BREAKER, times, after(number * 10)) == "closed"
        times.append(after(number * 10))
    assert breaker_state(BREAKER, times, after(30)) == "tripped"
    assert breaker_state(BREAKER, times, after(600)) == "closed"


@given(st.lists(st.floats(-2000, 2000), max_size=30), st.floats(-100, 100))
def test_breaker_remembers_as_many_fixes_as_it_counts(offsets: list[float], now: float) -> None:
    """A fight of a year makes no finding long, and what is left gives the same state."""
    times = [after(one) for one in offsets]
    kept = within_window(BREAKER, times, after(now))
    assert len(kept) <= BREAKER.fixes
    assert list(kept) == sorted(kept)
    state = breaker_state(BREAKER, times, after(now))
    assert breaker_state(BREAKER, kept, after(now)) == state
    assert within_window(BREAKER, kept, after(now)) == kept


def test_tripped_breaker_closes_once_it_has_been_quiet() -> None:
    """Counted from when the drift was last seen; what was fixed before counts no more."""
    times = [after(0), after(1), after(2)]
    tripped: dict[str, Any] = {"tripped_at": after(3)}
    assert breaker_state(BREAKER, times, after(1000), **tripped) == "tripped"
    assert breaker_state(BREAKER, times, after(1203), **tripped) == "closed"
    assert breaker_state(BREAKER, times, after(1203), **tripped, last_seen=after(500)) == "tripped"


def fight(rounds: int, apart: float) -> list[str]:
    """What is decided each time that someone breaks the resource again."""
    known: Finding | None = None
    actions: list[str] = []
    for number in range(rounds):
        now = after(number * apart)
        findings = {known.key: known} if known else {}
        (decision,) = decide([violation()], findings, [], POLICY, now)
        actions.append(decision.action)
        event = FindingEvent.TRIP if decision.action == "tripped" else FindingEvent.ENFORCE
        known = found(known, event, number * apart)
        if decision.action == "enforce":
            known = fixed(known, BREAKER, now)
    return actions


def test_fight_trips_the_breaker_and_goes_on_being_reported() -> None:
    """As long as it goes on, no further fix is made."""
    assert fight(8, apart=10) == ["enforce"] * 3 + ["tripped"] * 5


def test_slow_fight_is_none() -> None:
    """Drift that comes back once in a long while is put right each time."""
    assert fight(8, apart=400) == ["enforce"] * 8


def test_reset_lets_the_fix_be_tried_again() -> None:
    """A person has found the other one."""
    tripped = found(
        found().model_copy(update={"fix_times": (NOON, after(1), after(2))}), FindingEvent.TRIP, 3
    )
    assert tripped.tripped_at == after(3)
    one = reset(tripped)
    (decision,) = decide([violation()], {one.key: one}, [], POLICY, after(4))
    assert (one.tripped_at, decision.action) == (None, "enforce")


# Decisions.


def exempt(rule: str = RULE) -> Exemption:
    """An exemption that holds."""
    return Exemption(
        id="one", rule=rule, scope=RESOURCE, reason="a test", by="ann", expires=after(3600)
    )


def decided(fix: Remedy = FIX, mode: str = "enforce", *exemptions: Exemption) -> Decision:
    """What is decided about one violation."""
    policy = POLICY.model_copy(update={"modes": {RULE: mode}})
    (decision,) = decide([violation(fix)], {}, exemptions, policy, NOON)
    return decision


def test_approved_proposal_is_made_once() -> None:
    """What breaks again is proposed again."""
    policy = POLICY.model_copy(update={"modes": {RULE: "propose"}})
    one = found(event=FindingEvent.PROPOSE)
    (before,) = decide([violation()], {one.key: one}, [], policy, NOON)
    one = approved(one, "ann")
    (after_it,) = decide([violation()], {one.key: one}, [], policy, NOON)
    one = found(fixed(found(one), BREAKER, after(5)), FindingEvent.PROPOSE, 60)
    (again,) = decide([violation()], {one.key: one}, [], policy, after(60))
    assert [before.action, after_it.action, again.action] == ["propose", "enforce", "propose"]
    assert one.approved_by == ""


BY_HAND = ByHand(advice="do it")
REFRESH = HubRefresh(hub="hub-weu", lane="firewall")


@pytest.mark.parametrize(
    ("fix", "mode", "action"),
    [
        (FIX, "enforce", "enforce"),
        (FIX, "propose", "propose"),
        (FIX, "observe", "observe"),
        (REFRESH, "enforce", "enforce"),
        (REFRESH, "propose", "propose"),
        (REFRESH, "observe", "observe"),
        (BY_HAND, "enforce", "park"),
        (BY_HAND, "propose", "park"),
        (BY_HAND, "observe", "observe"),
    ],
)
def test_mode_decides(fix: Remedy, mode: str, action: str) -> None:
    """What no write puts right is left to a person, unless it is only observed."""
    decision = decided(fix, mode)
    assert decision.action == action
    assert bool(decision.advice) == (action in {"park", "propose"})
    assert Decision.parse(decision.dump()) == decision


@pytest.mark.parametrize("fix", [FIX, REFRESH, BY_HAND])
@pytest.mark.parametrize("mode", ["enforce", "propose", "observe"])
def test_exemption_comes_before_everything(fix: Remedy, mode: str) -> None:
    """And its reason is told; one for another rule changes nothing."""
    decision = decided(fix, mode, exempt())
    assert decision.action == "exempt"
    assert "a test" in decision.reason
    assert decided(fix, mode, exempt("hub-drift")) == decided(fix, mode)


def remedies() -> st.SearchStrategy[Remedy]:
    """Each kind of remedy."""
    return st.sampled_from([FIX, REFRESH, BY_HAND])


@given(
    st.lists(st.tuples(st.sampled_from(RULE_NAMES), remedies()), max_size=5),
    st.sampled_from(["enforce", "propose", "observe"]),
    st.booleans(),
)
def test_every_violation_gets_one_decision(
    drawn: Sequence[tuple[str, Remedy]],
    mode: str,
    exempted: bool,
) -> None:
    """In the order of the violations, and the same one each time."""
    violations = [violation(fix, rule=rule) for rule, fix in drawn]
    policy = RemediationPolicy(default_mode=mode)
    exemptions = [exempt("*")] if exempted else []
    decisions = decide(violations, {}, exemptions, policy, NOON)
    assert [one.violation for one in decisions] == violations
    assert decisions == decide(violations, {}, exemptions, policy, NOON)


# Looks.

TARGET = Target(RESOURCE, "microsoft.resources/resourcegroups")
LOCK = f"{RESOURCE}/providers/microsoft.insights/diagnosticsettings/x"


def test_look_goes_back_to_what_was_wrong_before() -> None:
    """A deleted setting is told of by one event, and looked at until it is there."""
    one = found().model_copy(update={"resource_id": LOCK})
    over = fixed(one, BREAKER, NOON)
    assert about(["a", ""], [one, over]) == {"a", LOCK}
    assert belongs(one, TARGET)
    assert not belongs(found().model_copy(update={"resource_id": f"{RESOURCE}-two"}), TARGET)


def test_finding_that_a_look_does_not_find_again_has_vanished() -> None:
    """Others stay, and those of other resources are not touched."""
    here, setting = found(), found().model_copy(update={"resource_id": LOCK})
    elsewhere = found().model_copy(
        update={"resource_id": f"{RESOURCE}/providers/microsoft.keyvault/vaults/v"}
    )
    known = [here, setting, elsewhere, fixed(here, BREAKER, NOON)]
    assert vanished(TARGET, known, [violation()]) == (setting,)
    assert vanished(TARGET, known, []) == (here, setting)
