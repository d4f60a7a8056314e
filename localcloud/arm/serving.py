"""Serving web applications on this machine until a signal comes."""

import asyncio
import errno
import logging
import signal
import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiohttp import web

_GRACE = 1.0  # seconds that open exchanges are given at the end
_LOG = logging.getLogger("localcloud")


class PortInUseError(Exception):
    """Someone else listens on the port."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A web application, and where it is served.

    Attributes:
        application: What answers.
        port: Where; 0 for any free port, which is logged.
        name: For the log.
        tls: For HTTPS.
    """

    application: web.Application
    port: int
    name: str
    tls: ssl.SSLContext | None = None


async def serve(*listeners: Listener) -> None:
    """Listen on 127.0.0.1 until SIGTERM or SIGINT; what was started last ends first.

    Raises:
        PortInUseError: A port is taken.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as started:
        for one in listeners:
            runner = web.AppRunner(one.application, access_log=None, shutdown_timeout=_GRACE)
            started.push_async_callback(runner.cleanup)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", one.port, ssl_context=one.tls)
            await _start(site, one.port, one.name)
            for host, bound in runner.addresses:
                _LOG.info("%s listens on %s:%s", one.name, host, bound)
        await stopped.wait()
    for one in reversed(listeners):
        _LOG.info("%s has stopped", one.name)


async def _start(site: web.TCPSite, port: int, name: str) -> None:
    try:
        await site.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUseError(f"{name}: port {port} of 127.0.0.1 is in use") from error


def log_to_stderr() -> None:
    """One line for each event, on stderr."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
