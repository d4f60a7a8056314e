"""The pretended durable host keeps to what an orchestration can notice of the real one."""

import asyncio
import itertools
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import pytest
from azure.durable_functions import RetryOptions

from tests.fakes import NOON, FakeClock
from tests.simulation.durable import Engine
from tests.simulation.tasks import NotDeterministicError, WorkerDied
from tests.simulation.virtual_loop import StalledError, run

RETRY = RetryOptions(1000, 3)

type Steps = Generator[Any, Any, Any]
type Orchestrator = Callable[[Any], Steps]


class Host:
    """An engine with one orchestrator, two activities, and one child that takes 30 seconds."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self.clock = FakeClock()
        self.begun: list[Any] = []
        self.failures = 0
        self.engine = Engine(
            {"main": orchestrator, "child": child},
            {"work": self._work, "tell": self._tell},
            self.clock,
            lambda: 0.0,
        )

    async def _work(self, payload: Any, _client: Engine) -> Any:
        """Take as many seconds as asked for."""
        self.begun.append(payload)
        if self.failures:
            self.failures -= 1
            raise WorkerDied
        await asyncio.sleep(payload["seconds"])
        return payload["seconds"]

    async def _tell(self, payload: Any, client: Engine) -> Any:
        await client.raise_event("one", payload["event"], payload)
        return None

    def output(self, *deaths: float) -> Any:
        """What the orchestrator ends with; the host dies at these moments, for a second."""
        return run(self.clock, self._ended(deaths))

    async def _ended(self, deaths: tuple[float, ...]) -> Any:
        loop = asyncio.get_running_loop()
        for moment in deaths:
            loop.call_later(moment, self.engine.kill)
            loop.call_later(moment + 1.0, self.engine.revive)
        await self.engine.start_new("main", "one", {"round": 0})
        await self.engine.until(["one"])
        return self.engine.instances["one"].output

    @property
    def seconds(self) -> float:
        """Virtual seconds that have passed."""
        return round((self.clock.now() - NOON).total_seconds(), 3)


def work(context: Any, seconds: float) -> Any:
    """The task of an activity."""
    return context.call_activity_with_retry("work", RETRY, {"key": "w", "seconds": seconds})


def wait(context: Any, seconds: float) -> Any:
    """The task of a timer."""
    return context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))


def child(context: Any) -> Steps:
    """Double the input, after 30 seconds."""
    yield wait(context, 30)
    return context.get_input(dict)["n"] * 2


def everything(context: Any) -> Steps:
    """An activity, a child and a timer at once; then the first of two."""
    started = context.call_sub_orchestrator("child", {"n": 4}, "one:child")
    found = yield context.task_all([work(context, 10), started, wait(context, 5)])
    first = yield context.task_any([wait(context, 9), work(context, 3)])
    return [*found, first.result]


def patient(context: Any) -> Steps:
    """One activity of ten seconds, and a timer of a hundred."""
    done = yield work(context, 10)
    yield wait(context, 100)
    return done


def test_time_passes_by_what_is_waited_for() -> None:
    """The longest of all, then the shortest of any."""
    host = Host(everything)
    assert host.output() == [10, 8, None, 3]
    assert host.seconds == 33


@pytest.mark.parametrize("deaths", [(4,), (15,), (31,), (4, 15, 31)])
def test_death_of_the_host_changes_no_result(deaths: tuple[float, ...]) -> None:
    """Whatever was under way is taken up again."""
    assert Host(everything).output(*deaths) == [10, 8, None, 3]


def test_activity_under_way_runs_again_and_a_timer_keeps_its_time() -> None:
    """At least once, and no later than it would have been."""
    host = Host(patient)
    assert host.output(4, 50) == 10
    assert len(host.begun) == 2
    assert host.seconds == 4 + 1 + 10 + 100


@pytest.mark.parametrize(("failures", "expected"), [(0, 1), (2, 1), (3, "died")])
def test_activity_is_tried_as_often_as_is_allowed(failures: int, expected: Any) -> None:
    """And the orchestrator is told when that was in vain, one wait later."""

    def hopeful(context: Any) -> Steps:
        try:
            return (yield work(context, 1))
        except WorkerDied:
            return "died"

    host = Host(hopeful)
    host.failures = failures
    assert host.output() == expected
    assert host.seconds == failures + (expected == 1)


def test_event_is_kept_until_it_is_waited_for() -> None:
    """Its data arrives as JSON, as from the durable client."""

    def listener(context: Any) -> Steps:
        yield context.call_activity_with_retry("tell", RETRY, {"event": "over"})
        yield wait(context, 5)
        return (yield context.wait_for_external_event("over"))

    assert Host(listener).output() == '{"event": "over"}'


async def test_events_for_nobody_are_refused_in_the_clients_words() -> None:
    """Whoever announces decides by them."""
    engine = Engine({}, {}, FakeClock())
    with pytest.raises(RuntimeError, match="No instance with ID nobody found"):
        await engine.raise_event("nobody", "over", {})


def test_continuing_as_new_begins_anew_with_its_input() -> None:
    """With a history of its own, and under the same id."""

    def rounds(context: Any) -> Steps:
        number = context.get_input(dict)["round"]
        yield work(context, 1)
        if number < 3:
            context.continue_as_new({"round": number + 1})
        return number

    host = Host(rounds)
    assert host.output(1.5) == 3
    assert host.engine.instances["one"].executions == 4


def test_replay_that_asks_for_something_else_is_found_out() -> None:
    """Only a deterministic orchestrator survives the death of its host."""
    chance = itertools.count(1)

    def fickle(context: Any) -> Steps:
        yield wait(context, 10 * next(chance))
        yield wait(context, 100)

    with pytest.raises(NotDeterministicError):
        Host(fickle).output(20)


def test_waiting_for_ever_is_seen_at_once() -> None:
    """Nothing is due, so nothing will ever happen."""

    def deaf(context: Any) -> Steps:
        yield context.wait_for_external_event("never")

    host = Host(deaf)
    with pytest.raises(StalledError):
        host.output()
    assert list(host.engine.waiting()) == ["one: event never ()"]


def test_custom_status_that_azure_would_not_keep_is_refused() -> None:
    """16 KB of UTF-16."""

    def talkative(context: Any) -> Steps:
        context.set_custom_status("x" * 8192)
        yield wait(context, 1)

    host = Host(talkative)
    host.output()
    assert host.engine.instances["one"].status == "Failed"
    assert "custom status of 16388 bytes" in host.engine.crashes[0]
