"""Dead letters in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from landing_zone.intake.dead_letters import DeadLetter


class FakeDeadLetters:
    """A place of dead letters; those that are held are someone else's at the moment."""

    def __init__(self, *letters: DeadLetter) -> None:
        self.letters = list(letters)
        self.held: set[str] = set()

    async def browse(self) -> list[DeadLetter]:
        """All of them."""
        return list(self.letters)

    async def settle(
        self, wanted: Collection[str], handle: Callable[[DeadLetter], Awaitable[None]]
    ) -> list[str]:
        """Take those of these ids, and be done with each once it has been handled."""
        done: list[str] = []
        for letter in [one for one in self.letters if one.id in wanted]:
            if letter.id not in self.held:
                await handle(letter)
                self.letters.remove(letter)
                done.append(letter.id)
        return done
