"""The orchestration of a rollout, replayed: looks, waits, crashes, and short histories."""

from typing import Any

from landing_zone.fleet.contracts import FleetStatus, FleetStep, FleetTurn
from orchestrators.upgrade_fleet import CRASH_WAIT, LOOKS_A_HISTORY, upgrade_fleet
from tests.orchestrators.replay import Crash, DurableWorld, Instance

INSTANCE = "fleet-v3-1"


class Pretended:
    """A rollout whose looks are answered by a script; after it, it is over."""

    def __init__(self, *answers: FleetStep | Exception) -> None:
        """Take the answers in order."""
        self._answers = list(answers)
        self.turns: list[FleetTurn] = []
        self.times: list[float] = []
        self.world = DurableWorld({"upgrade_fleet": upgrade_fleet}, {"advance_fleet": self._look})

    def run(self) -> Instance:
        """Look to the end."""
        self.world.start("upgrade_fleet", INSTANCE, FleetTurn(rollout_id="v3-1").dump())
        self._began = self.world.now
        self.world.run()
        return self.world.instances[INSTANCE]

    def _look(self, payload: Any) -> Any:
        self.turns.append(FleetTurn.parse(payload))
        self.times.append((self.world.now - self._began).total_seconds())
        answer = self._answers.pop(0) if self._answers else over()
        if isinstance(answer, Exception):
            raise answer
        return answer.dump()


def over() -> FleetStep:
    """All is done."""
    return FleetStep(over=True, status=FleetStatus(state="done"))


def look(wait: float = 0.0, *, moved: bool = False) -> FleetStep:
    """Something is under way."""
    return FleetStep(wait=wait, moved=moved, status=FleetStatus(state="running", under_way=3))


def test_it_ends_when_nothing_is_to_be_done() -> None:
    """And says how the rollout stands."""
    pretended = Pretended()
    instance = pretended.run()
    assert (instance.status, instance.output) == ("Completed", {"state": "done"})
    assert instance.custom_statuses[-1] == {"state": "done"}


def test_it_waits_as_long_as_it_is_told() -> None:
    """Not at all, where more can be begun with at once."""
    pretended = Pretended(look(), look(30.0), look(2.0))
    pretended.run()
    gaps = [round(b - a) for a, b in zip(pretended.times, pretended.times[1:], strict=False)]
    assert gaps == [0, 30, 2]


def test_looks_in_vain_are_counted() -> None:
    """Until something moves again."""
    pretended = Pretended(look(2.0), look(2.0), look(2.0, moved=True), look(2.0))
    pretended.run()
    assert [turn.idle for turn in pretended.turns] == [0, 1, 2, 0, 1]


def test_a_crash_is_no_end() -> None:
    """Those under way must be seen to."""
    crashes = [Crash("the worker died")] * 5
    pretended = Pretended(look(2.0), *crashes, look(2.0))
    instance = pretended.run()
    assert instance.output == {"state": "done"}
    assert {"state": "unknown", "cause": "the last look crashed"} in instance.custom_statuses
    assert pretended.times[-2] - pretended.times[-3] >= CRASH_WAIT


def test_histories_stay_short() -> None:
    """However long a rollout lasts; the count of looks in vain lives on."""
    pretended = Pretended(*[look(2.0)] * (5 * LOOKS_A_HISTORY))
    instance = pretended.run()
    assert instance.status == "Completed"
    assert instance.executions == 6
    assert [turn.idle for turn in pretended.turns] == list(range(5 * LOOKS_A_HISTORY + 1))
    assert len(instance.history.events) < 8 * LOOKS_A_HISTORY
