"""Several operations side by side, as one picture that changes: for a terminal.

The picture keeps its height whatever it has to tell, so that nothing moves but what has changed,
and it is never higher than the terminal.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.spinner import Spinner
from rich.text import Text

from localcloud.demo.asking import Asked
from localcloud.demo.columns import Column, as_columns, as_rows, fits
from localcloud.demo.details import hub_queue, tenants_work

MARGIN = 3
TABLE_LINES = 10
HUB_LINES = 4
LINES_A_TENANT = 6


class Board:
    """Renders the newest state of several operations; rich draws it several times a second.

    Attributes:
        columns: The tenants, each the view of its operation.
    """

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.columns = [Column(request.name, request.tier) for request in asked]
        self._spinner = Spinner("dots", style="cyan")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Not the whole width: a terminal that echoes ^C behind a full line would scroll."""
        width = options.max_width - MARGIN
        now = datetime.now(UTC)
        lines: list[RenderableType] = [self._table(console, width, now)]
        if not all(column.over for column in self.columns):
            lines += self._details(console, width, now)
        yield Constrain(Group(*lines), width)

    def _table(self, console: Console, width: int, now: datetime) -> RenderableType:
        spinner = self._spinner.render(console.get_time())
        mark = spinner if isinstance(spinner, Text) else Text(" ")
        drawn = as_columns if self._has_columns(console, width) else as_rows
        return drawn(self.columns, width, mark, now)

    def _has_columns(self, console: Console, width: int) -> bool:
        return fits(self.columns, width) and console.size.height > TABLE_LINES

    def _details(self, console: Console, width: int, now: datetime) -> list[RenderableType]:
        """What is under way, and empty lines up to the height that the picture keeps."""
        number = len(self.columns)
        table = TABLE_LINES if self._has_columns(console, width) else number + 1
        most = 2 + HUB_LINES + LINES_A_TENANT * number
        room = min(console.size.height - 1 - table, most)
        queue = hub_queue(self.columns, console, width, now)[: max(0, room - 1)]
        head: list[RenderableType] = ["", *queue]
        if queue:
            head.append("")
        left = room - len(head)
        if left <= 0:
            return head[: max(0, room)]
        work = tenants_work(self.columns, width, left, now)
        return [*head, work, *([""] * (left - work.row_count))]
