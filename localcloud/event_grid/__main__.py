"""`python -m localcloud.event_grid`: the local Event Grid as a process."""

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

from landing_zone.errors import ConfigurationError
from landing_zone.hub import parse_hub_document
from localcloud.arm.serving import Listener, PortInUseError, log_to_stderr, serve
from localcloud.event_grid.server import Settings, running

_PORT_IN_USE = 3
_STORAGE = "SPOKEWRIGHT_LOCAL_STORAGE"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud.event_grid", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="directory of the database")
    parser.add_argument("--arm", required=True, help="URL of Resource Manager")
    parser.add_argument("--ca", type=Path, required=True, help="PEM: the authority that it trusts")
    parser.add_argument("--identity-state", type=Path, required=True, help="its signing key")
    parser.add_argument("--hub", type=Path, required=True, help="the hub document")
    parser.add_argument("--functions", required=True, help="URL of the Functions host")
    parser.add_argument("--function-keys", type=Path, required=True, help="its file of keys")
    parser.add_argument("--speed", type=float, default=1.0, help="times faster than Azure")
    return parser.parse_args()


async def _serve(settings: Settings) -> None:
    async with running(settings) as application:
        await serve(Listener(application, settings.port, "event-grid"))


def main() -> int:
    """Deliver until told to stop."""
    arguments = _arguments()
    log_to_stderr()
    logging.getLogger("azure").setLevel(logging.WARNING)  # not every request to the storage
    try:
        settings = Settings(
            state=arguments.state,
            arm_url=arguments.arm,
            ca=arguments.ca,
            identity_state=arguments.identity_state,
            hub=parse_hub_document(arguments.hub.read_text(encoding="utf-8")),
            functions_url=arguments.functions,
            function_keys=arguments.function_keys,
            # Not an argument, which every user of the machine could read.
            storage=os.environ.get(_STORAGE, ""),
            port=arguments.port,
            speed=arguments.speed,
        )
        asyncio.run(_serve(settings))
    except PortInUseError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line that is promised
        return _PORT_IN_USE
    except (ConfigurationError, OSError) as error:
        print(f"event grid: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
