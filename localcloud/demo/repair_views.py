"""The rogue's acts and their repairs: as a picture for a terminal, or as lines."""

import time
from collections.abc import Callable, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.constrain import Constrain
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from localcloud.demo.repairs import Case, State

MARGIN = 3
NAMES_FROM = 96
STYLES = {State.REPAIRED: "green", State.ACTING: "yellow"}
MARKS = {
    State.REPAIRED: Text("✔", "green"),
    State.LEFT: Text("✘", "red"),
    State.REFUSED: Text("✘", "red"),
}


class RepairBoard:
    """Renders the newest state of all; rich draws it several times a second.

    Args:
        speed: How many times faster than Azure the cloud is.
        clock: The clock of the watch.
    """

    def __init__(self, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed = speed
        self._clock = clock
        self._cases: Sequence[Case] = ()
        self._spinner = Spinner("dots", style="cyan")

    def update(self, cases: Sequence[Case]) -> None:
        """Show these from now on."""
        self._cases = cases

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Not the whole width: a terminal that echoes ^C behind a full line would scroll."""
        width = options.max_width - MARGIN
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for column in (12, 7, 6):
            table.add_column(width=column, no_wrap=True, justify="right")
        table.expand = True
        heads = ("", "Azure's", "here")
        table.add_row("", "", "", *(Text(head, "dim") for head in heads))
        for case in self._cases:
            mark = MARKS.get(case.state, self._spinner.render(console.get_time()))
            table.add_row(mark, *self._cells(case, names=width >= NAMES_FROM))
        yield Constrain(table, width)

    def _cells(self, case: Case, *, names: bool) -> list[Text]:
        seconds = case.seconds
        if case.state is State.BROKEN and case.broken_at is not None:
            seconds = max(0.0, self._clock() - case.broken_at)
        whose = f"{case.act.whose}: {case.act.what}" if names else case.act.whose
        azure = "" if seconds is None else f"{seconds * self._speed:.0f} s"
        here = "" if seconds is None else f"{seconds:.1f} s"
        return [
            Text(case.act.title),
            Text(whose, "dim"),
            Text(case.state.value, STYLES.get(case.state, "red")),
            Text(azure),
            Text(here, "dim"),
        ]


class RepairLines:
    """Writes a line for each change.

    Args:
        write: Where to.
        speed: How many times faster than Azure the cloud is.
    """

    def __init__(self, write: Callable[[str], None], speed: float) -> None:
        self._write = write
        self._speed = speed
        self._seen: dict[str, State] = {}

    def update(self, cases: Sequence[Case]) -> None:
        """Write what has changed since the last time."""
        for case in cases:
            title = case.act.title
            state = case.state
            if self._seen.get(title, State.ACTING) is state:
                continue
            if state is State.REPAIRED and title not in self._seen:
                self._write(self._line(case, State.BROKEN))
            self._seen[title] = state
            self._write(self._line(case, state))

    def _line(self, case: Case, state: State) -> str:
        act = case.act
        match state:
            case State.BROKEN:
                return f"{act.title} ({act.whose}: {act.what})"
            case State.REPAIRED:
                return f"   repaired after {took(case, self._speed)}: {act.title}"
            case _:
                trouble = f": {case.trouble}" if case.trouble else ""
                return f"   {state.value}: {act.title}{trouble}"


def took(case: Case, speed: float) -> str:
    """How long a repair took, at Azure's own pace and by the clock here."""
    seconds = case.seconds or 0.0
    return f"{seconds * speed:.0f} s of Azure's time ({seconds:.1f} s here)"


def show_repairs(console: Console, cases: Sequence[Case], speed: float) -> bool:
    """Say how many were repaired, and which took longest; returns whether all were."""
    repaired = [case for case in cases if case.state is State.REPAIRED]
    whole = len(repaired) == len(cases)
    told = f"[bold {'green' if whole else 'red'}]Repaired {len(repaired)} of {len(cases)}[/]"
    if repaired:
        slowest = max(repaired, key=lambda case: case.seconds or 0.0)
        told += (
            ", each seen in Resource Manager itself; the slowest"
            f" ({escape(slowest.act.title)}) took {took(slowest, speed)}"
        )
    console.print(f"\n{told}.", highlight=False)
    for case in cases:
        if case.state is not State.REPAIRED:
            reason = f": {case.trouble}" if case.trouble else ""
            console.print(
                f"  [red]{case.state.value}[/red]: {escape(case.act.title)}"
                f" ({escape(f'{case.act.whose}: {case.act.what}{reason}')})",
                highlight=False,
            )
    return whole
