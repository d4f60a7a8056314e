"""What comes next in a rollout: bounded, counted once, halted for good."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from landing_zone.errors import PermanentError
from landing_zone.fleet.deciding import (
    TURN_WAIT,
    halted,
    is_due,
    onward,
    paused,
    resumed,
    rolling_back,
    room,
    too_many,
    with_begun,
    with_ended,
    with_judged,
)
from landing_zone.fleet.model import (
    MOVING,
    Member,
    MemberState,
    Ring,
    Rollout,
    RolloutState,
    Tally,
    Threshold,
    UnderWay,
)
from tests.fakes import NOON

S = MemberState
RINGS = (Ring(name="canary", bake_minutes=5), Ring(name="early"), Ring(name="rest"))


def rollout(enrolled: int = 10, **changes: object) -> Rollout:
    """A rollout whose tenants are in their rings."""
    made = Rollout(
        id="v3-1",
        number=1,
        target=3,
        rings=RINGS,
        actor="person:op",
        created_at=NOON,
        updated_at=NOON,
        enrolled=True,
        tallies=(Tally(enrolled=enrolled),) * len(RINGS),
    )
    return made.model_copy(update=changes)


def member(name: str, state: MemberState, ring: int = 0, **changes: object) -> Member:
    """A tenant in a state."""
    made = Member(tenant_id=name, ring=ring, state=state, turn=1, at=NOON)
    return made.model_copy(update=changes)


def begun(name: str, ring: int = 0, order: int = 1, *, back: bool = False) -> UnderWay:
    """A tenant that is under way."""
    return UnderWay(
        tenant_id=name, ring=ring, operation_id=f"{name}.2", order=order, back=back, since=NOON
    )


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([S.FAILED, S.UPGRADED])), max_size=40),
    st.integers(0, 5),
    st.integers(0, 100),
    st.integers(0, 30),
)
def test_halting_is_monotone(
    ends: list[tuple[int, MemberState]], failures: int, percent: int, enrolled: int
) -> None:
    """Once too many have failed, nothing that ends later makes it go on."""
    found = rollout(enrolled, threshold=Threshold(failures=failures, percent=percent))
    was = False
    for number, (ring, state) in enumerate(ends):
        found = with_begun(found, [begun(f"t{number}", ring)])
        found = with_ended(found, [member(f"t{number}", state, ring)])
        assert bool(too_many(found)) or not was
        assert (found.state is RolloutState.HALTED) == bool(too_many(found))
        was = bool(too_many(found))


@pytest.mark.parametrize(
    ("failed", "enrolled", "threshold", "halts"),
    [
        (3, 100, Threshold(failures=3, percent=10), False),
        (4, 100, Threshold(failures=3, percent=10), True),
        (1, 10, Threshold(failures=3, percent=10), False),
        (2, 10, Threshold(failures=3, percent=10), True),
        (1, 9, Threshold(failures=3, percent=10), True),
        (1, 1, Threshold(failures=0, percent=100), True),
        (1, 1, Threshold(failures=1, percent=100), False),
    ],
)
def test_either_threshold_halts(
    failed: int, enrolled: int, threshold: Threshold, *, halts: bool
) -> None:
    """The number in all rings, and the share of one; both are put up with as they are written."""
    tally = Tally(enrolled=enrolled).counting(S.FAILED, failed)
    found = rollout(threshold=threshold, tallies=(tally, Tally(), Tally()))
    assert bool(too_many(found)) is halts


def test_an_end_is_counted_once() -> None:
    """Who is not under way any more is not counted again."""
    found = with_begun(rollout(), [begun("a"), begun("b", order=2)])
    end = member("a", S.UPGRADED)
    once = with_ended(found, [end])
    assert with_ended(once, [end]) == once
    assert (once.tallies[0].of(S.UPGRADED), len(once.under_way), once.orders) == (1, 1, 2)


def test_those_who_wait_are_given_time_and_another_turn() -> None:
    """As long as somebody waits the ring is not done."""
    found = with_judged(rollout(), [member("a", S.WAITING)])
    found = onward(found.model_copy(update={"swept": True}), NOON)
    assert (found.ring, found.turn, found.waiting, found.cursor) == (0, 2, 0, "")
    assert found.not_before == NOON + TURN_WAIT
    assert room(found, NOON) == 0
    assert room(found, NOON + TURN_WAIT) == found.at_once


def test_a_ring_bakes_only_where_somebody_was_upgraded() -> None:
    """An empty canary costs no hour."""
    swept = rollout(swept=True)
    assert onward(swept, NOON).not_before == NOON
    upgraded = swept.counting(0, S.UPGRADED)
    following = onward(upgraded, NOON)
    assert (following.ring, following.turn) == (1, 1)
    assert following.not_before == NOON + timedelta(minutes=5)


def test_a_ring_with_someone_under_way_is_not_done() -> None:
    """Nor is a paused rollout."""
    swept = rollout(swept=True)
    under_way = with_begun(swept, [begun("a")])
    assert onward(under_way, NOON) == under_way
    stopped = paused(swept)
    assert onward(stopped, NOON) == stopped


def test_the_last_ring_is_the_end() -> None:
    """On the way back there is one walk only."""
    assert onward(rollout(swept=True, ring=2), NOON).state is RolloutState.DONE
    back = rolling_back(rollout()).model_copy(update={"swept": True})
    assert onward(back, NOON).state is RolloutState.ROLLED_BACK


def test_who_comes_back_is_upgraded_no_more() -> None:
    """The counts tell of each tenant once."""
    found = rollout().counting(0, S.UPGRADED, 3)
    found = with_begun(rolling_back(found), [begun("a", back=True), begun("b", back=True)])
    found = with_ended(found, [member("a", S.RETURNED), member("b", S.STRANDED)])
    states = found.tallies[0].states
    assert states == {S.UPGRADED: 1, S.RETURNED: 1, S.STRANDED: 1}


def test_nothing_comes_back_before_all_under_way_have_ended() -> None:
    """The newest is to be the first."""
    found = rolling_back(with_begun(rollout(), [begun("a")]))
    assert room(found, NOON) == 0
    assert room(with_ended(found, [member("a", S.UPGRADED)]), NOON) == found.at_once


def test_what_is_gone_on_with_is_forgiven() -> None:
    """But a failure more counts again."""
    found = rollout(threshold=Threshold(failures=0, percent=100))
    found = with_ended(with_begun(found, [begun("a")]), [member("a", S.FAILED)])
    assert found.state is RolloutState.HALTED
    again = resumed(found)
    assert (again.state, again.trouble, too_many(again)) == (RolloutState.RUNNING, "", "")
    again = with_ended(with_begun(again, [begun("b")]), [member("b", S.FAILED)])
    assert again.state is RolloutState.HALTED


def test_it_goes_on_the_way_that_it_was_on() -> None:
    """A way back that was paused goes on backwards."""
    assert resumed(paused(rolling_back(rollout()))).state is RolloutState.ROLLING_BACK


@pytest.mark.parametrize(
    ("state", "change", "code"),
    [
        (RolloutState.PAUSED, paused, "NotMoving"),
        (RolloutState.HALTED, paused, "NotMoving"),
        (RolloutState.DONE, paused, "NotMoving"),
        (RolloutState.RUNNING, resumed, "NotPaused"),
        (RolloutState.DONE, resumed, "NotPaused"),
    ],
)
def test_what_has_no_place_is_refused(state: RolloutState, change: object, code: str) -> None:
    """With what it is."""
    assert callable(change)
    with pytest.raises(PermanentError) as caught:
        change(rollout(state=state))
    assert caught.value.code == code


def test_it_is_called_back_once() -> None:
    """From whatever state it was in on its way."""
    for state in RolloutState:
        back = rolling_back(rollout(state=state))
        assert (back.state, back.back) == (RolloutState.ROLLING_BACK, True)
        with pytest.raises(PermanentError):
            rolling_back(back)


def test_only_what_moves_is_halted() -> None:
    """What is paused stays so, for the operator who paused it."""
    assert halted(rollout(), "why").trouble == "why"
    stopped = paused(rollout())
    assert halted(stopped, "why") == stopped


@pytest.mark.parametrize(
    ("state", "judged_in", "due"),
    [
        (S.PENDING, 0, True),
        (S.WAITING, 1, True),
        (S.UPGRADED, 1, False),
        (S.SKIPPED, 1, False),
        (S.SKIPPED, 2, True),
        (S.UPGRADED, 2, True),
    ],
)
def test_what_was_judged_in_vain_is_judged_again(
    state: MemberState, judged_in: int, *, due: bool
) -> None:
    """A row of this very turn ahead of the cursor was written by someone who died."""
    assert is_due(member("a", state, turn=judged_in), 2) is due


class RolloutMachine(RuleBasedStateMachine):
    """Tenants begin and end in any order while operators pause, go on and call back."""

    @initialize(at_once=st.integers(1, 4), failures=st.integers(0, 2), tenants=st.integers(0, 12))
    def start(self, at_once: int, failures: int, tenants: int) -> None:
        """A rollout of three rings."""
        self.rollout = rollout(
            tenants, at_once=at_once, threshold=Threshold(failures=failures, percent=100)
        )
        self.now = NOON
        self.left = [tenants] * len(RINGS)
        self.journal: list[tuple[str, int]] = []
        self.number = 0

    @precondition(lambda self: room(self.rollout, self.now) > 0)
    @rule(number=st.integers(1, 4))
    def begin(self, number: int) -> None:
        """As many as there is room for, of those who are left."""
        free = min(number, room(self.rollout, self.now))
        found = self.rollout
        if found.back:
            chosen, self.journal = self.journal[:free], self.journal[free:]
            ones = [begun(name, ring, back=True) for name, ring in chosen]
            done = not self.journal
        else:
            count = min(free, self.left[found.ring])
            self.left[found.ring] -= count
            ones = [begun(f"t{self.number + one}", found.ring) for one in range(count)]
            self.number += count
            done = not self.left[found.ring]
        self.rollout = onward(with_begun(found, ones).model_copy(update={"swept": done}), self.now)

    @precondition(lambda self: self.rollout.under_way)
    @rule(well=st.booleans(), data=st.data())
    def end(self, data: st.DataObject, *, well: bool) -> None:
        """One of those under way."""
        one = data.draw(st.sampled_from(self.rollout.under_way))
        good, bad = (S.RETURNED, S.STRANDED) if one.back else (S.UPGRADED, S.FAILED)
        state = good if well else bad
        if state is S.UPGRADED:
            self.journal.append((one.tenant_id, one.ring))
        found = with_ended(self.rollout, [member(one.tenant_id, state, one.ring)])
        self.rollout = onward(found, self.now)

    @precondition(lambda self: self.rollout.state in MOVING)
    @rule()
    def pause(self) -> None:
        """Stop."""
        before = self.rollout
        self.rollout = paused(before)
        assert self.rollout.under_way == before.under_way

    @precondition(lambda self: self.rollout.state in {RolloutState.PAUSED, RolloutState.HALTED})
    @rule()
    def resume(self) -> None:
        """Go on."""
        self.rollout = onward(resumed(self.rollout), self.now)

    @precondition(lambda self: not self.rollout.back)
    @rule()
    def call_back(self) -> None:
        """Call back."""
        self.rollout = rolling_back(self.rollout)

    @rule(minutes=st.integers(1, 20))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)

    @invariant()
    def no_more_than_asked_are_under_way(self) -> None:
        """And nothing is begun where nothing moves."""
        assert len(self.rollout.under_way) <= self.rollout.at_once
        if self.rollout.state not in MOVING or too_many(self.rollout):
            assert room(self.rollout, self.now) == 0

    @invariant()
    def nobody_is_forgotten_or_counted_twice(self) -> None:
        """Of all who were begun, each is under way or in one count."""
        counted = sum(sum(tally.states.values()) for tally in self.rollout.tallies)
        forward = sum(not one.back for one in self.rollout.under_way)
        assert counted + forward == self.number
        assert all(
            number >= 0 for tally in self.rollout.tallies for number in tally.states.values()
        )

    @invariant()
    def what_is_over_is_over(self) -> None:
        """With nothing under way and, forwards, nobody left."""
        if self.rollout.is_over:
            assert not self.rollout.under_way
        if self.rollout.state is RolloutState.DONE:
            assert not any(self.left)


TestRolloutMachine = RolloutMachine.TestCase
