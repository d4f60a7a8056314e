"""Serving a web application on this machine until a signal comes."""

import asyncio
import errno
import logging
import signal
import ssl

from aiohttp import web

_GRACE = 1.0  # seconds that open exchanges are given at the end
_LOG = logging.getLogger("localcloud")


class PortInUseError(Exception):
    """Someone else listens on the port."""


async def serve(
    application: web.Application, port: int, name: str, tls: ssl.SSLContext | None = None
) -> None:
    """Listen on 127.0.0.1 until SIGTERM or SIGINT.

    Args:
        application: What answers.
        port: Where; 0 for any free port, which is logged.
        name: For the log.
        tls: For HTTPS.

    Raises:
        PortInUseError: The port is taken.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls)
        await _start(site, port, name)
        for host, bound in runner.addresses:
            _LOG.info("%s listens on %s:%s", name, host, bound)
        await stopped.wait()
    finally:
        await runner.cleanup()
    _LOG.info("%s has stopped", name)


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
