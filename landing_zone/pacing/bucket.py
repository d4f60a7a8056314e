"""What is believed to be left of a quota: our own count, held against what Azure tells."""

import math
from dataclasses import dataclass
from typing import Final

LEAST_SHARE: Final = 1 / 64
RECOVERY: Final = 1 / 30
"""What a share grows by in a second: fifteen of them from a sole refusal to everything."""


@dataclass(slots=True)
class Bucket:
    """A token bucket of Azure's, as far as it can be known from here.

    Attributes:
        size: Most tokens that it holds, as far as is known.
        rate: Tokens a second.
        tokens: What it is believed to hold.
        at: When that was so, in seconds; nothing may be taken before.
        taken: Tokens taken so far.
        under_way: Calls that have taken one and have no answer yet.
        share: Which part of it is believed to be ours: other processes take from it, too.
        cut_at: When the share was cut, in seconds.
    """

    size: float
    rate: float
    tokens: float
    at: float
    taken: int = 0
    under_way: int = 0
    share: float = 1.0
    cut_at: float = float("-inf")

    @property
    def enough(self) -> float:
        """What it has to hold for a call to be sent: the call's own token, and one in doubt.

        Our count and Azure's differ by a part of one, as calls are on their way for a while.
        """
        return min(2.0, self.size)

    def level(self, now: float) -> float:
        """What it is believed to hold."""
        if now > self.at:
            elapsed = now - self.at
            self.at = now
            if self.share < 1.0:
                self.share = min(1.0, self.share + elapsed * RECOVERY)
            self.tokens = min(self.size, self.tokens + elapsed * self.rate * self.share)
        return self.tokens

    def seconds_for(self, tokens: float) -> float:
        """Seconds until so many more come in, if nobody is refused meanwhile."""
        if self.share >= 1.0:
            return tokens / self.rate
        # The share grows evenly until all is ours: the tokens are the area below it.
        growing = (1.0 - self.share) / RECOVERY
        meanwhile = self.rate * growing * (1.0 + self.share) / 2
        if tokens > meanwhile:
            return growing + (tokens - meanwhile) / self.rate
        squared = self.share**2 + 2 * RECOVERY * tokens / self.rate
        return (math.sqrt(squared) - self.share) / RECOVERY

    def take(self) -> int:
        """Take a token for a call that is being sent; which one it is."""
        self.tokens -= 1.0
        self.taken += 1
        self.under_way += 1
        return self.taken

    def returned(self) -> None:
        """A call has its answer, or will have none."""
        self.under_way -= 1

    def told(self, remaining: int, uncounted: int, sent_at: float, now: float) -> None:
        """Correct what is believed by what an answer says.

        Azure counted when the call was on its way, and others were, too. So the truth lies between
        two bounds: what was said less all that may not have been counted in it, and what was said
        with all that came in since. Our own count stays where it lies between them.

        Args:
            remaining: What was left, as the answer says.
            uncounted: Other calls that took a token and may not have been counted in it.
            sent_at: When the call was sent.
            now: The time.
        """
        if now < self.at:
            return
        level = self.level(now)
        ours = remaining * self.share
        least = ours - uncounted
        most = ours + (now - sent_at) * self.rate * self.share
        self.size = max(self.size, float(remaining))
        self.tokens = max(least, min(most, level))

    def cut(self, sent_at: float, now: float) -> None:
        """A call was refused although there should have been a token: others take them, too.

        Those that were under way together cut it once.

        Args:
            sent_at: When the call was sent.
            now: The time.
        """
        if sent_at >= self.cut_at:
            self.share = max(LEAST_SHARE, self.share / 2)
            self.cut_at = now

    def hold(self, until: float) -> None:
        """Let nothing be taken for a while, and then begin with one: the rest has to be earned."""
        self.tokens = self.enough
        self.at = max(self.at, until)

    def is_full(self, now: float) -> bool:
        """Whether forgetting it would change nothing."""
        return not self.under_way and self.at <= now and self.level(now) >= self.size
