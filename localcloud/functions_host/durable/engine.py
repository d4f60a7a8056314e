"""The engine: runs the episodes of orchestrations, one transaction each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localcloud.functions_host.durable import commit, episode
from localcloud.functions_host.durable.activities import ActivityRunner
from localcloud.functions_host.durable.entities import EntityRunner
from localcloud.functions_host.durable.episode import History, Verdict
from localcloud.functions_host.durable.events import (
    SUCCESSES,
    Event,
    EventType,
    encode,
    event,
    finished_task,
)
from localcloud.functions_host.durable.hub import FINISHED, Effects, Hub
from localcloud.functions_host.durable.queue import KeyedQueue
from localcloud.functions_host.durable.shim import OrchestrationFailure
from localcloud.functions_host.durable.timers import TimerQueue
from localcloud.functions_host.durable.triage import Triage, sort_messages
from localcloud.functions_host.errors import InvocationError, WorkerLostError
from localcloud.functions_host.logs import logger

if TYPE_CHECKING:
    from localcloud.functions_host.durable.store import Instance
    from localcloud.functions_host.host_json import HostConfig

_HOLD = 0.1  # seconds that successes of a whenAll may wait for each other
_CACHED_HISTORIES = 2000


class Engine:
    """A task hub's engine."""

    def __init__(self, hub: Hub, config: HostConfig) -> None:
        self.hub = hub
        self._queue = KeyedQueue(config.max_orchestrators, self._work)
        self._activities = ActivityRunner(hub, config.max_activities, self.publish)
        self._timers = TimerQueue(hub, self.publish)
        self._entities = EntityRunner(hub, config.entity_batch, self.publish)
        self._histories: dict[str, tuple[str, History]] = {}
        self._barriers: dict[str, set[int]] = {}
        self._held: dict[str, asyncio.TimerHandle] = {}
        self._waiters: dict[str, set[asyncio.Future[None]]] = {}

    def start(self) -> None:
        """Go on where the store says that things stand."""
        self._timers.load()
        self._activities.load()
        for instance in self.hub.store.waiting():
            self._queue.wake(instance)

    async def close(self) -> None:
        """Stop; a later start on the same store goes on."""
        self._timers.close()
        for handle in self._held.values():
            handle.cancel()
        await self._queue.close()
        await self._activities.close()

    # Waking

    def publish(self, effects: Effects) -> None:
        """Set in motion what a committed transaction asks for."""
        if effects.activities:
            self._activities.add(effects.activities)
        if effects.timers:
            self._timers.add(effects.timers)
        for instance, item in effects.delivered:
            self._deliver(instance, item)
        for instance in effects.finished:
            for waiter in self._waiters.pop(instance, ()):
                if not waiter.done():
                    waiter.set_result(None)

    def _deliver(self, instance: str, item: Event | None) -> None:
        barrier = self._barriers.get(instance)
        if barrier and item is not None and item["EventType"] in SUCCESSES:
            task = finished_task(item)
            if task in barrier:
                barrier.discard(task)
                if barrier:
                    self._hold(instance)
                    return
        self._queue.wake(instance)

    def _hold(self, instance: str) -> None:
        """Let a success wait: the orchestrator cannot go on before the others are there."""
        if instance not in self._held:
            loop = asyncio.get_running_loop()
            self._held[instance] = loop.call_later(_HOLD, self._queue.wake, instance)

    def forget(self, instance: str) -> None:
        """Drop what is remembered of an instance whose stored history was replaced."""
        self._histories.pop(instance, None)
        self._barriers.pop(instance, None)

    async def wait_finished(self, instance: str, timeout: float) -> None:  # noqa: ASYNC109
        """Return when an instance has finished, or after a time-out."""
        found = self.hub.store.instance(instance)
        if found is None or found.status in FINISHED:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(instance, set())
        waiters.add(waiter)
        await asyncio.wait([waiter], timeout=timeout)
        waiters.discard(waiter)
        if not waiters:
            self._waiters.pop(instance, None)

    async def idle(self) -> None:
        """Return when nothing runs and nothing is ready to run; nothing is held back any more."""
        await asyncio.sleep(0)
        while self._queue.active or self._activities.active or self._held:
            for instance in self._held:
                self._queue.wake(instance)
            await asyncio.sleep(0)

    # Episodes

    async def _work(self, key: str) -> None:
        if key.startswith("@"):
            await self._entities.run(key)
            return
        handle = self._held.pop(key, None)
        if handle is not None:
            handle.cancel()
        self._barriers.pop(key, None)
        try:
            await self._episode(key)
        except WorkerLostError:
            logger.warning("the episode of %s runs again: the worker died", key)
            self._queue.wake(key)

    async def _episode(self, instance_id: str) -> None:
        store = self.hub.store
        instance = store.instance(instance_id)
        messages = store.messages(instance_id)
        if instance is None or instance.status in FINISHED:
            with store.transaction():
                store.consume(message.id for message in messages)
            return
        history = self._history(instance)
        triage = sort_messages(instance, history, messages, self.hub.timestamp())
        if triage.terminated is not None or not triage.new:
            self._commit_control(instance, triage)
            return
        encoded = [encode(item) for item in triage.new]
        verdict = await self._ask(instance, history, triage.new, encoded)
        current = store.instance(instance_id)
        if current is None or current.execution != instance.execution:
            return  # purged or replaced while the worker ran
        self._commit(instance, history, triage, encoded, verdict)

    def _history(self, instance: Instance) -> History:
        cached = self._histories.get(instance.id)
        if cached is not None and cached[0] == instance.execution:
            return cached[1]
        history = History.read(self.hub.store.history(instance.id))
        while len(self._histories) >= _CACHED_HISTORIES:
            self._histories.pop(next(iter(self._histories)))
        self._histories[instance.id] = (instance.execution, history)
        return history

    async def _ask(
        self, instance: Instance, history: History, new: list[Event], encoded: list[str]
    ) -> Verdict:
        function = self.hub.functions.orchestrators.get(instance.name.lower())
        if function is None:
            return episode.fail(instance.name, f"The function '{instance.name}' is gone.", "")
        request = episode.request(history, encoded, instance.id, instance.input, instance.parent)
        try:
            try:
                _, value = await self.hub.invoker.invoke(function, ["json", request])
                answer = episode.parse_answer(value)
            except InvocationError as error:
                answer = episode.parse_failure(function.name, error.message, error.stack)
        except OrchestrationFailure as failure:
            return episode.fail(instance.name, str(failure), "")
        events = history.events + new
        verdict = episode.judge(instance.name, instance.id, instance.execution, events, answer)
        try:
            commit.check(self.hub, instance, verdict.decisions)
        except OrchestrationFailure as failure:
            return episode.fail(instance.name, str(failure), "", verdict.custom_status)
        return verdict

    # Commits

    def _commit(
        self,
        instance: Instance,
        history: History,
        triage: Triage,
        encoded: list[str],
        verdict: Verdict,
    ) -> None:
        store, effects, now = self.hub.store, Effects(), self.hub.timestamp()
        with store.transaction():
            store.consume(triage.consumed)
            decided = [
                commit.carry_out(self.hub, instance, decision, effects)
                for decision in verdict.decisions
            ]
            decided.append(event(EventType.ORCHESTRATOR_COMPLETED, now))
            if verdict.status != "Running":
                last = len(history.events) + len(triage.new) + len(decided)
                decided.append(episode.completed_event(verdict, now, last))
            bodies = encoded + [encode(item) for item in decided]
            if verdict.status == "ContinuedAsNew":
                self._continue(instance, verdict, effects, now)
            else:
                store.append_history(instance.id, len(history.events), bodies)
                self._stand(instance, verdict, effects, now)
        if verdict.status == "Running":
            for item, body in zip(triage.new + decided, bodies, strict=True):
                history.append(item, body)
            if verdict.barrier and not self._has_news(instance.id):
                self._barriers[instance.id] = set(verdict.barrier)
        else:
            self.forget(instance.id)
        self.publish(effects)

    def _has_news(self, instance_id: str) -> bool:
        return bool(self.hub.store.messages(instance_id, limit=1))

    def _stand(self, instance: Instance, verdict: Verdict, effects: Effects, now: str) -> None:
        self.hub.store.save_instance(instance.with_(
            status=verdict.status, output=verdict.output, custom_status=verdict.custom_status,
            updated=now,
        ))  # fmt: skip
        if verdict.status in FINISHED:
            self._finish(instance, verdict, effects, now)
            logger.info(
                "orchestration %s %s %s", instance.name, instance.id, verdict.status.lower()
            )

    def _continue(self, instance: Instance, verdict: Verdict, effects: Effects, now: str) -> None:
        store = self.hub.store
        store.replace_history(instance.id, ())
        store.remove_timers(instance.id)
        fresh = instance.with_(
            execution=commit.new_execution_id(), status="Running", input=verdict.output,
            custom_status=verdict.custom_status, updated=now,
        )  # fmt: skip
        store.save_instance(fresh)
        commit.post_start(self.hub, effects, fresh, now)

    def _finish(self, instance: Instance, verdict: Verdict, effects: Effects, now: str) -> None:
        store = self.hub.store
        store.remove_timers(instance.id)
        store.consume(message.id for message in store.messages(instance.id))
        effects.finished.append(instance.id)
        if instance.parent is None:
            return
        task = instance.parent_task
        if verdict.status == "Completed":
            told = event(
                EventType.SUB_ORCHESTRATION_COMPLETED, now,
                TaskScheduledId=task, Result=verdict.output,
            )  # fmt: skip
        else:
            told = event(
                EventType.SUB_ORCHESTRATION_FAILED, now,
                TaskScheduledId=task, Reason=verdict.reason, Details=verdict.details,
            )  # fmt: skip
        self.hub.post(effects, instance.parent, instance.parent_execution, told)

    def _commit_control(self, instance: Instance, triage: Triage) -> None:
        """Commit an episode in which the orchestrator has nothing to do."""
        store, effects, now = self.hub.store, Effects(), self.hub.timestamp()
        with store.transaction():
            store.consume(triage.consumed)
            if triage.terminated is not None:
                start = len(self._history(instance).events)
                store.append_history(instance.id, start, [encode(triage.terminated)])
                reason = triage.terminated["Input"]
                verdict = Verdict(
                    "Terminated", reason, instance.custom_status, triage.terminated["Reason"]
                )
                self._stand(instance, verdict, effects, now)
                self.forget(instance.id)
            elif triage.status != instance.status:
                store.save_instance(instance.with_(status=triage.status, updated=now))
        self.publish(effects)
