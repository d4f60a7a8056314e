"""Work by key: at most one at a time for a key, and at most so many together."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from localcloud.functions_host.logs import logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_RETRY_DELAY = 1.0  # seconds; only for faults of the host itself


class KeyedQueue:
    """Runs ``work(key)`` for every key that was woken; a key woken meanwhile runs once more."""

    def __init__(self, limit: int, work: Callable[[str], Awaitable[None]]) -> None:
        self._limit = limit
        self._work = work
        self._ready: deque[str] = deque()
        self._queued: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._closed = False

    def wake(self, key: str) -> None:
        """Have the work done for a key, soon."""
        if key in self._running:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.append(key)
            self._pump()

    @property
    def active(self) -> bool:
        """Tell whether work runs or is ready to run."""
        return bool(self._running or self._ready)

    def _pump(self) -> None:
        while self._ready and len(self._running) < self._limit and not self._closed:
            key = self._ready.popleft()
            self._queued.discard(key)
            task = asyncio.create_task(self._run(key))
            self._running[key] = task

    async def _run(self, key: str) -> None:
        try:
            await self._work(key)
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - one instance must not stop the others
            logger.exception("the host failed at %s and tries again", key)
            asyncio.get_running_loop().call_later(_RETRY_DELAY, self.wake, key)
        finally:
            self._running.pop(key, None)
            if key in self._again:
                self._again.discard(key)
                self.wake(key)
            else:
                self._pump()

    async def close(self) -> None:
        """Stop: what runs is abandoned, as nothing of it is committed."""
        self._closed = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
