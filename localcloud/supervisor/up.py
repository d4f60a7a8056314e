"""`python -m localcloud up`: one local cloud in the foreground."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcloud.certificates import local_certificates
from localcloud.service_bus.keys import load_or_create_key
from localcloud.supervisor.cloud import ROOT, Cloud, services
from localcloud.supervisor.describe import banner, description, environment_file
from localcloud.supervisor.errors import EXIT_INTERRUPTED, LocalCloudError
from localcloud.supervisor.ports import Ports, require_free
from localcloud.supervisor.state import identity_header, locked, write_private
from localcloud.supervisor.supervise import Stop, supervise


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for.

    Attributes:
        port_offset: Added to every default port.
        state: Directory of the state.
        speed: How many times faster than Azure operations are.
        as_json: Print one JSON line when ready, and nothing else on standard output.
        until_eof: End when standard input closes.
    """

    port_offset: int
    state: Path
    speed: float
    as_json: bool
    until_eof: bool


def default_state(port_offset: int) -> Path:
    """Where a local cloud keeps its state unless told otherwise."""
    name = f"state-{port_offset}" if port_offset else "state"
    return ROOT / ".local" / name


def up(options: Options) -> int:
    """Run the local cloud until told to stop; returns the exit code."""
    try:
        with locked(options.state) as lock:
            return _run(options, lock)
    except LocalCloudError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:  # before the first child was started
        return EXIT_INTERRUPTED


def say(line: str) -> None:
    """One line to whoever watches; that the terminal has gone is no reason to fail."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"localcloud: {line}\n")
        sys.stderr.flush()


def _run(options: Options, lock: int) -> int:
    ports = Ports.at_offset(options.port_offset)
    require_free(ports)
    cloud = Cloud(
        state=options.state,
        ports=ports,
        speed=options.speed,
        certificates=local_certificates(options.state / "ca"),
        identity_header=identity_header(options.state),
        bus_key=load_or_create_key(options.state / "service_bus"),
    )
    asyncio.run(_supervise(options, cloud, lock))
    return 0


async def _supervise(options: Options, cloud: Cloud, lock: int) -> None:
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.request)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup outlives its terminal
        loop.add_signal_handler(signal.SIGHUP, stop.request)
    if options.until_eof:
        stop_at_eof(loop, sys.stdin.fileno(), stop.request)
    await supervise(
        services(cloud),
        logs=cloud.state / "logs",
        stop=stop,
        say=say,
        on_ready=lambda: _announce(options, cloud),
        warn=None if options.as_json else say,
        keep=(lock,),
    )


def _announce(options: Options, cloud: Cloud) -> None:
    write_private(cloud.state / "cloud.env", environment_file(cloud))
    text = json.dumps(description(cloud)) if options.as_json else banner(cloud, ROOT)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def stop_at_eof(loop: asyncio.AbstractEventLoop, source: int, request: Callable[[], None]) -> None:
    """Make the request when the descriptor has nothing more to say.

    Raises:
        LocalCloudError: It is a file, which cannot be waited for.
    """

    def read() -> None:
        if not os.read(source, 4096):
            loop.remove_reader(source)
            request()

    try:
        loop.add_reader(source, read)
    except PermissionError:
        raise LocalCloudError("--until-eof needs a pipe or a terminal as input") from None
