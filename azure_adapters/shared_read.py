"""Reads that are shared by all who ask while one is under way."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable


class SharedRead[T]:
    """A read whose answer serves everyone who asked before it was begun, and nobody else.

    Whoever asks while one is under way waits for the next one, as that one may have passed by what
    has changed since. Reads begin some time apart, so that few serve the many of a storm; one that
    is asked for after a quiet while begins at once.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        apart: float = 0.0,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Read nothing yet.

        Args:
            read: Reads it afresh.
            apart: Seconds between the beginnings of two reads.
            now: The time, in seconds from anywhere.
            sleep: Waits for so many of them.
        """
        self._read = read
        self._apart = apart
        self._now = now
        self._sleep = sleep
        self._next = -math.inf
        self._turn = asyncio.Lock()
        self._asked = 0
        self._served = 0
        self._answer: T | None = None

    async def get(self) -> T:
        """What a read has answered that was begun after this was called; raises what it raises."""
        self._asked += 1
        own = self._asked
        async with self._turn:
            if self._served < own or self._answer is None:
                if (pause := self._next - self._now()) > 0:
                    await self._sleep(pause)
                self._next = self._now() + self._apart
                begun = self._asked
                self._answer = await self._read()
                self._served = begun
            return self._answer
