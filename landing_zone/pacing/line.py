"""Those who wait for their turn: first come, first served, also where they go away meanwhile."""

from bisect import bisect_left
from collections import deque
from collections.abc import Hashable
from typing import Final

LATE_SECONDS: Final = 30.0
"""How much later than told one may come back and still have one's turn."""


class Turn:
    """One call's way through the quota: it may wait, go away and come back, and is then sent.

    Attributes:
        caller: By what it is known when it comes back: the same request is the same caller.
        line: Where it waits, if it has to.
        number: Its place among all who wait; -1 while it does not wait.
        due: When it is expected, in seconds.
        token: Which token it took; 0 before it was sent.
        beside: Calls that were under way when it was sent.
        sent_at: When it was sent, in seconds.
    """

    __slots__ = ("beside", "caller", "due", "line", "number", "sent_at", "token")

    def __init__(self, caller: Hashable, line: "Line") -> None:
        """Begin in no line."""
        self.caller = caller
        self.line = line
        self.number = -1
        self.due = 0.0
        self.token = 0
        self.beside = 0
        self.sent_at = 0.0


class Line:
    """A line of turns.

    Each holds a token from the moment it joins until it is sent, leaves, or does not come in time.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._next = 0
        self._numbers: list[int] = []
        self._turns: dict[int, Turn] = {}
        self._away: dict[Hashable, deque[Turn]] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def is_empty(self) -> bool:
        """Whether nobody waits here, and nobody is expected back."""
        return not (self._numbers or self._turns or self._away)

    def join(self, turn: Turn) -> None:
        """Stand at the end, unless it stands somewhere already."""
        if turn.number < 0:
            turn.number = self._next
            self._next += 1
            self._numbers.append(turn.number)
            self._turns[turn.number] = turn

    def ahead_of(self, turn: Turn) -> int:
        """How many stand before it; all of them where it does not stand here."""
        return len(self._numbers) if turn.number < 0 else bisect_left(self._numbers, turn.number)

    def enter(self, caller: Hashable) -> Turn:
        """The turn of a caller that went away, or a new one."""
        turns = self._away.get(caller) if self._away else None
        if turns is None:
            return Turn(caller, self)
        turn = turns.popleft()
        if not turns:
            del self._away[caller]
        return turn

    def go_away(self, turn: Turn) -> None:
        """Keep the place until the same caller comes back."""
        self._away.setdefault(turn.caller, deque()).append(turn)

    def leave(self, turn: Turn) -> None:
        """Stand here no longer."""
        if turn.number >= 0:
            del self._numbers[bisect_left(self._numbers, turn.number)]
            del self._turns[turn.number]
            turn.number = -1

    def lapse(self, now: float) -> None:
        """Wait no longer for those at the front who do not come."""
        while self._turns:
            first = next(iter(self._turns.values()))
            if now < first.due + LATE_SECONDS:
                return
            self.leave(first)
            self._forget(first)

    def _forget(self, turn: Turn) -> None:
        turns = self._away.get(turn.caller)
        if turns is not None and turn in turns:
            turns.remove(turn)
            if not turns:
                del self._away[turn.caller]
