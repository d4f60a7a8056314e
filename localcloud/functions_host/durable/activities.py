"""Runs activities: each at least once, and its outcome is told exactly once."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from localcloud.functions_host.durable import http_activity
from localcloud.functions_host.durable.events import Event, EventType, event
from localcloud.functions_host.durable.failures import (
    activity_failed,
    activity_missing,
    unknown_function,
)
from localcloud.functions_host.durable.hub import FINISHED, Effects, Hub
from localcloud.functions_host.durable.shim import HTTP_ACTIVITY
from localcloud.functions_host.errors import InvocationError, WorkerLostError
from localcloud.functions_host.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.functions_host.durable.store import Activity


class ActivityRunner:
    """Takes activities off the store's list, so many at a time as host.json allows."""

    def __init__(self, hub: Hub, limit: int, publish: Callable[[Effects], None]) -> None:
        self._hub = hub
        self._limit = limit
        self._publish = publish
        self._queue: deque[Activity] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._ended: list[tuple[Activity, Event]] = []
        self._closed = False

    @property
    def active(self) -> bool:
        """Tell whether activities run or wait to run."""
        return bool(self._running or self._queue or self._ended)

    def load(self) -> None:
        """Take over the activities that the store holds: they did not end before."""
        self.add(self._hub.store.activities())

    def add(self, activities: list[Activity]) -> None:
        """Run new activities."""
        self._queue.extend(activities)
        self._pump()

    def _pump(self) -> None:
        while self._queue and len(self._running) < self._limit and not self._closed:
            task = asyncio.create_task(self._run(self._queue.popleft()))
            self._running.add(task)
            task.add_done_callback(self._next)

    def _next(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("the host failed at an activity", exc_info=error)
        self._pump()

    async def _run(self, activity: Activity) -> None:
        try:
            outcome = await self._outcome(activity)
        except WorkerLostError:
            logger.warning("activity %s runs again: the worker died", activity.name)
            self._queue.appendleft(activity)
            return
        self._ended.append((activity, outcome))
        if len(self._ended) == 1:
            # What ends in this turn of the loop is committed together.
            asyncio.get_running_loop().call_soon(self._commit)

    async def _outcome(self, activity: Activity) -> Event:
        if activity.name == HTTP_ACTIVITY:
            result = await http_activity.call(activity.input or "{}")
            return self._completed(activity, result)
        functions = self._hub.functions.activities
        function = functions.get(activity.name.lower())
        if function is None:
            known = sorted(f.name for f in functions.values())
            message = unknown_function("activity", activity.name, known)
            return activity_missing(message, activity.task, self._hub.timestamp())
        try:
            _, value = await self._hub.invoker.invoke(function, ["json", activity.input or "null"])
        except InvocationError as error:
            logger.warning(
                "activity %s of %s failed: %s", function.name, activity.instance, error.message
            )
            return activity_failed(function.name, error, activity.task, self._hub.timestamp())
        return self._completed(activity, value)

    def _completed(self, activity: Activity, result: str | None) -> Event:
        return event(
            EventType.TASK_COMPLETED,
            self._hub.timestamp(),
            TaskScheduledId=activity.task,
            Result=result,
        )

    def _commit(self) -> None:
        ended, self._ended = self._ended, []
        store, effects, now = self._hub.store, Effects(), self._hub.timestamp()
        with store.transaction():
            for activity, outcome in ended:
                outcome["Timestamp"] = now
                if not store.remove_activity(activity.id):
                    continue
                instance = store.instance(activity.instance)
                if instance is None or instance.status in FINISHED:
                    continue
                self._hub.post(effects, activity.instance, activity.execution, outcome)
        self._publish(effects)

    async def close(self) -> None:
        """Stop: what has ended is committed, what runs is abandoned and runs again next time."""
        self._closed = True
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._ended:
            self._commit()
