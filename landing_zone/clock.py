"""Time, injected wherever it matters."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is. Synchronous; raises nothing."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.now(UTC)
