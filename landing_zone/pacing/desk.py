"""Lets the calls of one kind to one subscription through, each when it is its turn."""

from collections.abc import Hashable
from typing import Final

from landing_zone.pacing.bucket import Bucket
from landing_zone.pacing.line import Line, Turn
from landing_zone.pacing.settings import Kind, PaceSettings

TRICKLE: Final = 0.1
"""Share of what comes in that background work has for itself, however much else there is to do."""

SHORTEST_WAIT: Final = 0.001
_ROUNDING: Final = 1e-6  # of sums of small numbers


class Desk:
    """The quota of one kind, and those who wait for it.

    Attributes:
        kind: Which operations.
        bucket: What is left for them.
        strikes: Refusals in a row that did not say for how long to wait.
    """

    def __init__(self, kind: Kind, settings: PaceSettings, now: float, until: float) -> None:
        """Begin with a full bucket, or empty at the end of a hold.

        Args:
            kind: Which operations.
            settings: The size of the bucket, and what background work leaves of it.
            now: The time.
            until: When nothing is held any more.
        """
        limit = settings.limit(kind)
        self.kind = kind
        self.bucket = Bucket(limit.size, limit.rate, limit.size, now)
        if until > now:
            self.bucket.hold(until)
        self.strikes = 0
        self._reserve = settings.reserve * limit.size
        self._urgent = Line()
        self._background = Line()
        self._trickle_at = now

    def enter(self, caller: Hashable, *, urgent: bool) -> Turn:
        """The caller's turn: the one that it went away with, or a new one."""
        return (self._urgent if urgent else self._background).enter(caller)

    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return self._urgent.is_empty() and self._background.is_empty()

    def ask(self, turn: Turn, now: float) -> float:
        """Take a token, and send the call; or wait.

        Returns:
            0 when the call is to be sent now; else the seconds after which to ask again, different
            ones for each who waits.
        """
        self._urgent.lapse(now)
        self._background.lapse(now)
        level = self.bucket.level(now)
        free = level - self._kept_from(turn)
        spare = free - turn.line.ahead_of(turn)
        # Whoever is here when expected does not wait for those ahead who are late.
        in_time = turn.number >= 0 and now >= turn.due
        enough = self.bucket.enough - _ROUNDING
        may_go = spare >= enough or (
            in_time and (free >= enough or self._trickles(turn, level, now))
        )
        if now < self.bucket.at or not may_go:
            return self._wait(turn, spare, now)
        turn.line.leave(turn)
        turn.beside = self.bucket.under_way
        turn.token = self.bucket.take()
        turn.sent_at = now
        return 0.0

    def come_back(self, turn: Turn, now: float) -> float:
        """Stand in line and go away; the seconds after which to come back."""
        spare = self.bucket.level(now) - self._kept_from(turn) - turn.line.ahead_of(turn)
        wait = self._wait(turn, spare, now)
        turn.line.go_away(turn)
        return wait

    def is_at_rest(self, now: float) -> bool:
        """Whether forgetting it would change nothing."""
        return self.is_empty() and not self.strikes and self.bucket.is_full(now)

    def _kept_from(self, turn: Turn) -> float:
        """Tokens that are not for this one, whatever its place in its own line."""
        return 0.0 if turn.line is self._urgent else self._reserve + len(self._urgent)

    def _trickles(self, turn: Turn, level: float, now: float) -> bool:
        """Whether a call of background work that has waited is sent out of its small share."""
        if turn.line is self._urgent or now < max(self._trickle_at, self.bucket.at):
            return False
        if level < self.bucket.enough:
            return False
        self._trickle_at = now + self.bucket.seconds_for(1.0 / TRICKLE)
        return True

    def _wait(self, turn: Turn, spare: float, now: float) -> float:
        turn.line.join(turn)
        begin = max(now, self.bucket.at)
        wait = begin - now + self.bucket.seconds_for(max(0.0, self.bucket.enough - spare))
        turn.due = now + max(SHORTEST_WAIT, wait)
        return max(SHORTEST_WAIT, wait)
