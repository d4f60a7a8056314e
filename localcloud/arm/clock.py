"""Time, as the local Azure Resource Manager sees it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the present comes from. Synchronous, raises nothing."""

    def now(self) -> float:
        """Seconds since the epoch; it goes on while the process is down."""
        ...


class SystemClock:
    """The machine's clock: a restart finds the time in between passed, as Azure does."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()
