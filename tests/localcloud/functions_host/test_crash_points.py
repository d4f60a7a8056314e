"""A crash before or after any commit: the next engine on the same store ends the work the same."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import pytest

from localcloud.functions_host.durable.store import Store
from tests.localcloud.functions_host.engines import FakeClock, TestEngine, engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

type Context = df.DurableOrchestrationContext

OUTPUT = ["a", ["b", "c", "child"], 4, "retried"]
COUNTED = 5  # the child's signal, three signals and a call
MOST_COMMITS = 200
_MOST_ROUNDS = 50


class CrashingStore(Store):
    """A store whose process dies at the n-th commit, just before it or just after."""

    def __init__(self, path: Path, at: int, *, after: bool) -> None:
        super().__init__(path)
        self._at = at
        self._after = after
        self.commits = 0
        self.crashed = asyncio.Event()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit, or die."""
        if self.crashed.is_set():
            raise asyncio.CancelledError
        self.commits += 1
        dies = self.commits == self._at
        with super().transaction():
            yield
            if dies and not self._after:
                self._die()
        if dies:
            self._die()

    def _die(self) -> None:
        self.crashed.set()
        raise asyncio.CancelledError


def echo(value: Any) -> Any:
    """Return the input."""
    return value


def child(context: Context) -> Any:
    """Count, then return."""
    context.signal_entity(df.EntityId("counter", "k"), "add", 1)
    return (yield context.call_activity("echo", "child"))


def journey(context: Context) -> Any:
    """Use every kind of action that leaves something in the store."""
    counter_id = df.EntityId("counter", "k")
    first = yield context.call_activity("echo", "a")
    fan = [context.call_activity("echo", name) for name in ("b", "c")]
    soon = context.current_utc_datetime + timedelta(seconds=5)
    results = yield context.task_all([
        *fan, context.call_sub_orchestrator("child", None), context.create_timer(soon),
    ])  # fmt: skip
    for _ in range(2):
        context.signal_entity(counter_id, "add", 1)
    total = yield context.call_entity(counter_id, "add", 1)
    yield context.wait_for_external_event("go")
    retried = yield context.call_activity_with_retry("moody", df.RetryOptions(1000, 3), "retried")
    context.signal_entity(counter_id, "add", 1)
    return [first, results[:3], total, retried]


def counter(context: df.DurableEntityContext) -> None:
    """Add."""
    context.set_state(context.get_state(lambda: 0) + context.get_input())
    context.set_result(context.get_state())


class Journey:
    """One journey, driven over as many engines as it takes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = FakeClock()
        self._moods = 0
        self.raised = False

    def moody(self, value: str) -> str:
        """Fail the first time."""
        self._moods += 1
        if self._moods == 1:
            raise ValueError("first time")
        return value

    def engine(self, **parts: Any) -> contextlib.AbstractAsyncContextManager[TestEngine]:
        """Run the engine on the journey's store."""
        return engine(
            self._path, self._clock, orchestrators=[journey, child],
            activities=[echo, self.moody], entities=[counter], **parts,
        )  # fmt: skip

    async def drive(self, subject: TestEngine) -> None:
        """Give what the journey waits for until it ends."""
        if subject.client.find("j") is None:
            subject.start("journey", None, "j")
        for _ in range(_MOST_ROUNDS):
            await subject.settle()
            if subject.status("j")["runtimeStatus"] not in {"Pending", "Running"}:
                break
            self._clock.advance(6)
            if not self.raised:
                await subject.request("POST", "/instances/j/raiseEvent/go", 1)
                self.raised = True
        await subject.settle()


async def _commits(path: Path) -> int:
    """Count the commits of an undisturbed journey."""
    stores: list[CrashingStore] = []

    def make(file: Path) -> CrashingStore:
        stores.append(CrashingStore(file, 0, after=False))
        return stores[0]

    trip = Journey(path)
    async with trip.engine(store=make) as subject:
        await trip.drive(subject)
        assert subject.status("j")["output"] == OUTPUT
    return stores[0].commits


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_crash_at_any_commit_changes_nothing(tmp_path: Path, *, after: bool) -> None:
    """State, counts and outputs are those of an undisturbed run."""
    (tmp_path / "plain").mkdir()
    commits = await _commits(tmp_path / "plain")
    assert 10 < commits < MOST_COMMITS
    for at in range(1, commits + 1):
        path = tmp_path / str(at)
        path.mkdir()
        await _crash_and_recover(path, at, after=after)


async def _crash_and_recover(path: Path, at: int, *, after: bool) -> None:
    trip = Journey(path)
    with contextlib.suppress(asyncio.CancelledError):
        async with trip.engine(store=lambda f: CrashingStore(f, at, after=after)) as subject:
            store = subject.store
            assert isinstance(store, CrashingStore)
            driving = asyncio.create_task(trip.drive(subject))
            await asyncio.wait(
                [driving, asyncio.create_task(store.crashed.wait())], return_when="FIRST_COMPLETED"
            )
            driving.cancel()
            await asyncio.gather(driving, return_exceptions=True)
    if not after and trip.raised:
        trip.raised = False  # the event itself may have been what was lost
    async with trip.engine() as subject:
        await trip.drive(subject)
        status = subject.status("j")
        assert status["output"] == OUTPUT, (at, status)
        assert subject.client.entity_state("counter", "k") == str(COUNTED), at
        names = {name for name, _ in subject.invoker.calls}
        assert names <= {"echo", "moody"}
        assert not subject.store.waiting()
        assert not subject.store.activities()
        assert not subject.store.timers()
