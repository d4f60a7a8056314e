"""Start of the worker process: ``python -m localcloud.functions_host.worker FD APP_DIRECTORY``."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.functions_host.worker import runner
from localcloud.functions_host.worker.logs import HostHandler, HostStream

if TYPE_CHECKING:
    from localcloud.functions_host.channel import Channel

_PR_SET_PDEATHSIG = 1


def _die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its host dies, even by ``kill -9``."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _look_like_azure(app_directory: str) -> None:
    """Give the app the import path and the environment that it has in Azure: its own, not ours."""
    ours = str(Path(__file__).resolve().parents[3])
    sys.path[:] = [app_directory, *(entry for entry in sys.path if entry != ours)]
    original = os.environ.pop("SPOKEWRIGHT_HOST_PYTHONPATH", "")
    if original:
        os.environ["PYTHONPATH"] = original
    else:
        os.environ.pop("PYTHONPATH", None)
    os.chdir(app_directory)


def _capture(channel: Channel) -> list[HostStream]:
    """Send what is logged or printed to the host, from whichever thread it comes."""
    loop = asyncio.get_running_loop()
    main_thread = threading.get_ident()

    def send(message: dict[str, object]) -> None:
        if threading.get_ident() == main_thread:
            channel.send(message)
            channel.flush()  # at once: the app may block or end the process next
        else:
            loop.call_soon_threadsafe(channel.send, message)

    handler = HostHandler(send)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("azure.functions").setLevel(logging.WARNING)  # the library's own chatter
    streams = [HostStream(send, "INFO"), HostStream(send, "WARNING")]
    sys.stdout, sys.stderr = streams
    return streams


def main() -> None:
    """Serve the host on the inherited socket until it closes."""
    descriptor, parent, app_directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    _die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the host, which ends us
    _look_like_azure(app_directory)
    connection = socket.socket(fileno=descriptor)
    asyncio.run(runner.serve(connection, _capture, app_directory))


if __name__ == "__main__":
    main()
