"""`python -m localcloud.identity`: the managed-identity endpoint as a process."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from landing_zone.errors import ConfigurationError
from landing_zone.hub import parse_hub_document
from localcloud.arm.serving import Listener, PortInUseError, log_to_stderr, serve
from localcloud.identity.server import Endpoint
from localcloud.identity.tokens import Tokens, automation_of

_PORT_IN_USE = 3
_HEADER_VARIABLE = "SPOKEWRIGHT_LOCAL_IDENTITY_HEADER"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud.identity", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="directory of the signing key")
    parser.add_argument("--hub", type=Path, required=True, help="the hub document")
    parser.add_argument(
        "--header",
        default=os.environ.get(_HEADER_VARIABLE),
        help=f"what X-IDENTITY-HEADER must carry (or the variable {_HEADER_VARIABLE})",
    )
    arguments = parser.parse_args()
    if not arguments.header:
        parser.error("--header is required")
    return arguments


def main() -> int:
    """Serve until told to stop."""
    arguments = _arguments()
    log_to_stderr()
    try:
        hub = parse_hub_document(arguments.hub.read_text(encoding="utf-8"))
        endpoint = Endpoint(Tokens(arguments.state), automation_of(hub), arguments.header)
        asyncio.run(serve(Listener(endpoint.application(), arguments.port, "identity")))
    except PortInUseError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line that is promised
        return _PORT_IN_USE
    except (ConfigurationError, OSError) as error:
        print(f"identity: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
