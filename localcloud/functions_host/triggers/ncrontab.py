"""Schedules of timer triggers: NCRONTAB with seconds, or a plain interval."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from croniter import croniter

from localcloud.functions_host.errors import HostError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_WITHOUT_SECONDS = 5
_ITEM = re.compile(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/(\d+))?")
_INTERVAL = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")


class Schedule(Protocol):
    """Tells when a timer is due next."""

    def next_after(self, moment: datetime) -> datetime:
        """Return the first due time after a moment."""


@dataclass(frozen=True)
class Interval:
    """A fixed distance between runs."""

    every: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """Return the moment one interval later."""
        return moment + self.every


@dataclass(frozen=True)
class Cron:
    """An NCRONTAB expression with six fields."""

    expression: str

    def next_after(self, moment: datetime) -> datetime:
        """Return the first matching second after a moment, in UTC."""
        # NCRONTAB wants day and day of week both to match, where cron is content with one.
        found = croniter(
            self.expression, moment, second_at_beginning=True, day_or=False, ret_type=datetime
        ).get_next()
        return datetime.fromtimestamp(found.timestamp(), UTC)


def parse(text: str, where: str) -> Schedule:
    """Read a schedule.

    Raises:
        HostError: it is neither an NCRONTAB expression nor an interval.
    """
    interval = _INTERVAL.fullmatch(text.strip())
    if interval is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in interval.groups())
        every = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if not every:
            raise HostError(f"{where}: the interval '{text}' must be above zero.")
        return Interval(every)
    fields = text.lower().split()
    if len(fields) == _WITHOUT_SECONDS:
        fields = ["0", *fields]
    if len(fields) != len(_FIELDS):
        raise HostError(f"{where}: '{text}' needs five or six fields, or the form hh:mm:ss.")
    for field, (name, low, high, names) in zip(fields, _FIELDS, strict=True):
        _check(field, name, low, high, names, f"{where}: '{text}'")
    return Cron(" ".join(fields))


def _check(field: str, name: str, low: int, high: int, names: tuple[str, ...], where: str) -> None:
    for item in field.split(","):
        found = _ITEM.fullmatch(item)
        if found is None:
            raise HostError(f"{where}: '{item}' is not a valid {name}.")
        start, end, step = found.groups()
        numbers = [_number(part, names) for part in (start, end) if part not in {None, "*"}]
        inside = all(number is not None and low <= number <= high for number in numbers)
        ordered = len(numbers) < 2 or (numbers[0] or 0) <= (numbers[1] or 0)  # noqa: PLR2004 - a pair
        if not inside or not ordered or (start == "*" and end) or step == "0":
            raise HostError(f"{where}: '{item}' is not a valid {name} ({low} to {high}).")


def _number(text: str, names: tuple[str, ...]) -> int | None:
    if text.isdigit():
        return int(text)
    if text not in names:
        return None
    return names.index(text) + (1 if names is _MONTHS else 0)
