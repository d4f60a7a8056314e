"""Word that something may have changed, for who waits for it within this process."""

import asyncio
from typing import Protocol


class Waiter(Protocol):
    """What is called when there is news."""

    def set(self) -> None:
        """There is news."""
        ...


class News:
    """Wakes those who wait; there is nothing to keep, as they look for themselves."""

    def __init__(self) -> None:
        self._waiting: set[Waiter] = set()

    def ring(self) -> None:
        """Wake all who wait. Cheap where nobody does."""
        for one in self._waiting:
            one.set()

    async def wait(self, seconds: float) -> None:
        """Return when there is news, or after some seconds at the latest."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(event)
