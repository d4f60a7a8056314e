"""Taking back what was left, again and again, ever more seldom: what is due, and what it walks."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from landing_zone.contracts import Stage
from landing_zone.lifecycle import TenantState
from landing_zone.routes.courses import LEAVING
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work

FIRST_WAIT: Final = timedelta(hours=1)
LONGEST_WAIT: Final = timedelta(hours=24)
CLEANER: Final = "spokewright"
"""Who asks where nobody does."""


def left_keys(stages: tuple[Stage, ...], left: Iterable[str]) -> tuple[Stage, ...]:
    """The stages with what was left alone; with all, where not all that was left is planned."""
    wanted = frozenset(left)
    planned = {key for stage in stages for key in stage.keys}
    if not wanted <= planned:
        return stages
    kept = (
        stage.model_copy(update={"keys": tuple(key for key in stage.keys if key in wanted)})
        for stage in stages
    )
    return tuple(stage for stage in kept if stage.keys or not stage.plan_hash)


def work_again(record: TenantRecord, actor: str, reason: str) -> Work:
    """What takes back what was left of a tenant that failed.

    An offboarding is asked for once more, by who asked for it: only that ends with a certificate.
    """
    last = record.work
    if last.kind is Kind.OFFBOARD:
        return last.model_copy(update={"tries": 0})
    return Work(kind=Kind.CLEAN_UP, actor=actor, reason=reason)


def is_left(record: TenantRecord) -> bool:
    """Whether a tenant has failed on its way out or in, and something of it may be left."""
    over = record.state is TenantState.FAILED and not record.ongoing
    left = bool(record.open_work) or record.work.kind is Kind.OFFBOARD
    return over and record.work.kind in LEAVING and left


def due_again(record: TenantRecord, now: datetime) -> Work | None:
    """What is to be tried again now by nobody's asking; None for nothing."""
    if not is_left(record):
        return None
    tries = record.work.tries
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries, 10))
    if now - record.updated_at < wait:
        return None
    work = work_again(record, CLEANER, "tried again by the timer")
    return work.model_copy(update={"tries": tries + 1})
