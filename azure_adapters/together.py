"""Serving those together who come at once: whoever has the turn serves all who wait."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Waiting(Protocol):
    """Something that waits to be served."""

    @property
    def served(self) -> bool:
        """Whether it has what it came for, be it a refusal."""
        ...


@dataclass(slots=True)
class _Queue[W: Waiting]:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: list[W] = field(default_factory=list)


class Together[W: Waiting]:
    """A queue for each key; within a process, one batch of a key at a time is being served."""

    def __init__(
        self,
        serve: Callable[[str, list[W]], Awaitable[None]],
        batch: Callable[[Sequence[W]], list[W]],
    ) -> None:
        """Begin with nobody waiting.

        Args:
            serve: Serves some of a key, or raises what the one whose turn it is shall raise.
            batch: Chooses from those that wait; the first of them that is not served is among them.
        """
        self._serve = serve
        self._batch = batch
        self._queues: defaultdict[str, _Queue[W]] = defaultdict(_Queue[W])

    def turn(self, key: str) -> asyncio.Lock:
        """What is held while a key is served."""
        return self._queues[key].turn

    async def join(self, key: str, item: W) -> None:
        """Return once the item is served; whoever had the turn before may have done it."""
        queue = self._queues[key]
        queue.waiting.append(item)
        try:
            async with queue.turn:
                while not item.served:
                    await self._serve(key, self._batch(queue.waiting))
        finally:
            queue.waiting[:] = [other for other in queue.waiting if other is not item]
