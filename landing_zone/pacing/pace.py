"""The pace of one subscription: all of it is held when Azure asks for it."""

from landing_zone.pacing.desk import Desk
from landing_zone.pacing.line import Turn
from landing_zone.pacing.settings import Kind, PaceSettings

_MOST_DOUBLINGS = 30


class Pace:
    """The quotas of one subscription, of one service principal.

    Attributes:
        until: When it is not held any more, in seconds.
    """

    def __init__(self, settings: PaceSettings) -> None:
        """Begin with full buckets."""
        self.until = float("-inf")
        self._settings = settings
        self._desks: dict[Kind, Desk] = {}
        self._held_at = float("-inf")

    def desk(self, kind: Kind, now: float) -> Desk:
        """Where the calls of a kind are let through."""
        found = self._desks.get(kind)
        if found is None:
            found = self._desks[kind] = Desk(kind, self._settings, now, self.until)
        return found

    def answered(self, desk: Desk, turn: Turn, remaining: int | None, now: float) -> None:
        """A call was answered, be it refused for what it is.

        Args:
            desk: Where it was let through.
            turn: Its turn.
            remaining: What is left of the quota, where the answer tells.
            now: The time.
        """
        desk.bucket.returned()
        if remaining is not None:
            uncounted = desk.bucket.taken - turn.token + turn.beside
            desk.bucket.told(remaining, uncounted, turn.sent_at, now)
        if turn.sent_at >= self.until:
            desk.strikes = 0

    def throttled(
        self, desk: Desk, turn: Turn, asked: float | None, chance: float, now: float
    ) -> float:
        """A call was answered with 429: the whole subscription is held.

        Those that were under way together are refused together: that is one strike.

        Args:
            desk: Where it was let through.
            turn: Its turn.
            asked: Seconds that Azure asked to wait, if it did.
            chance: A number from 0 to 1, by which holds of our own choosing differ.
            now: The time.

        Returns:
            The seconds after which the caller is to come back.
        """
        desk.bucket.returned()
        desk.bucket.cut(turn.sent_at, now)
        if asked:
            self._hold(now, now + asked)
        elif turn.sent_at > self._held_at:
            desk.strikes += 1
            self._hold(now, now + self._grown(desk.strikes) * (0.5 + chance / 2))
        return desk.come_back(turn, now)

    def is_at_rest(self, now: float) -> bool:
        """Whether forgetting it would change nothing."""
        return now >= self.until and all(desk.is_at_rest(now) for desk in self._desks.values())

    def _grown(self, strikes: int) -> float:
        doubled = self._settings.hold_seconds * 2.0 ** min(strikes - 1, _MOST_DOUBLINGS)
        return min(self._settings.hold_most_seconds, doubled)

    def _hold(self, now: float, until: float) -> None:
        self._held_at = now
        self.until = max(self.until, until)
        for desk in self._desks.values():
            desk.bucket.hold(self.until)
