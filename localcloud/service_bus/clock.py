"""Time, as the broker sees it: milliseconds since the epoch, as AMQP's timestamps."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

_LONGEST = 3600.0  # seconds; a far moment is approached in steps, as clocks may be set


class Cancellable(Protocol):
    """A call that was arranged and can be called off."""

    def cancel(self) -> None:
        """Call it off; nothing happens when it has been made already."""


class Clock(Protocol):
    """What the broker needs of time. Synchronous, raises nothing."""

    def now(self) -> int:
        """Milliseconds since the epoch; it goes on while the process is down."""
        ...

    def call_at(self, when: int, callback: Callable[[], None]) -> Cancellable:
        """Call back once, not before the moment, or some time earlier to be asked again."""
        ...


class SystemClock:
    """The machine's clock and the running event loop."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def call_at(self, when: int, callback: Callable[[], None]) -> Cancellable:
        """Call back at the moment, or after an hour."""
        delay = min((when - self.now()) / 1000, _LONGEST)
        return asyncio.get_running_loop().call_later(max(0.0, delay), callback)
