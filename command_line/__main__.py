"""`spokewright`: what operators do by hand. Also `python -m command_line`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from command_line import dead_letters
from command_line.connecting import connected
from landing_zone.errors import ConfigurationError, SpokewrightError
from landing_zone.request_parsing import InvalidRequest

FAILED: Final = 1
MISUSED: Final = 2


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Do what is asked for; returns the exit code."""
    asked = parser().parse_args(arguments)
    if asked.command == "replay" and asked.all == bool(asked.ids):
        parser().error("replay takes ids, or --all")
    if asked.command == "replay" and asked.file and len(asked.ids) != 1:
        parser().error("--file goes with one id")
    try:
        return asyncio.run(_run(asked, environment))
    except InvalidRequest as error:
        return _complain("\n".join(["the document is not valid:", *map(str, error.faults)]), FAILED)
    except ConfigurationError as error:
        return _complain(str(error), MISUSED)
    except SpokewrightError as error:
        return _complain(str(error), FAILED)
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}", FAILED)


async def _run(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    async with connected(environment) as queues:
        match asked.command:
            case "list":
                return await dead_letters.show_all(queues, sys.stdout, as_json=asked.json)
            case "show":
                return await dead_letters.show_one(queues, sys.stdout, asked.id, as_json=asked.json)
            case _:
                chosen = dead_letters.Choice(tuple(asked.ids), asked.file)
                return await dead_letters.replay(queues, sys.stdout, chosen, as_json=asked.json)


def _complain(text: str, code: int) -> int:
    sys.stderr.write(f"spokewright: {text}\n")
    return code


def parser() -> argparse.ArgumentParser:
    """What may be asked for."""
    top = argparse.ArgumentParser(prog="spokewright", description=__doc__)
    rooms = top.add_subparsers(required=True, metavar="WHAT")
    letters = rooms.add_parser(
        "dead-letters", help="requests that came by message and were not acted upon"
    )
    commands = letters.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list all of them")
    show = commands.add_parser("show", help="show one, with its document")
    show.add_argument("id", metavar="ID")
    again = commands.add_parser("replay", help="send them to the queue again")
    again.add_argument("ids", metavar="ID", nargs="*", default=[])
    again.add_argument("--all", action="store_true", help="send all that are there now")
    again.add_argument("--file", type=Path, help="send this document in place of the one that lies")
    for command in (listing, show, again):
        command.add_argument("--json", action="store_true", help="answer as JSON")
    return top


if __name__ == "__main__":
    sys.exit(main())
