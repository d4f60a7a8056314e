"""`python -m localcloud.demo`: onboard a tenant on a local cloud and show each step."""

import argparse
import contextlib
import http.client
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from pydantic import ValidationError
from rich.console import Console
from rich.live import Live

from localcloud.__main__ import DEFAULT_SPEED, port_offset, speed
from localcloud.demo.client import Api, ApiError, Arm
from localcloud.demo.cloud import ENDING_SIGNALS, Endpoints, fresh, local_cloud
from localcloud.demo.follow import View, follow
from localcloud.demo.live import LiveView
from localcloud.demo.plain import PlainView
from localcloud.demo.report import show_failure, show_next, show_success
from localcloud.supervisor.cloud import ROOT
from localcloud.supervisor.errors import EXIT_FAILED, LocalCloudError
from localcloud.supervisor.ports import free_offset

REQUEST = ROOT / "examples" / "tenants" / "contoso-research.yaml"
STATE = ROOT / ".local" / "demo"
OFFSETS = range(0, 5000, 100)
LOG_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Demo:
    """What to show.

    Attributes:
        request: File of the tenant request.
        state: Directory of the local cloud, emptied first.
        port_offset: Offset of the ports; None takes the first free one.
        speed: How many times faster than Azure operations are.
    """

    request: Path
    state: Path
    port_offset: int | None
    speed: float


def run(demo: Demo, console: Console) -> int:
    """Start a local cloud, onboard the tenant, show it; returns the exit code."""
    began = time.monotonic()
    document = demo.request.read_bytes()
    fresh(demo.state)
    offset = demo.port_offset
    if offset is None:
        offset = free_offset(OFFSETS)
    if demo.port_offset is None and offset:
        console.print(f"Default ports are in use: this demo moves its own up by {offset}.")
    with contextlib.ExitStack() as stack:
        with console.status("Starting the local cloud"):
            cloud = stack.enter_context(
                local_cloud(demo.state, port_offset=offset, speed=demo.speed)
            )
        stack.callback(console.print, "\nEnding the local cloud.")
        console.print(f"The local cloud is up after {time.monotonic() - began:.1f} s.")
        code = onboard(demo, console, cloud, document)
    console.print(f"All of it took {time.monotonic() - began:.1f} s.")
    return code


def onboard(demo: Demo, console: Console, cloud: Endpoints, document: bytes) -> int:
    """Onboard the tenant on a local cloud that is up; returns the exit code."""
    api = Api(cloud.functions, cloud.function_key)
    arm = Arm(cloud.arm, cloud.ca)
    accepted = api.onboard(document)
    console.print(f"Onboarding [bold]{accepted.tenant_id}[/bold] from {_shown(demo.request)}")
    with _view(console) as view:
        operation = follow(api, accepted.operation_id, view)
    tenant = api.tenant(accepted.tenant_id)
    (demo.state / "arm-requests.jsonl").write_bytes(arm.requests())
    if operation.state == "succeeded" and tenant.state == "active":
        complete = show_success(console, operation, tenant, arm, demo.speed)
    else:
        complete = False
        show_failure(console, operation, tenant)
    show_next(console, _shown(demo.state))
    return 0 if complete else EXIT_FAILED


@contextmanager
def _view(console: Console) -> Iterator[View]:
    """A live view where there is a terminal, lines elsewhere."""
    if not console.is_terminal:
        yield PlainView(lambda line: console.print(line, markup=False, highlight=False))
        return
    view = LiveView()
    with Live(view, console=console, refresh_per_second=8):
        yield view


def _shown(path: Path) -> Path:
    """The path as one would type it at the root of the project."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def parse(arguments: list[str] | None) -> Demo:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.demo", description=__doc__)
    parser.add_argument("--request", type=Path, default=REQUEST, metavar="FILE")
    parser.add_argument("--state", type=Path, default=STATE, metavar="DIR", help="emptied first")
    parser.add_argument("--port-offset", type=port_offset, metavar="N")
    parser.add_argument("--speed", type=speed, default=DEFAULT_SPEED, metavar="X")
    given = parser.parse_args(arguments)
    if not given.request.is_file():
        parser.error(f"there is no file {given.request}")
    return Demo(
        request=given.request.resolve(),
        state=given.state.resolve(),
        port_offset=given.port_offset,
        speed=given.speed,
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
    except (ApiError, OSError, http.client.HTTPException, ValidationError) as error:
        sys.stderr.write(f"demo: {error}\nThe logs are in {_shown(demo.state / 'logs')}.\n")
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
