"""The reconciliation of a hub, replayed: rounds, waits, crashes, and nobody left behind."""

from collections.abc import Callable
from typing import Any

import pytest

from landing_zone.contracts import PollTarget
from landing_zone.hub_state.contracts import HubAnswer, HubStep
from orchestrators.reconcile_hub import CRASH_WAIT, TURNS_A_HISTORY, reconcile_hub
from tests.orchestrators.replay import Crash, DurableWorld, Instance

INSTANCE = "hub-weu-firewall"
STEP = HubStep(hub="hub-weu", lane="firewall", collect_seconds=2.0)
TARGET = PollTarget(kind="location", url="https://arm/1")

type Reaction = Callable[[HubStep], HubAnswer]


class Pretended:
    """A hub whose steps are answered by a script; once it is used up, nothing is left to do."""

    def __init__(self, *answers: Reaction | Exception) -> None:
        """Take the answers in order."""
        self._answers = list(answers)
        self.steps: list[HubStep] = []
        self.times: list[float] = []
        self.world = DurableWorld({"reconcile_hub": reconcile_hub}, {"step_hub": self._step})

    def run(self) -> Instance:
        """Reconcile to the end."""
        self.world.start("reconcile_hub", INSTANCE, STEP.dump())
        self._began = self.world.now
        self.world.run()
        return self.world.instances[INSTANCE]

    def _step(self, payload: Any) -> Any:
        step = HubStep.parse(payload)
        self.steps.append(step)
        self.times.append((self.world.now - self._began).total_seconds())
        answer = self._answers.pop(0) if self._answers else over()
        if isinstance(answer, Exception):
            raise answer
        return answer(step).dump()


def over(waiting: int = 0) -> Reaction:
    """The round is over."""
    return lambda step: HubAnswer(state="over", next=step, waiting=waiting, left=0)


def busy(wait: float | None = None) -> Reaction:
    """A write is under way."""

    def react(step: HubStep) -> HubAnswer:
        following = step.model_copy(update={"target": TARGET, "current": "/ipGroups/a"})
        return HubAnswer(
            state="busy", next=following, wait=wait, cause="ipGroups/a", left=2, waiting=5
        )

    return react


def written(step: HubStep) -> HubAnswer:
    """A write has had its turn."""
    return HubAnswer(state="again", next=step.model_copy(update={"written": ("/a",)}), waiting=1)


def polled(step: HubStep) -> HubAnswer:
    """What is under way is looked at; nothing is counted."""
    return HubAnswer(state="busy", next=step, wait=1.0)


def test_requests_are_collected_before_the_first_look() -> None:
    """A moment, so that those who ask at once are served at once."""
    hub = Pretended()
    assert hub.run().status == "Completed"
    assert hub.times == [pytest.approx(2.0, abs=0.1)]


def test_collecting_goes_on_while_more_ask() -> None:
    """As long as the activity says so; the status shows it."""

    def collect(step: HubStep) -> HubAnswer:
        following = step.model_copy(update={"seen": 7, "collected": 2})
        return HubAnswer(state="collect", next=following, waiting=7)

    hub = Pretended(collect)
    statuses = hub.run().custom_statuses
    assert [step.seen for step in hub.steps] == [0, 7]
    assert hub.times == [pytest.approx(2.0, abs=0.1), pytest.approx(4.0, abs=0.1)]
    assert {"phase": "collecting", "waiting": 7} in statuses


def test_a_write_is_waited_for_as_long_as_azure_asks() -> None:
    """And the next step knows what is under way."""
    hub = Pretended(busy(15.0), polled)
    assert hub.run().output == {"hub": "hub-weu", "lane": "firewall"}
    assert [step.target for step in hub.steps] == [None, TARGET, TARGET]
    assert hub.times[1] - hub.times[0] == pytest.approx(15.0, abs=0.1)


def test_while_someone_waits_another_round_begins() -> None:
    """Each thing may be written again then."""
    hub = Pretended(written, over(waiting=1), written, over())
    assert hub.run().status == "Completed"
    assert [step.written for step in hub.steps] == [(), ("/a",), (), ("/a",)]
    assert hub.times[2] - hub.times[1] == pytest.approx(2.0, abs=0.1)


def test_rounds_that_write_nothing_become_rare() -> None:
    """Someone waits for what cannot be seen yet: Azure is not asked again and again."""
    hub = Pretended(*[over(waiting=1)] * 8)
    assert hub.run().status == "Completed"
    gaps = [later - sooner for sooner, later in zip(hub.times, hub.times[1:], strict=False)]
    assert gaps == [pytest.approx(2.0 * 2 ** min(turn, 5), abs=0.1) for turn in range(1, 9)]


def test_a_crash_ends_nothing() -> None:
    """The step is made again, when the host has tried it several times."""
    hub = Pretended(busy(1.0), *[Crash("worker")] * 5)
    assert hub.run().status == "Completed"
    assert hub.steps[-1].target == TARGET
    assert hub.times[-1] - hub.times[-2] >= CRASH_WAIT


def test_the_history_is_bounded() -> None:
    """A long wait is continued as new, in the middle of a round."""
    hub = Pretended(busy(1.0), *[polled] * (3 * TURNS_A_HISTORY))
    instance = hub.run()
    assert (instance.status, instance.executions) == ("Completed", 4)
    assert len(hub.steps) == 3 * TURNS_A_HISTORY + 2
    assert hub.times[-1] < 3 * TURNS_A_HISTORY + 5


def test_the_status_tells_what_is_written_and_who_waits() -> None:
    """A mere poll does not forget it; at the end the hub rests."""
    hub = Pretended(busy(1.0), polled)
    statuses = hub.run().custom_statuses
    writing = {"phase": "writing", "cause": "ipGroups/a", "left": 2, "waiting": 5}
    assert statuses[0] == {"phase": "collecting"}
    assert writing in statuses
    assert statuses[-1] == {"phase": "resting"}
