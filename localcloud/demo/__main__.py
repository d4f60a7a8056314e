"""`python -m localcloud.demo`: onboard tenants on a local cloud, break them, and show it all."""

import argparse
import contextlib
import http.client
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from azure.core.exceptions import AzureError
from pydantic import ValidationError
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from localcloud.__main__ import DEFAULT_SPEED, port_offset, speed
from localcloud.demo.approving import Approver
from localcloud.demo.asking import Asked, read
from localcloud.demo.board import Board
from localcloud.demo.client import Api, ApiError, Arm
from localcloud.demo.cloud import ENDING_SIGNALS, Endpoints, fresh, local_cloud
from localcloud.demo.drama import play_rogue
from localcloud.demo.follow import View
from localcloud.demo.live import LiveView
from localcloud.demo.plain import PlainView
from localcloud.demo.queues import Queues, ServiceBus
from localcloud.demo.report import (
    is_complete,
    show_ends,
    show_next,
    show_traffic,
    show_trees,
)
from localcloud.demo.together import End, onboard_all
from localcloud.demo.traffic import traffic
from localcloud.supervisor.cloud import ROOT
from localcloud.supervisor.errors import EXIT_FAILED, LocalCloudError, PortInUseError
from localcloud.supervisor.ports import free_offset

EXAMPLES = ROOT / "examples" / "tenants"
# One of each isolation tier.
REQUESTS = tuple(
    EXAMPLES / name for name in ("contoso-research.yaml", "nodepool.yaml", "cluster.yaml")
)
STATE = ROOT / ".local" / "demo"
OFFSETS = range(0, 5000, 100)
LOG_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Demo:
    """What to show.

    Attributes:
        requests: Files of the tenant requests.
        state: Directory of the local cloud, emptied first.
        port_offset: Offset of the ports; None takes the first free one.
        speed: How many times faster than Azure operations are.
        full: Show everything that was made, of every tenant.
    """

    requests: tuple[Path, ...]
    state: Path
    port_offset: int | None
    speed: float
    full: bool = False


def run(demo: Demo, console: Console) -> int:
    """Start a local cloud and show everything on it; returns the exit code."""
    began = time.monotonic()
    asked = [read(path) for path in demo.requests]
    fresh(demo.state)
    with contextlib.ExitStack() as stack:
        with console.status("Starting the local cloud"):
            cloud = _started(demo, console, stack)
        stack.callback(console.print, "\nEnding the local cloud.")
        console.print(f"The local cloud is up after {time.monotonic() - began:.1f} s.")
        code = show(demo, console, cloud, asked, ServiceBus(cloud.service_bus))
    console.print(f"All of it took {time.monotonic() - began:.1f} s.")
    return code


def _started(demo: Demo, console: Console, stack: contextlib.ExitStack) -> Endpoints:
    """A local cloud at the wanted ports, or at the first that are free.

    Another program may take them between the look and the start: then the next ones are tried.
    """
    if demo.port_offset is not None:
        return _up(demo, stack, demo.port_offset)
    first = OFFSETS.start
    while True:
        offset = free_offset(range(first, OFFSETS.stop, OFFSETS.step))
        if offset:
            console.print(f"Default ports are in use: this demo moves its own up by {offset}.")
        try:
            return _up(demo, stack, offset)
        except PortInUseError:
            first = offset + OFFSETS.step


def _up(demo: Demo, stack: contextlib.ExitStack, offset: int) -> Endpoints:
    return stack.enter_context(local_cloud(demo.state, port_offset=offset, speed=demo.speed))


