"""How long to wait before the next attempt, and when to give up.

Deterministic: an orchestrator replays the same decisions, so the jitter comes from a name rather
than from chance.
"""

import hashlib

from pydantic import BaseModel, ConfigDict, Field

from landing_zone.arm_errors import PATIENCE


class RetryPolicy(BaseModel):
    """Bounds of the attempts at one resource.

    Attributes:
        base_seconds: First wait where the other side asked for none; doubles from there.
        cap_seconds: Longest wait of our own choosing.
        max_attempts: Attempts at one resource, the first included.
        deadline_seconds: Time for one resource, without the waits that Azure asked for.
        poll_seconds: Longest wait between polls where Azure asked for none.
        max_failed_operations: Long-running operations of one resource that may end in failure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_seconds: float = Field(default=2.0, gt=0)
    cap_seconds: float = Field(default=60.0, gt=0)
    max_attempts: int = Field(default=120, ge=1)
    deadline_seconds: float = Field(default=7200.0, gt=0)
    poll_seconds: float = Field(default=5.0, gt=0)
    max_failed_operations: int = Field(default=3, ge=1)


def backoff(policy: RetryPolicy, attempt: int, name: str) -> float:
    """Seconds to wait after a failed attempt: exponential, with jitter of up to a half.

    Args:
        policy: The bounds.
        attempt: Number of the attempt that failed, from 1.
        name: Whoever waits; different names spread, the same name always waits the same.
    """
    full = min(policy.cap_seconds, policy.base_seconds * 2.0 ** min(attempt - 1, 30))
    digest = hashlib.sha256(f"{name}/{attempt}".encode()).digest()
    share = int.from_bytes(digest[:4]) / 2**32
    return full * (0.5 + share / 2)


def poll_wait(policy: RetryPolicy, elapsed: float) -> float:
    """Seconds until the next poll where Azure asked for none: a tenth of the time passed.

    What takes a second is seen soon after, what takes minutes is not asked about every second.

    Args:
        policy: The bounds.
        elapsed: Seconds since the work began.
    """
    return min(policy.poll_seconds, max(policy.poll_seconds / 5, elapsed / 10))


def exhausted(policy: RetryPolicy, attempts: int, own_seconds: float, code: str) -> bool:
    """Whether to stop trying.

    Args:
        policy: The bounds.
        attempts: Attempts so far.
        own_seconds: Seconds since the first attempt, without the waits that Azure asked for.
        code: Code of the last error: some are believed to be passing for a while only.
    """
    limit = min(policy.deadline_seconds, PATIENCE.get(code, policy.deadline_seconds))
    return attempts >= policy.max_attempts or own_seconds >= limit
