"""What is under way in several operations: the hub's queue, and the longest of each tenant."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from localcloud.demo.columns import Column
from localcloud.demo.live import duration, remaining, since, why
from localcloud.demo.models import Operation, Resource, Wait
from localcloud.demo.room import shares, shown_of

# All tenants wait for the same writer of the hub, so what it does is shown once.
OF_THE_HUB = re.compile(r"the hub's (?P<lane>\w+) ")
LINES_A_LANE = 2
KEY_WIDTH = 26
KINDS_FROM = 110
BROKEN = frozenset({"failed", "left"})

type Row = tuple[str, str, Text]


def hub_queue(columns: Sequence[Column], console: Console, width: int, now: datetime) -> list[Text]:
    """What each writer of the hub does, as the tenant that asked last was told."""
    newest: dict[str, Wait] = {}
    for column in columns:
        for item in _under_way(column):
            lane = _lane(item)
            if item.wait and lane and _until(item.wait) >= _until(newest.get(lane)):
                newest[lane] = item.wait
    lines: list[Text] = []
    for _, wait in sorted(newest.items()):
        left = remaining(wait, now)
        told = f"T{why(wait)[1:]}" + (f"; next look in {left:.0f} s" if left >= 1 else "")
        lines += Text(told, "yellow").wrap(console, width)[:LINES_A_LANE]
    return lines


def _under_way(column: Column) -> list[Resource]:
    operation = column.operation
    return [] if column.over or operation is None else operation.under_way


def _lane(item: Resource) -> str:
    """The writer of the hub that a resource waits for, if it does."""
    found = OF_THE_HUB.match(why(item.wait)) if item.wait and item.state == "running" else None
    return found["lane"] if found else ""


def _until(wait: Wait | None) -> float:
    return wait.until.timestamp() if wait and wait.until else 0.0


def tenants_work(columns: Sequence[Column], width: int, lines: int, now: datetime) -> Table:
    """What each tenant is at, in at most so many lines: the longest first."""
    name_width = max(len(column.name) for column in columns)
    table = Table.grid(padding=(0, 1))
    table.add_column(width=min(name_width, width // 4), no_wrap=True, overflow="ellipsis")
    table.add_column(width=KEY_WIDTH, no_wrap=True, overflow="ellipsis")
    table.add_column(width=7, no_wrap=True, justify="right")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.expand = True
    rows = [list(_rows(column, now, kinds=width >= KINDS_FROM)) for column in columns]
    for column, found, share in zip(columns, rows, shares(map(len, rows), lines), strict=True):
        for number, (key, seconds, told) in enumerate(_cut(found, share)):
            name = Text(column.name if number == 0 else "", "bold")
            table.add_row(name, key, Text(seconds, "dim"), told)
    return table


def _cut(rows: Sequence[Row], share: int) -> Sequence[Row]:
    """The first rows; the last line says how many there is no room for."""
    first = rows[: shown_of(len(rows), share)]
    if len(first) < share:
        return [*first, (f"and {len(rows) - len(first)} more", "", Text())]
    return first


def _rows(column: Column, now: datetime, *, kinds: bool) -> Iterator[Row]:
    operation = column.operation
    if column.trouble:
        for number, line in enumerate(column.trouble.splitlines()):
            yield "" if number else "refused", "", Text(line.strip(), "red")
    elif operation is None:
        yield "the request is on its way", "", Text()
    elif operation.over:
        yield _end(operation)
    elif operation.waiting_for:
        yield "", "", Text(operation.waiting_for, "yellow")
    else:
        yield from _work(operation, now, kinds=kinds)


def _end(operation: Operation) -> Row:
    seconds = duration(operation.seconds)
    if operation.state == "succeeded":
        return "[green]onboarded[/green]", seconds, Text()
    return f"[red]{operation.state}[/red]", seconds, Text(operation.reason, "red")


def _work(operation: Operation, now: datetime, *, kinds: bool) -> Iterator[Row]:
    """What is under way; what waits for the hub stands in its queue, unless there is no more."""
    found = operation.under_way
    if not operation.planned:
        yield "is admitted and planned", "", Text()
    for item in [item for item in found if not _lane(item)] or found:
        spent = item.seconds if item.seconds is not None else since(item.started_at, now)
        style = "red" if item.state in BROKEN else "dim"
        yield item.key, duration(spent), Text(_told(item, now, kinds=kinds), style)


def _told(item: Resource, now: datetime, *, kinds: bool) -> str:
    """Its kind where there is room, how often it was tried, why it waits and how long still."""
    parts = [item.kind] if kinds else []
    if item.attempts > 1:
        parts.append(f"attempt {item.attempts}")
    if item.state != "running":
        parts.append(item.state)
    elif lane := _lane(item):
        parts.append(f"the hub's {lane}")
    elif item.wait:
        parts.append(why(item.wait))
        left = remaining(item.wait, now)
        parts += [f"{left:.0f} s more"] if left >= 1 else []
    return ", ".join(parts)
