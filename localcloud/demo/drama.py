"""The second part of the demo: a rogue administrator acts, and what he breaks is repaired."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape

from localcloud.demo.client import Arm
from localcloud.demo.cloud import Endpoints
from localcloud.demo.mischief import Act, Ground, Held, LeftOut, acts
from localcloud.demo.repair_views import RepairBoard, RepairLines, show_repairs
from localcloud.demo.repairs import RepairView, Watch, patience, watch_repairs
from localcloud.demo.rogue import Rogue, rogue_token
from localcloud.demo.together import End


def play_rogue(
    console: Console, cloud: Endpoints, ends: Sequence[End], held: Held, speed: float
) -> bool:
    """Break what can be broken and watch it being repaired; returns whether all was.

    Args:
        console: Where to show it.
        cloud: Where to do it.
        ends: What became of the requests; only active tenants are meddled with.
        held: What Resource Manager holds before.
        speed: How many times faster than Azure the cloud is.
    """
    operations = [end.operation for end in ends if end.active and end.operation]
    if not operations:
        return True
    planned = acts(Ground(operations, cloud.hub, held))
    possible = [one for one in planned if isinstance(one, Act)]
    console.print(
        "\n[bold]A rogue administrator goes around the application[/bold];"
        " only Azure's own events tell of it."
    )
    for one in planned:
        if isinstance(one, LeftOut):
            console.print(f"  [dim]left out: {escape(one.title)} ({escape(one.reason)})[/dim]")
    if not possible:
        return True
    token = rogue_token(cloud.identity_state, cloud.directory_id)
    rogue, arm = Rogue(cloud.arm, cloud.ca, token), Arm(cloud.arm, cloud.ca)
    with _view(console, speed) as view:
        cases = watch_repairs(possible, rogue, arm, view, Watch(patience(speed)))
    return show_repairs(console, cases, speed)


@contextmanager
def _view(console: Console, speed: float) -> Iterator[RepairView]:
    """A picture where there is a terminal, lines elsewhere."""
    if console.is_terminal:
        board = RepairBoard(speed)
        with Live(board, console=console, refresh_per_second=8):
            yield board
        return

    def write(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    yield RepairLines(write, speed)
