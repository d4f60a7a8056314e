"""Reads that are shared by all who ask while one is under way."""

import asyncio
from collections.abc import Awaitable, Callable


class SharedRead[T]:
    """A read whose answer serves everyone who asked before it was begun, and nobody else.

    Whoever asks while one is under way waits for the next one, as that one may have passed by what
    has changed since.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        """Read nothing yet.

        Args:
            read: Reads it afresh.
        """
        self._read = read
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
                begun = self._asked
                self._answer = await self._read()
                self._served = begun
            return self._answer
