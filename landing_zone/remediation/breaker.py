"""The breaker: two controllers that undo each other's work must not do so for ever."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class BreakerPolicy(BaseModel):
    """When a resource is left alone under one rule.

    Attributes:
        fixes: Fixes within the window after which no further one is made.
        window_seconds: Length of that window.
        quiet_seconds: Time without any drift after which a tripped breaker closes by itself.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    fixes: int = Field(default=5, ge=1, le=1000)
    window_seconds: float = Field(default=3600.0, gt=0, le=7 * 86400.0)
    quiet_seconds: float = Field(default=6 * 3600.0, gt=0, le=30 * 86400.0)


def within_window(
    policy: BreakerPolicy, fixed_at: Sequence[datetime], now: datetime
) -> tuple[datetime, ...]:
    """The fixes that still count, oldest first: never more than the policy's number of them."""
    start = now - timedelta(seconds=policy.window_seconds)
    counting = sorted(moment for moment in fixed_at if start < moment <= now)
    return tuple(counting[-policy.fixes :])


def breaker_state(
    policy: BreakerPolicy,
    fixed_at: Sequence[datetime],
    now: datetime,
    *,
    tripped_at: datetime | None = None,
    last_seen: datetime | None = None,
) -> Literal["closed", "tripped"]:
    """Whether another fix may be made.

    Args:
        policy: The bounds.
        fixed_at: When fixes were made.
        now: The time.
        tripped_at: When the breaker tripped; None while it has not, or once a person has reset it.
        last_seen: When the drift was last seen since then.
    """
    if tripped_at is not None:
        quiet_since = max(tripped_at, last_seen or tripped_at)
        if now - quiet_since < timedelta(seconds=policy.quiet_seconds):
            return "tripped"
        fixed_at = [moment for moment in fixed_at if moment > quiet_since]
    return "tripped" if len(within_window(policy, fixed_at, now)) >= policy.fixes else "closed"
