"""The command line of the local cloud: `python -m localcloud up`."""

import argparse
import math
import sys
from pathlib import Path

from localcloud.supervisor.ports import HIGHEST_OFFSET
from localcloud.supervisor.up import Options, default_state, up

DEFAULT_SPEED = 60.0


def port_offset(text: str) -> int:
    """A port offset that leaves every port a legal one."""
    value = int(text) if text.isdecimal() else -1
    if not 0 <= value <= HIGHEST_OFFSET:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {HIGHEST_OFFSET}")
    return value


def speed(text: str) -> float:
    """A positive factor."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    root = argparse.ArgumentParser(
        prog="python -m localcloud",
        description="Azure on this machine, as far as Spokewright uses it.",
    )
    command = root.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser(
        "up", help="start everything and keep it running until Ctrl-C"
    )
    command.add_argument(
        "--port-offset", type=port_offset, default=0, metavar="N", help="move every port up by N"
    )
    command.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="directory that keeps everything (default .local/state, at offset N .local/state-N)",
    )
    command.add_argument(
        "--speed",
        type=speed,
        default=DEFAULT_SPEED,
        metavar="X",
        help=f"how many times faster than Azure operations are (default {DEFAULT_SPEED:g})",
    )
    command.add_argument(
        "--json",
        action="store_true",
        help="print one JSON line with endpoints and keys when ready, and nothing else",
    )
    command.add_argument(
        "--until-eof",
        action="store_true",
        help="end when standard input closes, for programs that start this one",
    )
    return root


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = parser().parse_args(arguments)
    state: Path = given.state or default_state(given.port_offset)
    return up(
        Options(
            port_offset=given.port_offset,
            state=state.resolve(),
            speed=given.speed,
            as_json=given.json,
            until_eof=given.until_eof,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
