"""`python -m localcloud.service_bus`: the broker as a process."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from localcloud.service_bus.queues import QueuesError, read_queues
from localcloud.service_bus.server import PortInUseError, Server, StateInUseError

_LOG = logging.getLogger("localcloud")
_PORT_IN_USE = 3


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud.service_bus", description=__doc__)
    parser.add_argument("--port", type=int, default=5672, help="port on 127.0.0.1; 0 picks one")
    parser.add_argument("--state", type=Path, required=True, help="directory of messages and key")
    parser.add_argument("--queues", type=Path, required=True, help="the document of the queues")
    return parser.parse_args()


async def _serve(server: Server) -> None:
    """Run until a signal comes or the store fails."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with server:
        _LOG.info("service_bus listens on 127.0.0.1:%s", server.port)
        stopping = asyncio.create_task(stopped.wait())
        failing = asyncio.ensure_future(server.failed())
        done, _ = await asyncio.wait([stopping, failing], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        failing.cancel()
        for task in done & {failing}:
            task.result()
    _LOG.info("service_bus has stopped")


def main() -> int:
    """Serve until told to stop."""
    arguments = _arguments()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        queues = read_queues(arguments.queues)
        asyncio.run(_serve(Server(arguments.state, queues, arguments.port)))
    except PortInUseError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line that is promised
        return _PORT_IN_USE
    except (QueuesError, StateInUseError, OSError) as error:
        print(f"service_bus: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
