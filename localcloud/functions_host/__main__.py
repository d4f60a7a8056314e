"""``python -m localcloud.functions_host --app DIR --port P --state DIR``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from landing_zone.errors import ConfigurationError
from landing_zone.hub import parse_hub_document
from localcloud.functions_host.app_service_auth import AppServiceAuthentication
from localcloud.functions_host.banner import banner
from localcloud.functions_host.errors import AppLoadError, HostError
from localcloud.functions_host.host import Host, PortInUseError, process_environment
from localcloud.functions_host.logs import Redactor, configure, logger
from localcloud.identity.tokens import Tokens

_FAILED = 1
_PORT_IN_USE = 3


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud.functions_host")
    parser.add_argument("--app", type=Path, required=True, help="directory of the function app")
    parser.add_argument("--port", type=int, default=7071, help="port on 127.0.0.1; 0 picks one")
    parser.add_argument("--state", type=Path, required=True, help="directory of keys and task hubs")
    parser.add_argument(
        "--identity-state", type=Path, help="the directory's signing key; with --hub"
    )
    parser.add_argument(
        "--hub", type=Path, help="the hub document: App Service authentication of its directory"
    )
    arguments = parser.parse_args()
    if (arguments.identity_state is None) != (arguments.hub is None):
        parser.error("--identity-state and --hub go together")
    return arguments


def _authentication(arguments: argparse.Namespace) -> AppServiceAuthentication | None:
    """App Service authentication, which is on where there is a directory to sign in to.

    Raises:
        HostError: the hub document is not valid.
    """
    if arguments.hub is None:
        return None
    try:
        hub = parse_hub_document(arguments.hub.read_text(encoding="utf-8"))
    except (ConfigurationError, OSError) as error:
        raise HostError(f"{arguments.hub}: {error}") from error
    return AppServiceAuthentication(Tokens(arguments.identity_state), str(hub.directory_id))


async def _serve(host: Host, state: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        starting = asyncio.create_task(host.start())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await _abandon(starting)
            return
        await starting
        keys_file = str(state / "keys.json")
        sys.stdout.write(banner(host.catalogue, host.base, host.config.route_prefix, keys_file))
        sys.stdout.flush()
        logger.info("host is running on %s, task hub %s", host.base, host.config.hub)
        await stop.wait()
        logger.info("host is stopping")
    finally:
        await host.close()


async def _abandon(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def main() -> int:
    """Run the host until a signal ends it, and return the exit code."""
    arguments = _arguments()
    redactor = Redactor()
    configure(redactor)
    logging.raiseExceptions = False
    state = arguments.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    try:
        host = Host(
            *(arguments.app.resolve(), arguments.port, state, process_environment(), redactor),
            authentication=_authentication(arguments),
        )
        asyncio.run(_serve(host, state))
    except PortInUseError as error:
        sys.stderr.write(f"port {error} on 127.0.0.1 is in use\n")
        return _PORT_IN_USE
    except AppLoadError as error:
        sys.stderr.write(redactor.clean(f"The function app cannot be loaded: {error}\n"))
        sys.stderr.write(redactor.clean(error.details))
        return _FAILED
    except HostError as error:
        sys.stderr.write(redactor.clean(f"{error}\n"))
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
