"""A clock that stands still until it is told."""

import heapq
import itertools
import time
from collections.abc import Callable


class Call:
    """A call that was arranged."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Call it off."""
        self.callback = None


class ManualClock:
    """Starts at the present, as the SDK compares lock expiries with it; moves when told."""

    def __init__(self) -> None:
        self._now = time.time_ns() // 1_000_000
        self._calls: list[tuple[int, int, Call]] = []
        self._order = itertools.count()

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self._now

    def call_at(self, when: int, callback: Callable[[], None]) -> Call:
        """Call back when the clock is moved there; at its next move for what is past."""
        call = Call(callback)
        heapq.heappush(self._calls, (when, next(self._order), call))
        return call

    def advance(self, seconds: float) -> None:
        """Move, and make the calls that are due."""
        self._now += round(seconds * 1000)
        due = []
        while self._calls and self._calls[0][0] <= self._now:
            due.append(heapq.heappop(self._calls)[2])
        for call in due:
            if call.callback:
                call.callback()
