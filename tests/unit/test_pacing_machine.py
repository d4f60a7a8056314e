"""The laws of pacing, whatever happens in whatever order."""

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from landing_zone.pacing.line import LATE_SECONDS, Turn
from landing_zone.pacing.pace import Pace
from landing_zone.pacing.settings import PaceSettings

PATIENT: Final = 10_000
SETTINGS: Final = PaceSettings(reads=8, reads_per_second=2.0, reserve=0.25, hold_most_seconds=60.0)

seconds = st.floats(min_value=0.0, max_value=5.0)


class Pacing(RuleBasedStateMachine):
    """Callers of one subscription, and Azure, which answers as it likes."""

    here = Bundle("here")
    away = Bundle("away")
    sent = Bundle("sent")

    def __init__(self) -> None:
        """Begin with nobody."""
        super().__init__()
        self.now = 1000.0
        self.pace = Pace(SETTINGS)
        self.desk = self.pace.desk("reads", self.now)
        self.number = 0
        self.gone: dict[str, bool] = {}
        self.under_way = 0

    @rule(target=here, urgent=st.booleans())
    def arrive(self, urgent: bool) -> Turn:
        """Someone new."""
        self.number += 1
        return self.desk.enter(f"{self.number}", urgent=urgent)

    @rule(target=sent, turn=consumes(here))
    def ask(self, turn: Turn) -> object:
        """Ask; whoever has to wait is canceled, or else it would be in two bundles."""
        held = self.now < self.pace.until
        wait = self.desk.ask(turn, self.now)
        assert wait >= 0.0
        if wait:
            assert turn.number >= 0
            turn.line.leave(turn)
            return multiple()
        assert not held
        assert turn.number == -1
        self.under_way += 1
        return turn

    @rule(target=away, turn=consumes(here))
    def ask_and_go_away(self, turn: Turn) -> object:
        """Ask; whoever has to wait goes away."""
        if not self.desk.ask(turn, self.now):
            self.desk.bucket.returned()
            return multiple()
        turn.line.go_away(turn)
        self.gone[str(turn.caller)] = turn.line is self.desk.enter("probe", urgent=True).line
        return turn

    @rule(target=here, turn=consumes(away))
    def come_back(self, turn: Turn) -> Turn:
        """The place is kept, unless it has lapsed."""
        urgent = self.gone.pop(str(turn.caller))
        found = self.desk.enter(turn.caller, urgent=urgent)
        assert (found is turn) == (turn.number >= 0)
        return found

    @rule(turn=consumes(sent), remaining=st.none() | st.integers(0, 10))
    def answer(self, turn: Turn, remaining: int | None) -> None:
        """Azure answers, and says what is left."""
        self.pace.answered(self.desk, turn, remaining, self.now)
        self.under_way -= 1

    @rule(
        target=away,
        turn=consumes(sent),
        asked=st.none() | st.floats(min_value=0.0, max_value=100.0),
        chance=st.floats(min_value=0.0, max_value=1.0),
    )
    def throttle(self, turn: Turn, asked: float | None, chance: float) -> Turn:
        """Azure refuses: nothing is sent before the time that it asks for."""
        wait = self.pace.throttled(self.desk, turn, asked, chance, self.now)
        assert wait >= (asked or 0.0) * 0.999999
        assert not asked or self.pace.until >= self.now + asked
        self.under_way -= 1
        self.gone[str(turn.caller)] = turn.line is self.desk.enter("probe", urgent=True).line
        return turn

    @rule(passed=seconds)
    def wait(self, passed: float) -> None:
        """Time passes."""
        self.now += passed

    @rule()
    def wait_for_the_late(self) -> None:
        """Whoever does not come in time is not waited for."""
        self.now += 1000.0 + LATE_SECONDS

    @invariant()
    def calls_are_counted(self) -> None:
        """Each that was sent, until its answer."""
        assert self.desk.bucket.under_way == self.under_way
        assert self.desk.bucket.tokens <= self.desk.bucket.size

    def teardown(self) -> None:
        """Whoever waits, however the above came about, is let through once each."""
        # All that are under way are answered; those who went away never come.
        for _ in range(self.under_way):
            self.desk.bucket.returned()
        turns = [self.desk.enter(f"last {index}", urgent=index % 2 == 0) for index in range(20)]
        for _ in range(PATIENT):
            waits = {index: self.desk.ask(turn, self.now) for index, turn in enumerate(turns)}
            turns = [turn for index, turn in enumerate(turns) if waits[index]]
            self.desk.bucket.under_way = 0
            if not turns:
                break
            self.now += min(wait for wait in waits.values() if wait)
        assert not turns
        self.now += 10_000.0
        self.desk.ask(self.desk.enter("the very last", urgent=True), self.now)
        self.desk.bucket.returned()
        assert self.desk.is_empty()


TestPacing = Pacing.TestCase
TestPacing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
