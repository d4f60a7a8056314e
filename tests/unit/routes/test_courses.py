"""Kinds of operations and the table of lives fit together."""

import pytest

from landing_zone.lifecycle import SETTLED, TRANSITIONS, TenantEvent, TenantState
from landing_zone.routes.courses import BEGINNINGS, TO_PLANS, UNDER_WAY, ending, state_of
from landing_zone.work import Kind

COURSES = sorted(BEGINNINGS)
WITHOUT = {Kind.ONBOARD, Kind.CLEAN_UP}


def test_every_kind_has_a_course_or_changes_no_state() -> None:
    """Onboarding has a course of its own; a clean-up leaves the tenant as it is."""
    assert set(BEGINNINGS) == set(Kind) - WITHOUT
    assert ending(Kind.CLEAN_UP, ok=True, is_back=False) is None


@pytest.mark.parametrize("kind", COURSES)
def test_each_kind_begins_somewhere_and_is_then_under_way(kind: Kind) -> None:
    """From settled states only."""
    starts = {state for state, event in TRANSITIONS if event is BEGINNINGS[kind]}
    assert starts
    assert starts <= SETTLED
    assert {TRANSITIONS[state, BEGINNINGS[kind]] for state in starts} <= UNDER_WAY


def under_way(kind: Kind) -> TenantState:
    """The state in which a kind of operation is at work."""
    [found] = {end for (_, event), end in TRANSITIONS.items() if event is BEGINNINGS[kind]}
    return found


@pytest.mark.parametrize("kind", COURSES)
@pytest.mark.parametrize(("ok", "is_back"), [(True, False), (False, True), (False, False)])
def test_each_kind_can_end_in_each_way(kind: Kind, *, ok: bool, is_back: bool) -> None:
    """From where it is at work to a settled state, by the table of lives."""
    event = ending(kind, ok=ok, is_back=is_back)
    assert event is not None
    assert TRANSITIONS[under_way(kind), event] in SETTLED


@pytest.mark.parametrize("kind", COURSES)
def test_kind_that_ends_well_has_reached_what_it_is_for(kind: Kind) -> None:
    """The state that whoever asks for it again finds it in."""
    event = ending(kind, ok=True, is_back=False)
    assert event is not None
    assert TRANSITIONS[under_way(kind), event] is state_of(kind)


@pytest.mark.parametrize("kind", sorted(TO_PLANS | {Kind.SUSPEND, Kind.RESUME}))
def test_what_came_back_is_where_it_was(kind: Kind) -> None:
    """An update that is taken back leaves the tenant active; a resume, suspended."""
    event = ending(kind, ok=False, is_back=True)
    assert event is not None
    came_from = TenantState.SUSPENDED if kind is Kind.RESUME else TenantState.ACTIVE
    assert TRANSITIONS[came_from, BEGINNINGS[kind]] is under_way(kind)
    assert TRANSITIONS[under_way(kind), event] is came_from


@pytest.mark.parametrize("kind", COURSES)
def test_what_came_only_half_way_has_failed(kind: Kind) -> None:
    """Somebody has to look."""
    assert ending(kind, ok=False, is_back=False) is TenantEvent.FAIL