def show(
    demo: Demo, console: Console, cloud: Endpoints, asked: Sequence[Asked], queues: Queues
) -> int:
    """Onboard and break the tenants of a local cloud that is up; returns the exit code."""
    arm = Arm(cloud.arm, cloud.ca)
    ends = _onboard(console, cloud, queues, asked)
    spent = traffic(arm.requests())
    in_arm = arm.resources()
    show_trees(console, ends, in_arm, full=demo.full)
    show_ends(console, ends, demo.speed)
    complete = is_complete(console, ends, in_arm)
    show_traffic(console, spent, sum(end.active for end in ends))
    repaired = play_rogue(console, cloud, ends, in_arm, demo.speed)
    (demo.state / "arm-requests.jsonl").write_bytes(arm.requests())
    show_next(console, _shown(demo.state))
    return 0 if complete and repaired and all(end.well for end in ends) else EXIT_FAILED


def _onboard(
    console: Console, cloud: Endpoints, queues: Queues, asked: Sequence[Asked]
) -> list[End]:
    def tell(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    approver = Approver(Api(cloud.functions, cloud.approver), tell)
    for request in asked:
        console.print(
            f"Onboarding [bold]{escape(request.name)}[/bold] from {_shown(request.path)},"
            " over Service Bus",
            highlight=False,
        )
    with _views(console, asked) as views:
        watched = [approver.watching(view) for view in views]
        return onboard_all(Api(cloud.functions, cloud.token), queues, asked, watched)


@contextmanager
def _views(console: Console, asked: Sequence[Asked]) -> Iterator[Sequence[View]]:
    """A live view where there is a terminal, lines elsewhere."""
    if not console.is_terminal:
        yield _plain_views(console, asked)
        return
    board = Board(asked) if len(asked) > 1 else None
    alone = LiveView()
    with Live(board or alone, console=console, refresh_per_second=8):
        yield board.columns if board else [alone]


def _plain_views(console: Console, asked: Sequence[Asked]) -> list[View]:
    """Each line begins with the tenant where there are several."""

    def write(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    width = max(len(request.name) for request in asked)
    if len(asked) == 1:
        return [PlainView(write)]
    return [PlainView(write, f"{request.name:<{width}}  ") for request in asked]


def _shown(path: Path) -> Path:
    """The path as one would type it at the root of the project."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def parse(arguments: list[str] | None) -> Demo:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.demo", description=__doc__)
    parser.add_argument(
        *("--request", "-r"),
        type=Path,
        action="append",
        metavar="FILE",
        help="a tenant request; may be given several times (default: one of each tier)",
    )
    parser.add_argument("--state", type=Path, default=STATE, metavar="DIR", help="emptied first")
    parser.add_argument("--port-offset", type=port_offset, metavar="N")
    parser.add_argument("--speed", type=speed, default=DEFAULT_SPEED, metavar="X")
    parser.add_argument(
        "--tree",
        choices=["short", "full"],
        default="short",
        help="what was made: the first tenant on one screen, or everything of all",
    )
    given = parser.parse_args(arguments)
    requests: Sequence[Path] = given.request or REQUESTS
    for path in requests:
        if not path.is_file():
            parser.error(f"there is no file {path}")
    return Demo(
        requests=tuple(path.resolve() for path in requests),
        state=given.state.resolve(),
        port_offset=given.port_offset,
        speed=given.speed,
        full=given.tree == "full",
    )


def _leave(number: int, _frame: FrameType | None) -> None:
    """End everything in order, with the exit code that tells of the signal."""
    raise SystemExit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    demo = parse(arguments)
    for number in ENDING_SIGNALS:
        signal.signal(number, _leave)
    folded = sys.stdout.isatty()  # the lines of a log are not
    console = Console(soft_wrap=not folded, width=None if folded else LOG_WIDTH)
    try:
        return run(demo, console)
    except LocalCloudError as error:
        sys.stderr.write(f"demo: {error}\n")
        return error.exit_code
    except (
        *(ApiError, AzureError, OSError),
        *(http.client.HTTPException, ValidationError),
    ) as error:
        sys.stderr.write(f"demo: {error}\nThe logs are in {_shown(demo.state / 'logs')}.\n")
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
