"""What a look means for what was found before."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.drift import cases
from landing_zone.drift.cases import Findings
from landing_zone.drift.rows import SeenEvent, new_row
from landing_zone.drift.tallies import summed
from landing_zone.remediation.breaker import BreakerPolicy
from landing_zone.remediation.decide import Decision
from landing_zone.remediation.findings import FindingState, finding_key
from landing_zone.remediation.owners import Owner
from tests.fakes import NOON
from tests.unit.drift.drawn import (
    ACTIONS,
    OWNER,
    PARTS,
    RESOURCE,
    decision,
    decisions,
    events,
    finding,
    findings,
)

S = FindingState
BREAKER = BreakerPolicy()
LATER = NOON + timedelta(seconds=90)
STATES = dict(
    zip(ACTIONS, (S.OPEN, S.PROPOSED, S.OBSERVED, S.EXEMPT, S.TRIPPED, S.PARKED), strict=True)
)


def keys_of(made: tuple[Decision, ...]) -> set[str]:
    """Keys of what decisions are about."""
    return {finding_key(one.violation.resource_id, one.violation.rule) for one in made}


@given(findings(), decisions())
def test_a_look_leaves_alone_what_it_did_not_find(
    before: Findings, made: tuple[Decision, ...]
) -> None:
    """Findings of other rules and parts are as they were; each violation has one."""
    after = cases.by_key(cases.looked(before, made, OWNER, NOON, LATER))
    known = cases.by_key(before)
    assert set(after) == set(known) | keys_of(made)
    for key in set(known) - keys_of(made):
        assert after[key] == known[key]


@given(findings(), decisions())
def test_what_a_look_decides_is_what_is_known(before: Findings, made: tuple[Decision, ...]) -> None:
    """Whatever was known; the same look again changes nothing more."""
    after = cases.looked(before, made, OWNER, NOON, LATER)
    for one in made:
        found = cases.by_key(after)[finding_key(one.violation.resource_id, one.violation.rule)]
        assert (found.state, found.last_seen) == (STATES[one.action], LATER)
        assert (found.detail, found.advice) == ("wrong", "see to it")
    assert cases.looked(after, made, OWNER, NOON, LATER) == after


@given(findings(), decisions())
def test_what_a_look_does_not_find_is_over(before: Findings, made: tuple[Decision, ...]) -> None:
    """What it finds, and what was over, is as it was; only what was open was our own fix."""
    after = cases.by_key(cases.closed(before, made, BREAKER, LATER))
    assert len(after) == len(before)
    for one in before:
        found = after[one.key]
        if one.is_over or one.key in keys_of(made):
            assert found == one
            continue
        assert (found.state, found.fixed_at) == (S.FIXED, LATER)
        assert bool(found.fix_times) == (one.state is S.OPEN)


@given(findings(), st.sampled_from(PARTS))
def test_parking_touches_only_what_was_open(before: Findings, resource: str) -> None:
    """Where nothing was, one finding stands for the resource."""
    otherwise = finding(resource_id=resource, rule=cases.UNJUDGED)
    after = cases.by_key(cases.parked(before, "no role", "give it", otherwise=otherwise))
    were_open = {one.key for one in before if one.state is S.OPEN} or {otherwise.key}
    for one in before:
        if one.key not in were_open:
            assert after[one.key] == one
    for key in were_open:
        found = after[key]
        assert (found.state, found.error, found.advice) == (S.PARKED, "no role", "give it")
    assert set(after) == {one.key for one in before} | were_open


def test_what_stands_for_a_resource_is_parked_once() -> None:
    """However often it cannot be looked at."""
    otherwise = finding(rule=cases.UNJUDGED)
    once = cases.parked((), "no", "", otherwise=otherwise)
    again = cases.parked(once, "no", "", otherwise=otherwise)
    assert again == once


def test_that_it_can_be_looked_at_again_is_no_fix() -> None:
    """It is in no service level, and the breaker does not count it."""
    (ended,) = cases.closed((finding(rule=cases.UNJUDGED),), (), BREAKER, LATER)
    assert (ended.state, ended.fix_times, cases.tally_of(ended)) == (S.FIXED, (), {})


@given(events())
def test_what_could_not_be_looked_at_has_a_finding_of_its_own(event: SeenEvent) -> None:
    """Since the change that it is about."""
    row = new_row(RESOURCE, OWNER, event, NOON)
    found = cases.unjudged(row, OWNER, LATER)
    assert (found.rule, found.state) == (cases.UNJUDGED, S.OPEN)
    assert (found.event_time, found.first_seen) == (row.first_at, LATER)


@given(findings(), decisions())
def test_what_has_changed_is_what_has_another_state(
    before: Findings, made: tuple[Decision, ...]
) -> None:
    """Or is new, or has begun anew."""
    after = cases.looked(before, made, OWNER, NOON, LATER)
    fresh = cases.changed(before, after)
    assert cases.changed(after, after) == ()
    known = cases.by_key(before)
    for one in after:
        as_before = one.key in known and known[one.key].state is one.state
        assert (one in fresh) == (not as_before)


@pytest.mark.parametrize("seconds", [0.5, 3.0, 3600.0])
def test_a_fix_of_ours_is_counted_with_its_time(seconds: float) -> None:
    """Which service levels are made of; tallies of two fixes add up."""
    at = NOON + timedelta(seconds=seconds)
    ours = finding(S.FIXED, fixed_at=at, fix_times=(at,))
    tally = cases.tally_of(ours)
    assert tally[f"fixed:{ours.rule}"] == 1
    levels = cases.levels_of(summed([tally, tally]))
    assert levels.rules[ours.rule].count == 2
    assert levels.rules[ours.rule].p50 == pytest.approx(seconds, rel=0.02)


def test_what_went_by_itself_is_not_counted() -> None:
    """Nor is a time that clocks made negative below zero."""
    assert cases.tally_of(finding(S.FIXED, fixed_at=LATER)) == {}
    assert cases.seconds_to_fix(finding(S.FIXED, fixed_at=NOON, event_time=LATER)) == 0
    assert cases.seconds_to_fix(finding()) == 0


@pytest.mark.parametrize("state", sorted(set(S) - {S.FIXED}))
def test_another_end_is_counted_by_its_rule(state: FindingState) -> None:
    """One of each."""
    one = finding(state)
    assert cases.tally_of(one) == {f"{state}:{one.rule}": 1}


def test_counters_of_events_are_no_service_levels() -> None:
    """Of all that is counted, only the times of fixes are."""
    assert cases.levels_of({"handled": 3, "fixed:public-ip": 2, "refused:x: y": 1}).rules == {}


def test_an_end_is_audited_once_for_each_run() -> None:
    """The same look again is the same entry; the next one that ends so is another."""
    parked = finding(S.PARKED, error="no role")
    one = cases.entry_of(parked, "drift-1", NOON)
    again = cases.entry_of(parked, "drift-1", LATER)
    other = cases.entry_of(parked, "drift-2", LATER)
    assert one is not None
    assert again is not None
    assert other is not None
    assert one.event_id == again.event_id != other.event_id
    assert (one.tenant_id, one.action, one.details["error"]) == (
        OWNER.name,
        "drift.parked",
        "no role",
    )


def test_a_fix_is_audited_with_its_time() -> None:
    """While it is being made, it is not."""
    entry = cases.entry_of(finding(S.FIXED, fixed_at=LATER), "drift-1", LATER)
    assert entry is not None
    assert entry.details["seconds"] == "90.000"
    assert cases.entry_of(finding(), "drift-1", NOON) is None


def test_entry_says_what_the_finding_was_and_who_approved_its_fix() -> None:
    """Of one that is new there is nothing to say."""
    over = finding(S.FIXED, fixed_at=LATER)
    entry = cases.entry_of(over, "drift-1", LATER, finding(approved_by="ann"))
    assert entry is not None
    assert (entry.details["before"], entry.details["approvedBy"]) == ("open", "ann")
    new = cases.entry_of(over, "drift-1", LATER)
    assert new is not None
    assert not {"before", "approvedBy"} & new.details.keys()


def test_a_hubs_chain_is_no_tenants() -> None:
    """No tenant's id has a colon in it."""
    assert ":" in cases.chain_of(Owner(kind="hub", name="hub-weu", hub="hub-weu"))
    assert cases.chain_of(OWNER) == "contoso"


def test_a_decision_about_the_resource_begins_a_finding() -> None:
    """At the time of the change that led to the look."""
    (found,) = cases.looked((), [decision("propose")], OWNER, NOON, LATER)
    assert (found.event_time, found.first_seen, found.state) == (NOON, LATER, S.PROPOSED)
