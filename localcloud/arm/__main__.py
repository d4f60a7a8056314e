"""`python -m localcloud.arm`: the local Azure Resource Manager, with data planes, as a process."""

import argparse
import asyncio
import ssl
import sys
from pathlib import Path

from landing_zone.errors import ConfigurationError
from landing_zone.hub import parse_hub_document
from localcloud.arm.server import Settings, applications, tls
from localcloud.arm.serving import Listener, PortInUseError, log_to_stderr, serve

_PORT_IN_USE = 3


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= 10_000:  # noqa: PLR2004
        raise argparse.ArgumentTypeError("a number above 0, 10000 at most")
    return speed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud.arm", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-port", type=int, required=True, help="of the data planes")
    parser.add_argument("--state", type=Path, required=True, help="directory of the database")
    parser.add_argument("--certificate", type=Path, required=True, help="PEM: key and chain")
    parser.add_argument("--identity-state", type=Path, required=True, help="its signing key")
    parser.add_argument("--hub", type=Path, required=True, help="the hub document")
    parser.add_argument("--speed", type=_speed, default=1.0, help="times faster than Azure")
    parser.add_argument(
        "--event-grid", action="store_true", help="Event Grid takes the events, and proves webhooks"
    )
    return parser.parse_args()


def main() -> int:
    """Serve until told to stop."""
    arguments = _arguments()
    log_to_stderr()
    try:
        settings = Settings(
            arguments.state,
            arguments.identity_state,
            parse_hub_document(arguments.hub.read_text(encoding="utf-8")),
            arguments.speed,
            arguments.event_grid,
        )
        context = tls(arguments.certificate)
        made = applications(settings)
        asyncio.run(
            serve(
                Listener(made.arm, arguments.port, "arm", context),
                Listener(made.data, arguments.data_port, "data", context),
            )
        )
    except PortInUseError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line that is promised
        return _PORT_IN_USE
    except (ConfigurationError, ssl.SSLError, OSError) as error:
        print(f"arm: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
