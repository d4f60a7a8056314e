"""Asking for operations: whatever is asked for is begun, waits, is so already, or is refused."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.asking import (
    MOST_QUEUED,
    MOST_REASONS,
    Answer,
    Begun,
    Queued,
    Same,
    ask,
    latest_request,
    with_following,
)
from landing_zone.ends import OpenWork
from landing_zone.errors import PermanentError
from landing_zone.intake.replies import Reply
from landing_zone.lifecycle import SETTLED, TenantState, next_state
from landing_zone.routes.courses import BEGINNINGS
from landing_zone.tenants import TenantRecord, new_tenant
from landing_zone.work import Kind, Work
from tests.fakes import NOON, example_request

REQUEST: Final = example_request()
CENTRES: Final = [example_request(costCenter=f"CC-{number}") for number in range(4)]
LATER: Final = NOON.replace(hour=13)
STATES: Final = sorted(TenantState)
ASKED: Final = sorted(set(Kind) - {Kind.ONBOARD})


def tenant(state: TenantState = TenantState.ACTIVE, **changes: Any) -> TenantRecord:
    """A tenant that has been active and that nothing is at work on, unless told."""
    made = new_tenant(REQUEST, "ann", NOON)
    values = {"state": state, "ongoing": state not in SETTLED, "active_since": NOON}
    return made.model_copy(update=values | changes)


def update(number: int = 1, **changes: Any) -> Work:
    """An update to one of several requests."""
    return Work(kind=Kind.UPDATE, actor="ben", wanted=CENTRES[number], **changes)


def busy(work: Work, *queued: Work, **changes: Any) -> TenantRecord:
    """A tenant that is at work on."""
    state = TenantState.OFFBOARDING if work.kind is Kind.OFFBOARD else TenantState.UPDATING
    values = {"work": work, "ongoing": True, "queued": queued, "operations": 2} | changes
    return tenant(state, **values)


def tried(record: TenantRecord, work: Work) -> Answer | PermanentError:
    """What asking comes to, be it a refusal."""
    try:
        return ask(record, work, LATER)
    except PermanentError as refused:
        return refused


def works() -> st.SearchStrategy[Work]:
    """Whatever can be asked for."""
    return st.builds(
        lambda kind, wanted, reason, allowed, actor: Work(
            kind=kind,
            actor=actor,
            reason=reason,
            wanted=wanted if kind is Kind.UPDATE else None,
            allow_data_loss=tuple(allowed) if kind is Kind.UPDATE else (),
        ),
        st.sampled_from(ASKED),
        st.sampled_from(CENTRES),
        st.sampled_from(["", "why not", "because"]),
        st.lists(st.sampled_from(["cosmos", "storage"]), unique=True, max_size=2),
        st.sampled_from(["ann", "ben"]),
    )


def records() -> st.SearchStrategy[TenantRecord]:
    """Tenants in any state, with one thing under way or none."""
    return st.builds(
        lambda state, work, active: tenant(
            state, work=work, active_since=NOON if active else None, operations=3
        ),
        st.sampled_from(STATES),
        st.one_of(st.just(Work()), works()),
        st.booleans(),
    )


@given(record=records(), asked=st.lists(works(), max_size=12))
def test_nothing_that_is_asked_for_is_lost(record: TenantRecord, asked: list[Work]) -> None:
    """It is begun, waits, was asked for already, or is refused with a reason and a hint.

    What is waiting already goes on waiting, but for what an offboarding makes pointless.
    """
    for work in asked:
        answer = tried(record, work)
        match answer:
            case PermanentError() as refused:
                assert refused.message
                assert refused.hint
                continue
            case Same(same):
                assert same == record
            case Begun(begun):
                assert not record.ongoing
                assert (begun.work, begun.ongoing, begun.queued) == (work, True, record.queued)
                assert begun.operations == record.operations + 1
            case Queued(queued):
                assert record.ongoing
                assert queued.work == record.work
                assert_waits(record, queued, work)
        assert len(answer.record.queued) <= MOST_QUEUED
        record = answer.record


def assert_waits(before: TenantRecord, after: TenantRecord, work: Work) -> None:
    """It waits behind what waited, or as one with it."""
    last = after.queued[-1]
    assert (last.kind, last.wanted, last.actor) == (work.kind, work.wanted, work.actor)
    assert set(work.allow_data_loss) <= set(last.allow_data_loss)
    if work.kind is Kind.OFFBOARD:
        assert after.queued == (work,)
    elif len(after.queued) > len(before.queued):
        # An update names those, too, on whose wishes it builds.
        alone = last.model_copy(update={"also_asked": ()})
        assert (*after.queued[:-1], alone) == (*before.queued, work)
    else:
        assert work.kind is Kind.UPDATE
        assert after.queued[:-1] == before.queued[:-1]
        assert set(before.queued[-1].allow_data_loss) <= set(last.allow_data_loss)


@given(record=records(), asked=st.lists(works(), max_size=12))
def test_what_waits_could_begin_when_all_before_it_goes_well(
    record: TenantRecord, asked: list[Work]
) -> None:
    """So that nothing is promised that the table of lives has no place for."""
    for work in asked:
        try:
            record = ask(record, work, LATER).record
        except PermanentError:
            continue
    state = record.state
    for work in (record.work, *record.queued) if record.ongoing else ():
        state = reached(state, work, is_current=work is record.work)


def reached(state: TenantState, work: Work, *, is_current: bool) -> TenantState:
    """The state after an operation that goes well."""
    if not is_current and work.kind in BEGINNINGS:
        next_state(state, BEGINNINGS[work.kind])
    return {
        Kind.SUSPEND: TenantState.SUSPENDED,
        Kind.OFFBOARD: TenantState.OFFBOARDED,
        Kind.CLEAN_UP: state if not is_current else TenantState.ACTIVE,
    }.get(work.kind, TenantState.ACTIVE)


@given(record=records(), asked=st.lists(works(), max_size=12))
def test_all_that_waits_is_done_in_turn_or_told_of(record: TenantRecord, asked: list[Work]) -> None:
    """Each end takes the next that can begin; the others are handed back."""
    for work in asked:
        try:
            record = ask(record, work, LATER).record
        except PermanentError:
            continue
    waiting = list(record.queued)
    ended = record.model_copy(update={"state": TenantState.ACTIVE, "ongoing": False})
    after, dropped = with_following(ended, LATER)
    begun = [after.work] if after.ongoing else []
    assert [*dropped, *begun, *after.queued] == waiting
    assert after.operations == ended.operations + len(begun)
    for work in dropped:
        alone = ended.model_copy(update={"queued": ()})
        assert isinstance(tried(alone, work), PermanentError | Same)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ASKED)
def test_only_what_the_table_of_lives_allows_begins(state: TenantState, kind: Kind) -> None:
    """With nothing at work, in each state."""
    record = tenant(state, ongoing=False)
    work = update() if kind is Kind.UPDATE else Work(kind=kind, actor="ben")
    answer = tried(record, work)
    if isinstance(answer, PermanentError):
        assert answer.code in {"InvalidTransition", "NothingToCleanUp"}
    elif isinstance(answer, Begun) and kind in BEGINNINGS:
        next_state(state, BEGINNINGS[kind])


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (TenantState.SUSPENDED, Kind.SUSPEND),
        (TenantState.ACTIVE, Kind.RESUME),
        (TenantState.OFFBOARDED, Kind.OFFBOARD),
    ],
)
def test_what_is_so_already_is_the_same(state: TenantState, kind: Kind) -> None:
    """Suspending, resuming and offboarding may be asked for twice; and while it goes on."""
    settled = tenant(state)
    assert ask(settled, Work(kind=kind, actor="ben"), LATER) == Same(settled)
    under_way = busy(Work(kind=kind, actor="ann"))
    assert ask(under_way, Work(kind=kind, actor="ben"), LATER) == Same(under_way)


def test_update_that_changes_nothing_is_the_same() -> None:
    """Unless something is left to be put right: then it is tried again, as it was asked for."""
    record = tenant()
    again = Work(kind=Kind.UPDATE, actor="ben", wanted=REQUEST)
    assert ask(record, again, LATER) == Same(record)
    for left in ({"reason": "it broke"}, {"open_work": (OpenWork(key="vault", reason="locked"),)}):
        assert isinstance(ask(tenant(**left), again, LATER), Begun)


def test_update_of_a_tenant_that_never_was_active_is_refused() -> None:
    """There is nothing to change."""
    with pytest.raises(PermanentError, match="NeverActive"):
        ask(tenant(TenantState.FAILED, active_since=None), update(), LATER)


def test_updates_that_wait_become_one() -> None:
    """It has the latest request, all that may be lost, and every reason with who gave it."""
    record = busy(update(0))
    first = update(1, reason="more room", allow_data_loss=("cosmos",))
    record = ask(record, first, LATER).record
    second = Work(
        kind=Kind.UPDATE,
        actor="ann",
        reason="and a name",
        wanted=CENTRES[2],
        allow_data_loss=("storage", "cosmos"),
    )
    record = ask(record, second, LATER).record
    [merged] = record.queued
    assert (merged.wanted, merged.actor) == (CENTRES[2], "ann")
    assert merged.allow_data_loss == ("cosmos", "storage")
    assert merged.reason == "ben asked: more room; and a name"
    assert latest_request(record) == CENTRES[2]


def test_reasons_of_merged_updates_are_bounded() -> None:
    """However many are merged, the newest is told whole."""
    record = busy(update(0))
    for number in range(40):
        work = update(1 + number % 2, reason=f"{number}: " + "why " * 100)
        record = ask(record, work, LATER).record
    [merged] = record.queued
    assert len(merged.reason) == MOST_REASONS
    assert merged.reason.endswith("39: " + "why " * 100)


def test_update_by_message_is_not_merged() -> None:
    """Each sender is told of its own."""
    record = busy(update(0))
    for number in (1, 2):
        record = ask(record, update(number, reply=Reply(origin=f"m/{number}")), LATER).record
    record = ask(record, update(3), LATER).record
    assert [work.wanted for work in record.queued] == CENTRES[1:]


def test_update_is_not_merged_across_something_else() -> None:
    """What was asked for in between comes in between."""
    between = Work(kind=Kind.ROLL_BACK, actor="ann", plan_hash="p")
    record = busy(update(0), update(1), between)
    waiting = ask(record, update(2), LATER).record.queued
    assert [one.kind for one in waiting] == [Kind.UPDATE, Kind.ROLL_BACK, Kind.UPDATE]


def test_update_that_is_under_way_waits_again_when_it_may_cost_more() -> None:
    """Without the word that was missing the first may fail."""
    record = busy(update(1))
    assert ask(record, update(1), LATER) == Same(record)
    answer = ask(record, update(1, allow_data_loss=("cosmos",)), LATER)
    assert isinstance(answer, Queued)
    assert ask(answer.record, update(1), LATER) == Same(answer.record)


def test_update_back_to_what_is_there_waits_behind_the_one_that_leaves_it() -> None:
    """The last word counts."""
    record = busy(update(1))
    back = Work(kind=Kind.UPDATE, actor="ben", wanted=REQUEST)
    assert isinstance(ask(record, back, LATER), Queued)


def test_offboarding_clears_the_queue_and_ends_the_asking() -> None:
    """Nothing is changed any more of what is to go."""
    record = busy(update(0), update(1))
    gone = Work(kind=Kind.OFFBOARD, actor="ben")
    waiting = ask(record, gone, LATER).record
    assert waiting.queued == (gone,)
    for work in (update(2), Work(kind=Kind.SUSPEND, actor="ann")):
        with pytest.raises(PermanentError, match="Offboarding"):
            ask(waiting, work, LATER)
    assert ask(waiting, gone, LATER) == Same(waiting)


def test_too_much_that_waits_is_refused() -> None:
    """The record stays small."""
    kinds = [Kind.SUSPEND, Kind.RESUME] * (MOST_QUEUED // 2)
    record = busy(update(0))
    for kind in kinds:
        record = ask(record, Work(kind=kind, actor="ben"), LATER).record
    with pytest.raises(PermanentError, match="QueueFull"):
        ask(record, update(1), LATER)


def test_what_cannot_follow_is_refused_at_once() -> None:
    """A tenant that is to be suspended is not changed after that."""
    record = busy(update(0), Work(kind=Kind.SUSPEND, actor="ann"))
    with pytest.raises(PermanentError, match="InvalidTransition"):
        ask(record, update(1), LATER)
    resumed = ask(record, Work(kind=Kind.RESUME, actor="ann"), LATER).record
    assert isinstance(ask(resumed, update(1), LATER), Queued)


def test_change_of_what_is_being_onboarded_waits() -> None:
    """It is dropped, and told of, where the onboarding fails."""
    record = tenant(TenantState.PROVISIONING, active_since=None)
    waiting = ask(record, update(), LATER).record
    assert waiting.queued == (update(),)
    values = {"state": TenantState.FAILED, "ongoing": False}
    failed, dropped = with_following(waiting.model_copy(update=values), LATER)
    assert (failed.ongoing, failed.queued, dropped) == (False, (), (update(),))


def test_next_operation_begins_with_a_clean_sheet() -> None:
    """Of the last one only what it made is remembered."""
    record = tenant(reason="it broke", hint="mend it", recoveries=3, operations=7)
    begun = record.next_operation(update(), LATER)
    assert (begun.reason, begun.hint, begun.recoveries) == ("", "", 0)
    assert (begun.actor, begun.operation_id) == ("ben", "contoso-research.8")
    assert begun.applied_by == record.operation_id
    assert begun.operation.kind is Kind.UPDATE
