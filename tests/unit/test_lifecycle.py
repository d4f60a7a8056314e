"""The lifecycle table: what leads where, and what can never happen."""

import pytest

from landing_zone.errors import PermanentError
from landing_zone.lifecycle import (
    SETTLED,
    TRANSITIONS,
    TenantEvent,
    TenantState,
    allowed_events,
    next_state,
)

PAIRS = [(state, event) for state in TenantState for event in TenantEvent]


def reachable(
    start: TenantState, without: frozenset[TenantEvent] = frozenset()
) -> set[TenantState]:
    """Every state that a tenant can come to from one, where some events never happen."""
    found = {start}
    while (
        more := {
            end
            for (state, event), end in TRANSITIONS.items()
            if state in found and event not in without
        }
        - found
    ):
        found |= more
    return found


@pytest.mark.parametrize(
    "events",
    [
        ("admit", "complete", "active"),
        ("need-approval", "approve", "complete", "active"),
        ("need-approval", "reject", "offboarded"),
        ("need-approval", "expire", "offboarded"),
        ("admit", "fail", "failed"),
        ("admit", "fail", "re-request", "need-approval", "fail", "failed"),
        ("admit", "fail", "re-request", "requested"),
        ("admit", "complete", "update", "complete", "active"),
        ("admit", "complete", "update", "roll-back", "active"),
        ("admit", "complete", "update", "fail", "update", "complete", "active"),
        ("admit", "complete", "update", "suspend", "suspended"),
        ("admit", "complete", "update", "suspend", "resume", "complete", "active"),
        ("admit", "complete", "update", "suspend", "resume", "suspend", "suspended"),
        ("admit", "complete", "update", "suspend", "offboard", "finish-offboarding", "offboarded"),
        ("admit", "complete", "offboard", "fail", "offboard", "offboarding"),
        ("reject", "re-request", "requested"),
    ],
)
def test_life_leads_where_the_design_says(events: tuple[str, ...]) -> None:
    """Each life starts as requested; its last word is the state it comes to."""
    *happened, end = events
    state = TenantState.REQUESTED
    for event in happened:
        state = next_state(state, TenantEvent(event))
    assert state == end


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_event_leads_on_or_is_refused_with_what_is_allowed(
    state: TenantState, event: TenantEvent
) -> None:
    """There is no third outcome."""
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(PermanentError) as caught:
        next_state(state, event)
    assert caught.value.code == "InvalidTransition"
    assert state.value in caught.value.message
    assert all(allowed.value in caught.value.hint for allowed in allowed_events(state))


def test_every_state_can_be_reached_and_left() -> None:
    """No state is dead and none is a trap."""
    assert reachable(TenantState.REQUESTED) == set(TenantState)
    assert all(allowed_events(state) for state in TenantState)


def test_nothing_is_made_before_admission_or_approval() -> None:
    """No way round leads to resources.

    What waits for approval fails only where an earlier attempt, which was admitted, left something.
    """
    others = frozenset({TenantEvent.ADMIT, TenantEvent.APPROVE, TenantEvent.FAIL})
    assert reachable(TenantState.REQUESTED, without=others) == {
        TenantState.REQUESTED,
        TenantState.AWAITING_APPROVAL,
        TenantState.OFFBOARDED,
    }


def test_asking_again_is_the_only_way_from_failure_to_provisioning() -> None:
    """So that no onboarding passes an approval by."""
    leads = {event for (_, event), end in TRANSITIONS.items() if end is TenantState.PROVISIONING}
    assert leads == {TenantEvent.ADMIT, TenantEvent.APPROVE}
    assert TenantState.PROVISIONING not in {
        TRANSITIONS[TenantState.FAILED, event] for event in allowed_events(TenantState.FAILED)
    }


def test_every_event_is_in_the_table() -> None:
    """No event is only a word."""
    assert {event for _, event in TRANSITIONS} == set(TenantEvent)


def test_settled_states_are_left_by_request_only() -> None:
    """In a settled state nothing of ours is at work, so nothing completes, fails or expires."""
    ours = {
        TenantEvent.COMPLETE,
        TenantEvent.FAIL,
        TenantEvent.EXPIRE,
        TenantEvent.ROLL_BACK,
        TenantEvent.FINISH_OFFBOARDING,
    }
    assert not any(ours & set(allowed_events(state)) for state in SETTLED)
