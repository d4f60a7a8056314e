"""How far several operations have come: a column for each, or a row where there are many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table
from rich.text import Text

from landing_zone.plan import Step as Stage
from localcloud.demo.live import MARKS, duration, since
from localcloud.demo.models import Operation, Step

STEP_WIDTH = 26
CELL_WIDTH = 16  # "✔ 101/103 20.0 s"
LONG = 100.0
BAR_FROM = 24
MOST_BAR = 14
NO_STEP = MARKS["pending"]


@dataclass(slots=True)
class Column:
    """One tenant on the board; its view.

    Attributes:
        name: The tenant's id.
        tier: Its isolation tier; empty where it is not known.
        operation: The newest state; None before there is one.
        trouble: Why there is none, or nothing more to tell.
    """

    name: str
    tier: str
    operation: Operation | None = None
    trouble: str = ""

    def update(self, operation: Operation) -> None:
        """Show this from now on."""
        self.operation = operation

    def refused(self, trouble: str) -> None:
        """Say that there is nothing more to come."""
        self.trouble = trouble

    @property
    def over(self) -> bool:
        """Whether nothing more will change."""
        return bool(self.trouble) or (self.operation is not None and self.operation.over)

    @property
    def state(self) -> str:
        """That of a step: pending, running, done or failed."""
        if self.trouble:
            return "failed"
        if self.operation is None:
            return "pending"
        if not self.operation.over:
            return "running"
        return "done" if self.operation.state == "succeeded" else "failed"

    def step(self, stage: Stage) -> Step | None:
        """One of its steps; None before the plan is there."""
        steps = self.operation.steps if self.operation else ()
        return next((step for step in steps if step.number == stage), None)

    @property
    def count(self) -> tuple[int, int]:
        """How many of its resources are there, and how many there are to be."""
        steps = self.operation.steps if self.operation else ()
        return sum(step.done for step in steps), sum(len(step.resources) for step in steps)

    def seconds(self, now: datetime) -> float | None:
        """How long it has taken so far, or in all."""
        if self.operation is None:
            return None
        if self.operation.seconds is not None or self.trouble:
            return self.operation.seconds
        return since(self.operation.started_at, now)


def fits(columns: Sequence[Column], width: int) -> bool:
    """Whether there is room for a column each."""
    return _cell_width(columns, width) >= CELL_WIDTH


def _cell_width(columns: Sequence[Column], width: int) -> int:
    return (width - STEP_WIDTH) // len(columns) - 1


def as_columns(columns: Sequence[Column], width: int, spinner: Text, now: datetime) -> Table:
    """A column a tenant, a row a step, and a last row for all of it; 10 lines."""
    table = Table.grid(padding=(0, 1))
    cell = min(_cell_width(columns, width), BAR_FROM + MOST_BAR)
    table.add_column(width=STEP_WIDTH, no_wrap=True)
    for _ in columns:
        table.add_column(width=cell, no_wrap=True, overflow="ellipsis")
    table.add_row("", *(Text(column.name, "bold") for column in columns))
    table.add_row("", *(Text(column.tier, "dim") for column in columns))
    for stage in Stage:
        steps = [column.step(stage) for column in columns]
        running = any(step and step.state == "running" for step in steps)
        title = Text(f"{stage.value}. {stage.title}", "bold" if running else "")
        table.add_row(title, *(_step_cell(step, cell, spinner, now) for step in steps))
    totals = (_total_cell(column, cell, spinner, now) for column in columns)
    table.add_row(Text("   all of it", "dim"), *totals)
    return table


def _step_cell(step: Step | None, width: int, spinner: Text, now: datetime) -> Text:
    if step is None:
        return NO_STEP
    seconds = step.seconds if step.seconds is not None else since(step.started_at, now)
    count = (step.done, len(step.resources))
    return _cell(MARKS.get(step.state, spinner), count, seconds, width)


def _total_cell(column: Column, width: int, spinner: Text, now: datetime) -> Text:
    mark = MARKS.get(column.state, spinner)
    return _cell(mark, column.count, column.seconds(now), width)


def _cell(mark: Text, count: tuple[int, int], seconds: float | None, width: int) -> Text:
    done, of = count
    number = f"{done}/{of}" if of else ""
    bar = _bar(done, of, min(MOST_BAR, width - CELL_WIDTH - 2)) if width >= BAR_FROM else Text()
    return Text.assemble(mark, bar, f" {number:>7} {_brief(seconds):>6}")


def _brief(seconds: float | None) -> str:
    """Without a fraction where there is no room for it."""
    return f"{seconds:.0f} s" if seconds and seconds >= LONG else duration(seconds)


def _bar(done: int, of: int, width: int) -> Text:
    full = width * done // of if of else 0
    rest = width - full if of else 0
    blank = width - full - rest
    return Text.assemble(" ", ("━" * full, "green"), ("┄" * rest, "dim"), " " * blank)


def as_rows(columns: Sequence[Column], width: int, spinner: Text, now: datetime) -> Table:
    """A row a tenant, with a mark for each step."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(4, width - 47))
    table.add_column(width=9, no_wrap=True)
    for _ in Stage:
        table.add_column(width=1)
    table.add_column(width=CELL_WIDTH + 2, no_wrap=True, justify="right")
    heads = (Text(str(stage.value), "dim") for stage in Stage)
    table.add_row(Text("step", "dim"), "", *heads, "")
    for column in columns:
        steps = (column.step(stage) for stage in Stage)
        marks = (MARKS.get(step.state, spinner) if step else NO_STEP for step in steps)
        total = _total_cell(column, CELL_WIDTH, spinner, now)
        table.add_row(Text(column.name, "bold"), Text(column.tier, "dim"), *marks, total)
    return table
