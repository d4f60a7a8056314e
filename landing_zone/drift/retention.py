"""How long what was counted and found is kept as it is: pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from landing_zone.drift.tallies import day_of
from landing_zone.remediation.findings import Finding

KEPT: Final = timedelta(days=35)
"""Longer than service levels are measured, and than any breaker remembers; the audit is kept."""

BEFORE: Final = "0000-00-00"
"""The day under which all that was counted long ago is found."""


def still_told(findings: Iterable[Finding], before: datetime) -> tuple[Finding, ...]:
    """The findings without those that were over before that time."""
    return tuple(one for one in findings if not _was_over(one, before))


def day_kept(day: str, now: datetime) -> str:
    """The day under which a day's tally is kept from now on: itself, or that of long ago."""
    return day if day >= day_of(now - KEPT) else BEFORE


def is_written(day: str, now: datetime) -> bool:
    """Whether someone may still count under a day: clocks of two processes differ a little."""
    return day >= day_of(now - timedelta(days=1))


def _was_over(finding: Finding, before: datetime) -> bool:
    return finding.is_over and finding.fixed_at is not None and finding.fixed_at < before
