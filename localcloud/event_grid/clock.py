"""Time, as the local Event Grid sees it."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where the present comes from, and what one waits by."""

    def now(self) -> float:
        """Seconds since the epoch; it goes on while the process is down. Synchronous."""
        ...

    async def wait(self, wake: asyncio.Event, until: float | None) -> None:
        """Return when the event is set, or when a moment has come."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    async def wait(self, wake: asyncio.Event, until: float | None) -> None:
        """Return when the event is set, or when a moment has come."""
        if until is None:
            await wake.wait()
            return
        try:
            async with asyncio.timeout(max(0.0, until - self.now())):
                await wake.wait()
        except TimeoutError:
            return
