"""What is believed to be left of a quota: our own count, held against what Azure tells."""

from dataclasses import dataclass


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
    """

    size: float
    rate: float
    tokens: float
    at: float
    taken: int = 0
    under_way: int = 0

    def level(self, now: float) -> float:
        """What it is believed to hold."""
        if now > self.at:
            self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
            self.at = now
        return self.tokens

    def take(self) -> int:
        """Take a token for a call that is being sent; which one it is."""
        self.tokens -= 1.0
        self.taken += 1
        self.under_way += 1
        return self.taken

    def returned(self) -> None:
        """A call has its answer, or will have none."""
        self.under_way -= 1

    def told(self, remaining: int, token: int, sent_at: float, now: float) -> None:
        """Correct what is believed by what an answer says.

        Azure counted when the call was on its way, and others were, too. So the truth lies between
        two bounds: what was said less all that may not have been counted in it, and what was said
        with all that came in since. Our own count stays where it lies between them.

        Args:
            remaining: What was left, as the answer says.
            token: The one that its call took.
            sent_at: When the call was sent.
            now: The time.
        """
        if now < self.at:
            return
        level = self.level(now)
        least = remaining - (self.taken - token) - self.under_way
        most = remaining + (now - sent_at) * self.rate
        self.size = max(self.size, float(remaining))
        self.tokens = max(float(least), min(most, level))

    def hold(self, until: float) -> None:
        """Let nothing be taken for a while, and then begin with one: the rest has to be earned."""
        self.tokens = 1.0
        self.at = max(self.at, until)

    def is_full(self, now: float) -> bool:
        """Whether forgetting it would change nothing."""
        return not self.under_way and self.at <= now and self.level(now) >= self.size
