"""Token buckets as Azure Resource Manager has them, and Microsoft.Network's own limits.

All of them live in memory: a restart finds them full. They refill on the scaled clock.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from localcloud.arm.errors import ArmError
from localcloud.arm.paths import subscription_of
from localcloud.arm.profile import retry_headers

type Kind = Literal["reads", "writes", "deletes"]

# Size, and tokens a second: learn.microsoft.com, request-limits-and-throttling.
_BUCKETS: dict[Kind, tuple[int, float]] = {
    "reads": (250, 25.0),
    "writes": (200, 10.0),
    "deletes": (200, 10.0),
}
_NETWORK_WINDOW = 300.0  # seconds
_NETWORK_LIMITS = {"reads": 10_000, "changes": 1_000}


@dataclass(slots=True)
class Bucket:
    """A token bucket.

    Attributes:
        size: Most tokens it holds.
        rate: Tokens a second.
        tokens: What it holds.
        at: When that was so, in seconds.
    """

    size: int
    rate: float
    tokens: float
    at: float

    def take(self, now: float) -> float:
        """Take a token; the seconds until there is one when there is none, else 0."""
        elapsed = max(0.0, now - self.at)
        self.tokens = min(float(self.size), self.tokens + elapsed * self.rate)
        self.at = max(self.at, now)
        if self.tokens >= 1.0:
            self.tokens -= 1.0
            return 0.0
        return (1.0 - self.tokens) / self.rate


def kind_of(method: str) -> Kind:
    """Which bucket a method takes from."""
    match method:
        case "GET" | "HEAD":
            return "reads"
        case "DELETE":
            return "deletes"
        case _:
            return "writes"


@dataclass(slots=True)
class Throttle:
    """Every bucket and window.

    Attributes:
        speed: How many times faster than Azure time passes.
    """

    speed: float
    _buckets: dict[tuple[str, str, Kind], Bucket] = field(default_factory=dict)
    _windows: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def admit(self, method: str, path: str, principal: str, now: float) -> dict[str, str]:
        """Count a request; the headers that say how many more there may be.

        Raises:
            ArmError: 429, with the time to wait.
        """
        kind = kind_of(method)
        subscription = subscription_of(path)
        self._admit_network(kind, subscription, path, now)
        bucket = self._bucket(subscription, principal, kind, now)
        wait = bucket.take(now)
        level = "subscription" if subscription else "tenant"
        headers = {f"x-ms-ratelimit-remaining-{level}-{kind}": str(int(bucket.tokens))}
        if wait:
            seconds = max(1, math.ceil(wait))
            raise ArmError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "SubscriptionRequestsThrottled",
                f"Number of requests for subscription '{subscription}' and operation '{method}'"
                f" exceeded the limit. Please try again after '{seconds}' seconds.",
                headers=headers | retry_headers(wait),
            )
        return headers

    def _bucket(self, subscription: str, principal: str, kind: Kind, now: float) -> Bucket:
        key = (subscription, principal, kind)
        bucket = self._buckets.get(key)
        if bucket is None:
            size, rate = _BUCKETS[kind]
            bucket = self._buckets[key] = Bucket(size, rate * self.speed, float(size), now)
        return bucket

    def _admit_network(self, kind: Kind, subscription: str, path: str, now: float) -> None:
        lowered = path.lower()
        if "/providers/microsoft.network/" not in lowered or "/operation" in lowered:
            return
        group = "reads" if kind == "reads" else "changes"
        window = self._windows.setdefault((subscription, group), deque())
        length = _NETWORK_WINDOW / self.speed
        while window and window[0] <= now - length:
            window.popleft()
        if len(window) >= _NETWORK_LIMITS[group]:
            raise ArmError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "TooManyRequests",
                f"The request is being throttled: Microsoft.Network takes {_NETWORK_LIMITS[group]}"
                f" {group} in {_NETWORK_WINDOW:.0f} seconds.",
                headers=retry_headers(window[0] + length - now),
            )
        window.append(now)

    def clear(self) -> None:
        """Fill everything up again."""
        self._buckets.clear()
        self._windows.clear()
