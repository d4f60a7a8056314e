"""Starts a local cloud for a program, and ends it with that program."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from localcloud.identity.principals import APPROVER, PLATFORM
from localcloud.supervisor.cloud import ROOT
from localcloud.supervisor.errors import EXIT_PORT_IN_USE, LocalCloudError, PortInUseError
from localcloud.supervisor.state import LOCK, locked

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a local cloud is found.

    Attributes:
        functions: Base URL of the Functions host.
        token: Access token of a principal that may do what the demo does.
        approver: That of another one, who approves.
        arm: Base URL of Resource Manager.
        ca: Certificate that vouches for it.
        service_bus: Connection string of the queues.
        directory_id: Of those who may sign in.
        identity_state: Where the directory keeps what it signs with.
        hub: ARM id of the hub's resource group.
    """

    functions: str
    token: str
    approver: str
    arm: str
    ca: Path
    service_bus: str
    directory_id: str
    identity_state: Path
    hub: str


def fresh(state: Path) -> None:
    """Empty a state directory that no local cloud runs on.

    Raises:
        LocalCloudError: One does, or it is another kind of directory.
    """
    if state.exists() and any(state.iterdir()) and not (state / LOCK).exists():
        raise LocalCloudError(f"{state} is not a state directory of a local cloud: not emptied")
    with locked(state):
        for entry in state.iterdir():
            if entry.name == LOCK:
                continue
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


@contextmanager
def local_cloud(state: Path, *, port_offset: int, speed: float) -> Iterator[Endpoints]:
    """Run a local cloud for as long as the block lasts.

    It runs in a session of its own, so that Ctrl-C reaches this program only, and it ends by itself
    when this program is killed, as its standard input is then closed.

    Raises:
        PortInUseError: A port is taken.
        LocalCloudError: It does not start; the message says why.
    """
    errors = state / "up.log"
    command = [
        *(sys.executable, "-m", "localcloud", "up", "--json", "--until-eof"),
        *("--state", str(state), "--port-offset", str(port_offset), "--speed", f"{speed:g}"),
    ]
    with errors.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            code = process.wait()
            family = PortInUseError if code == EXIT_PORT_IN_USE else LocalCloudError
            raise family(_last_line(errors))
        yield _endpoints(line)
    finally:
        _end(process)


def _endpoints(line: bytes) -> Endpoints:
    told = json.loads(line)
    return Endpoints(
        functions=told["functions"],
        token=told["principals"][PLATFORM]["token"],
        approver=told["principals"][APPROVER]["token"],
        arm=told["arm"],
        ca=Path(told["ca"]),
        service_bus=told["serviceBus"],
        directory_id=told["hub"]["directoryId"],
        identity_state=Path(told["state"]) / "identity",
        hub=told["hub"]["resourceGroupId"],
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and everything it started; an impatient second Ctrl-C makes it hurry."""

    def insist(_number: int, _frame: FrameType | None) -> None:
        process.send_signal(signal.SIGTERM)

    before = {number: signal.signal(number, insist) for number in ENDING_SIGNALS}
    try:
        process.send_signal(signal.SIGTERM)
        process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def _last_line(errors: Path) -> str:
    lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].removeprefix("localcloud: ") if lines else "the local cloud does not start"
