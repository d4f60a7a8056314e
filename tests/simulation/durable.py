"""Durable orchestrations in one process: genuine generators and activities, on virtual time.

Of the durable host it keeps what an orchestration can notice: what is durable and what is lost when
the host dies, activities that run at least once, retries, timers, events, sub-orchestrations and
continue-as-new. It does not replay the whole history at each step, as the SDK does (that is what
`tests/orchestrators/replay.py` is for): a generator goes on where it stands, and is replayed only
after the host has died. What is compared then is what it asks for, step by step.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from azure.durable_functions import RetryOptions

from tests.fakes import FakeClock, FakeStatus
from tests.simulation.context import Context
from tests.simulation.tasks import (
    Entry,
    Instance,
    Leaf,
    NotDeterministicError,
    Task,
    WorkerDied,
)

type Activity = Callable[..., Awaitable[Any]]
type Orchestrator = Callable[[Any], Generator[Any, Any, Any]]
type Pause = Callable[[], float]


class Engine:
    """The durable host and its client, in one.

    Attributes:
        instances: Every orchestration by id.
        calls: How often each activity was called.
        episodes: How often each orchestration went on; a durable host replays it each time.
        longest: Entries of each orchestration's longest history.
        crashes: What activities raised although nobody asked for it.
        on_status: Told each custom status, with its instance's id.
        lost: How many of the next events are lost on their way here.
    """

    def __init__(
        self,
        orchestrators: Mapping[str, Orchestrator],
        activities: Mapping[str, Activity],
        clock: FakeClock,
        pause: Pause = lambda: 0.01,
    ) -> None:
        """Begin with nothing started.

        Args:
            orchestrators: By name.
            activities: By name; those that need the durable client get the engine as `client`.
            clock: The time.
            pause: Seconds that the host takes over an activity, each time.
        """
        self._orchestrators = orchestrators
        self._activities = activities
        self._clock = clock
        self._pause = pause
        self._tasks: set[asyncio.Task[None]] = set()
        self._due: set[asyncio.TimerHandle] = set()
        self._life = 0
        self._alive = True
        self._ended = asyncio.Event()
        self.instances: dict[str, Instance] = {}
        self.calls: Counter[str] = Counter()
        self.episodes: Counter[str] = Counter()
        self.longest: Counter[str] = Counter()
        self.crashes: list[str] = []
        self.on_status: Callable[[str, Any], None] | None = None
        self.lost = 0

    # The durable client.

    async def start_new(
        self, orchestration_function_name: str, instance_id: str, client_input: Any
    ) -> str:
        """Start an orchestration; raises when one of that id has not ended."""
        known = self.instances.get(instance_id)
        if known is not None and known.running:
            raise RuntimeError(f"An instance with ID {instance_id} already exists.")
        self._create(Instance(instance_id, orchestration_function_name, client_input))
        return instance_id

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        """Raise an event, in the words of the durable client where it cannot."""
        if self.lost:
            self.lost -= 1
            raise RuntimeError("the connection was reset")
        instance = self.instances.get(instance_id)
        if instance is None:
            raise RuntimeError(f"No instance with ID {instance_id} found.")
        if not instance.running:
            raise RuntimeError(f"Instance with ID {instance_id} is gone")
        instance.events.setdefault(event_name, []).append(json.dumps(event_data))
        for leaf in instance.leaves:
            if leaf.label == f"event {event_name}" and not leaf.is_completed:
                self._listen(instance, event_name)(leaf)
                return

    async def get_status_by(
        self, *, instance_id_prefix: str, runtime_status: list[Any]
    ) -> list[FakeStatus]:
        """The statuses of those whose id begins so and that are in one of these states."""
        states = {getattr(state, "value", state) for state in runtime_status}
        return [
            FakeStatus(found.id, found.status, found.custom_status, found.output)
            for found in self.instances.values()
            if found.id.startswith(instance_id_prefix) and found.status in states
        ]

    async def get_status(self, instance_id: str) -> FakeStatus:
        """The status; its `runtime_status` is None when there is no such orchestration."""
        found = self.instances.get(instance_id)
        if found is None:
            return FakeStatus()
        return FakeStatus(found.id, found.status, found.custom_status, found.output)

    # Life and death.

    @property
    def alive(self) -> bool:
        """Whether the host is there."""
        return self._alive

    async def until(self, ids: Sequence[str]) -> None:
        """Wait until these orchestrations have ended."""
        while any(self.instances[one].running for one in ids):
            self._ended.clear()
            await self._ended.wait()

    def kill(self) -> None:
        """The host dies: what is under way is lost, what is remembered stays."""
        self._life += 1
        self._alive = False
        for handle in self._due:
            handle.cancel()
        self._due.clear()
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def revive(self) -> None:
        """The host is back: every orchestration is replayed, and goes on."""
        self._alive = True
        for instance in [one for one in self.instances.values() if one.running]:
            self._replay(instance)

    @property
    def life(self) -> int:
        """Number of times that the host has died: what belongs to an earlier life has no effect."""
        return self._life

    def waiting(self) -> Iterator[str]:
        """Who has not ended, and what it waits for."""
        for instance in self.instances.values():
            if instance.running and instance.awaited is not None:
                open_ = [leaf.label for leaf in instance.awaited.leaves if not leaf.is_completed]
                yield f"{instance.id}: {', '.join(open_)} ({_cause(instance.custom_status)})"

    # What tasks do when they are first awaited.

    def timer(self, instance: Instance, until: datetime) -> Callable[[Leaf], None]:
        """Ring at a time."""

        def begin(leaf: Leaf) -> None:
            seconds = (until - self._clock.now()).total_seconds()
            self._later(max(0.0, seconds), lambda: self._ring(instance, leaf))

        return begin

    def _ring(self, instance: Instance, leaf: Leaf) -> None:
        if not leaf.cancelled:
            self._complete(instance, leaf, None)

    def event(self, instance: Instance, name: str) -> Callable[[Leaf], None]:
        """Take an event that is there, or wait for it."""
        return self._listen(instance, name)

    def _listen(self, instance: Instance, name: str) -> Callable[[Leaf], None]:
        def begin(leaf: Leaf) -> None:
            buffered = instance.events.get(name)
            if buffered:
                self._complete(instance, leaf, buffered.pop(0))

        return begin

    def child(
        self, instance: Instance, name: str, data: Any, instance_id: str
    ) -> Callable[[Leaf], None]:
        """Start another orchestration, once."""

        def begin(leaf: Leaf) -> None:
            known = self.instances.get(instance_id)
            if known is not None and known.parent is not None and known.parent[0] is instance:
                known.parent = (instance, leaf)  # the same task, replayed
                return
            assert known is None, f"{instance_id} was started twice"
            self._create(Instance(instance_id, name, data, (instance, leaf)))

        return begin

    def activity(
        self, instance: Instance, name: str, data: Any, options: RetryOptions
    ) -> Callable[[Leaf], None]:
        """Call an activity, and again when it crashes."""

        def begin(leaf: Leaf) -> None:
            self.spawn(self._attempt(instance, leaf, name, data, options))

        return begin

    async def _attempt(
        self, instance: Instance, leaf: Leaf, name: str, data: Any, options: RetryOptions
    ) -> None:
        life = self._life
        await asyncio.sleep(self._pause())
        self.calls[name] += 1
        try:
            result = await self._activities[name](data, self)
        except WorkerDied as died:
            failure: Exception = died
        except Exception as error:  # noqa: BLE001 - whatever it is, the host tries again
            self.crashes.append(f"{leaf.label}: {error!r}")
            failure = error
        else:
            await asyncio.sleep(self._pause())
            if life == self._life:
                self._complete(instance, leaf, result)
            return
        leaf.attempts += 1
        # The extension waits once more after the last attempt, before it gives up.
        await asyncio.sleep(options.first_retry_interval_in_milliseconds / 1000)
        if leaf.attempts >= options.max_number_of_attempts:
            self._complete(instance, leaf, failure)
        else:
            self.spawn(self._attempt(instance, leaf, name, data, options))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something of the host's own: it dies with it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _later(self, seconds: float, then: Callable[[], None]) -> None:
        def ring() -> None:
            self._due.discard(handle)
            then()

        handle = asyncio.get_running_loop().call_later(seconds, ring)
        self._due.add(handle)

    # The way of an orchestration.

    def _create(self, instance: Instance) -> None:
        self.instances[instance.id] = instance
        self._begin(instance)
        self._later(0.0, lambda: self._advance(instance))

    def _begin(self, instance: Instance) -> None:
        instance.context = Context(self, instance, self._clock.now())
        instance.generator = self._orchestrators[instance.name](instance.context)
        instance.leaves = []
        instance.awaited = None

    def _complete(self, instance: Instance, leaf: Leaf, result: Any) -> None:
        if leaf.is_completed or not instance.running or not instance.has(leaf):
            return
        leaf.is_completed, leaf.result = True, result
        instance.log.append(Entry(leaf.number, leaf.label, result, self._clock.now()))
        if instance.awaited is not None and instance.awaited.is_completed:
            self._later(0.0, lambda: self._advance(instance))

    def _advance(self, instance: Instance) -> None:
        """Let the generator go on, as long as what it awaits has happened."""
        while instance.running and (instance.awaited is None or instance.awaited.is_completed):
            now = self._clock.now()
            instance.log.append(Entry(-1, "", None, now))
            self.episodes[instance.id] += 1
            self.longest[instance.id] = max(self.longest[instance.id], len(instance.log))
            if not self._step(instance, now):
                return
            for leaf in self._awaited(instance):
                leaf.begin(leaf)

    def _step(self, instance: Instance, now: datetime) -> bool:
        """One step of the generator; False when it has ended."""
        assert instance.context is not None
        assert instance.generator is not None
        instance.context.current_utc_datetime = now
        try:
            instance.awaited = self._send(instance.generator, instance.awaited)
        except StopIteration as stop:
            self._end(instance, "Completed", stop.value)
            return False
        except Exception as error:  # noqa: BLE001 - it fails, and its parent is told
            self.crashes.append(f"{instance.id}: {error!r}")
            self._end(instance, "Failed", error)
            return False
        return True

    @staticmethod
    def _send(generator: Generator[Any, Any, Any], awaited: Task | None) -> Task:
        if awaited is None:
            found: Task = next(generator)
            return found
        try:
            value = awaited.value()
        except Exception as error:  # noqa: BLE001 - the generator may catch it
            thrown: Task = generator.throw(error)
            return thrown
        sent: Task = generator.send(value)
        return sent

    @staticmethod
    def _awaited(instance: Instance) -> list[Leaf]:
        """The tasks that are awaited for the first time, numbered."""
        assert instance.awaited is not None
        fresh = [leaf for leaf in instance.awaited.leaves if leaf.number < 0]
        for leaf in fresh:
            leaf.number = len(instance.leaves)
            instance.leaves.append(leaf)
        return fresh

    def _end(self, instance: Instance, status: str, output: Any) -> None:
        assert instance.context is not None
        if instance.context.continued:
            instance.data = instance.context.continued[0]
            instance.executions += 1
            instance.log = []
            self._begin(instance)
            self._later(0.0, lambda: self._advance(instance))
            return
        instance.status, instance.output = status, output
        instance.awaited = instance.generator = None
        self._ended.set()
        if instance.parent is not None:
            parent, leaf = instance.parent
            self._complete(parent, leaf, output)

    def _replay(self, instance: Instance) -> None:
        """Bring a new generator to where the old one stood, and take up what was under way."""
        log, instance.log = instance.log, []
        attempts = {leaf.number: leaf.attempts for leaf in instance.leaves}
        self._begin(instance)
        for entry in log:
            if entry.number < 0:
                self._step(instance, entry.at)
                self._awaited(instance)
            else:
                leaf = instance.leaves[entry.number]
                if leaf.label != entry.label:
                    raise NotDeterministicError(f"{leaf.label} where {entry.label} was")
                leaf.is_completed, leaf.result = True, entry.result
        instance.log = log
        for leaf in instance.leaves:
            leaf.attempts = attempts[leaf.number]
            if not leaf.is_completed:
                leaf.begin(leaf)
        self._later(0.0, lambda: self._advance(instance))


def _cause(custom_status: Any) -> str:
    found = custom_status if isinstance(custom_status, dict) else {}
    return str(found.get("cause", ""))
