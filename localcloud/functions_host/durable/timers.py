"""Durable timers: kept in the store, and in a heap that tells when the next one is due."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from localcloud.functions_host.clock import from_text
from localcloud.functions_host.durable.events import EventType, event
from localcloud.functions_host.durable.hub import FINISHED, Effects, Hub

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.functions_host.clock import Cancellable
    from localcloud.functions_host.durable.store import Timer


class TimerQueue:
    """Fires timers when they are due, all that are due in one transaction."""

    def __init__(self, hub: Hub, publish: Callable[[Effects], None]) -> None:
        self._hub = hub
        self._publish = publish
        self._heap: list[tuple[str, str, str, int, Timer]] = []
        self._alarm: Cancellable | None = None
        self._alarm_at = ""

    def load(self) -> None:
        """Take over the timers that the store holds."""
        self.add(self._hub.store.timers())

    def add(self, timers: list[Timer]) -> None:
        """Watch over new timers."""
        for timer in timers:
            key = (timer.fire_at, timer.instance, timer.execution, timer.task, timer)
            heapq.heappush(self._heap, key)
        self._arm()

    def _arm(self) -> None:
        if not self._heap:
            return
        due = self._heap[0][0]
        if self._alarm is not None:
            if self._alarm_at <= due:
                return
            self._alarm.cancel()
        self._alarm_at = due
        self._alarm = self._hub.clock.call_at(from_text(due), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        now = self._hub.timestamp()
        due: list[Timer] = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[-1])
        if due:
            self._fire(due, now)
        self._arm()

    def _fire(self, due: list[Timer], now: str) -> None:
        store, effects = self._hub.store, Effects()
        with store.transaction():
            for timer in due:
                if not store.remove_timer(timer):
                    continue
                instance = store.instance(timer.instance)
                if instance is None or instance.status in FINISHED:
                    continue
                fired = event(EventType.TIMER_FIRED, now, TimerId=timer.task, FireAt=timer.fire_at)
                self._hub.post(effects, timer.instance, timer.execution, fired)
        self._publish(effects)

    def close(self) -> None:
        """Stop watching."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._heap.clear()
