"""An operation as a table that changes: for a terminal."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from localcloud.demo.models import Operation, Resource, Step, Wait, start
from localcloud.demo.room import shares, shown_of

SHOWN_RESOURCES = 8
MARGIN = 4
# A cause may begin with the whole wait; here the rest of it is counted down instead.
STATED_WAIT = re.compile(r"^waiting [\d.]+ s: ")
MARKS = {
    "done": Text("✔", "green"),
    "failed": Text("✘", "red"),
    "pending": Text("·", "dim"),
}


class LiveView:
    """Renders the newest state of an operation; rich draws it several times a second."""

    def __init__(self) -> None:
        self._operation: Operation | None = None
        self._trouble = ""
        self._spinner = Spinner("dots", style="cyan")

    def update(self, operation: Operation) -> None:
        """Show this from now on."""
        self._operation = operation

    def refused(self, trouble: str) -> None:
        """Show this instead of a request that is on its way."""
        self._trouble = trouble

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Not the whole width: a terminal that echoes ^C behind a full line would scroll."""
        lines = console.size.height - 1
        yield Constrain(self._rendered(lines), options.max_width - MARGIN)

    def _rendered(self, lines: int) -> RenderableType:
        """The steps, and beneath a running one the resources under way as far as there is room."""
        if self._operation is None and self._trouble:
            return Text("  there is nothing to follow", "red")
        if self._operation is None:
            return Text("  the request is on its way", "dim")
        table = Table.grid(padding=(0, 1))
        table.add_column(width=2, justify="right")
        table.add_column(no_wrap=True)
        table.add_column(justify="right", width=7, no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
        table.expand = True
        now = datetime.now(UTC)
        steps = self._operation.steps
        shown = [_under_way(step) for step in steps]
        wanted = (min(len(found), SHOWN_RESOURCES + 1) for found in shown)
        rooms = shares(wanted, lines - len(steps) - 1)
        for step, found, room in zip(steps, shown, rooms, strict=True):
            table.add_row(*self._step_row(step, now))
            for row in _resource_rows(found, room, now):
                table.add_row(*row)
        if self._operation.waiting_for and not self._operation.over:
            return Group(table, Text(f"  waiting: {self._operation.waiting_for}", "yellow"))
        return table

    def _step_row(self, step: Step, now: datetime) -> tuple[RenderableType, ...]:
        mark = MARKS.get(step.state, self._spinner)
        style = "bold" if step.state == "running" else ""
        count = f"{step.done} of {len(step.resources)} resources" if step.resources else ""
        seconds = step.seconds if step.seconds is not None else since(step.started_at, now)
        return mark, Text(f"{step.number}. {step.name}", style), duration(seconds), count


def _under_way(step: Step) -> list[Resource]:
    """What is under way in a step or has gone wrong, longest first."""
    shown = [item for item in step.resources if item.state not in {"waiting", "done"}]
    return sorted(shown, key=start)


def _resource_rows(
    found: Sequence[Resource], room: int, now: datetime
) -> Iterator[tuple[RenderableType, ...]]:
    first = found[: shown_of(len(found), room)]
    for item in first:
        failed = item.state in {"failed", "left"}
        name = Text(f"   {item.label}", "red" if failed else "dim")
        spent = item.seconds if item.seconds is not None else since(item.started_at, now)
        yield "", name, Text(duration(spent), "dim"), Text(situation(item, now), "dim")
    if len(first) < room:
        yield "", Text(f"   and {len(found) - len(first)} more", "dim"), "", ""


def situation(item: Resource, now: datetime) -> str:
    """What a resource is doing: why it waits and how long still, and how often it was tried."""
    if item.state != "running":
        told = item.state
    elif item.wait:
        left = remaining(item.wait, now)
        told = f"waiting {left:.0f} s: " if left >= 1 else "waiting: "
        told += why(item.wait)
    else:
        told = ""
    attempt = f"attempt {item.attempts}" if item.attempts > 1 else ""
    return ", ".join(part for part in (item.kind, attempt, told) if part)


def remaining(wait: Wait, now: datetime) -> float:
    """Seconds until it looks again; below zero when that moment has passed."""
    return (wait.until - now).total_seconds() if wait.until else 0.0


def why(wait: Wait) -> str:
    """What it waits for, without the wait."""
    return STATED_WAIT.sub("", wait.cause)


def since(start: datetime | None, now: datetime) -> float | None:
    """Seconds since a start that may not have been; never negative."""
    return max(0.0, (now - start).total_seconds()) if start else None


def duration(seconds: float | None) -> str:
    """Seconds with one digit, or nothing."""
    return "" if seconds is None else f"{seconds:.1f} s"
