"""The command line of the local cloud: `python -m localcloud up`, and `token`."""

import argparse
import math
import sys
from pathlib import Path

from localcloud.identity.command import show_header, show_token
from localcloud.identity.principals import LIFETIME, PRINCIPALS
from localcloud.supervisor.cloud import HUBS
from localcloud.supervisor.ports import HIGHEST_OFFSET
from localcloud.supervisor.up import Options, default_state, up

DEFAULT_SPEED = 60.0
LONGEST_MINUTES = 7 * 24 * 60


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


def minutes(text: str) -> int:
    """A time of at least a minute and at most a week."""
    value = int(text) if text.isdecimal() else 0
    if not 1 <= value <= LONGEST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {LONGEST_MINUTES}")
    return value


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    root = argparse.ArgumentParser(
        prog="python -m localcloud",
        description="Azure on this machine, as far as Spokewright uses it.",
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_up(commands.add_parser("up", help="start everything and keep it running until Ctrl-C"))
    _add_token(
        commands.add_parser(
            "token", help="print an access token with which the application is called"
        )
    )
    return root


def _add_up(command: argparse.ArgumentParser) -> None:
    _add_place(command)
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


def _add_token(command: argparse.ArgumentParser) -> None:
    _add_place(command)
    command.add_argument("principal", choices=list(PRINCIPALS), help="whose")
    command.add_argument(
        "--minutes",
        type=minutes,
        default=LIFETIME // 60,
        metavar="N",
        help=f"how long it is good for (default {LIFETIME // 60})",
    )
    command.add_argument(
        "--header",
        action="store_true",
        help="print the header that App Service makes of it instead, for `func start`",
    )


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port-offset", type=port_offset, default=0, metavar="N", help="move every port up by N"
    )
    command.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="directory that keeps everything (default .local/state, at offset N .local/state-N)",
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = parser().parse_args(arguments)
    state: Path = (given.state or default_state(given.port_offset)).resolve()
    if given.command == "token":
        if given.header:
            return show_header(given.principal, HUBS)
        return show_token(given.principal, HUBS, state / "identity", given.minutes)
    return up(
        Options(
            port_offset=given.port_offset,
            state=state,
            speed=given.speed,
            as_json=given.json,
            until_eof=given.until_eof,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
