"""Time, injected: the engine never reads the machine's clock by itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
_LONGEST_SLEEP = timedelta(hours=1)


class Cancellable(Protocol):
    """A call that was arranged and can be called off."""

    def cancel(self) -> None:
        """Call it off; nothing happens when it has been made already."""


class Clock(Protocol):
    """What the host needs of time: the present, and to be called at a later moment."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Cancellable:
        """Call back once, not before ``when``, or some time earlier to be asked again."""


class SystemClock:
    """The machine's clock and the running event loop."""

    def now(self) -> datetime:
        """Return the present."""
        return datetime.now(UTC)

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Cancellable:
        """Call back at ``when``; a far moment is approached in steps, as clocks may be set."""
        delay = min(when - self.now(), _LONGEST_SLEEP).total_seconds()
        return asyncio.get_running_loop().call_later(max(0.0, delay), callback)


def to_text(moment: datetime) -> str:
    """Write a moment as the durable protocol does; the texts sort as the moments do."""
    return moment.astimezone(UTC).strftime(_FORMAT)


def from_text(text: str) -> datetime:
    """Read a moment; one without an offset is UTC.

    Raises:
        ValueError: the text is no ISO 8601 moment.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
