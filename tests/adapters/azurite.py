"""A genuine Azurite in a child process."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket

from localcloud.azurite import azurite_command, connection_string
from localcloud.supervisor.ports import HOST, Ports
from tests.fakes import ROOT

LISTENING = "successfully listening"
SERVICES = 3


def free_ports(count: int) -> list[int]:
    """Ports on which nothing listens; all at once, so that they differ."""
    probes = [socket(AF_INET, SOCK_STREAM) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@contextmanager
def running_azurite(state: Path) -> Iterator[str]:
    """Run one; gives its connection string."""
    blob, queue, table = free_ports(SERVICES)
    ports = Ports(blob=blob, queue=queue, table=table)
    command = [part for part in azurite_command(ROOT, state, ports) if part != "--silent"]
    process = subprocess.Popen(
        command, cwd=state, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = _Output(process)
    try:
        output.wait()
        yield connection_string(ports)
    finally:
        process.terminate()
        process.wait(20)
        output.join()


class _Output(threading.Thread):
    """Reads what Azurite says, so that it never has to wait for a reader."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        super().__init__(daemon=True)
        self._process = process
        self._ready = threading.Event()
        self._said: list[str] = []
        self.start()

    def run(self) -> None:
        """Read to the end."""
        assert self._process.stdout is not None
        with closing(self._process.stdout) as lines:
            for line in lines:
                if not self._ready.is_set():
                    self._said.append(line)
                    if sum(LISTENING in said for said in self._said) == SERVICES:
                        self._ready.set()
        self._ready.set()

    def wait(self) -> None:
        """Wait until all services listen."""
        assert self._ready.wait(60), "Azurite does not start"
        assert self._process.poll() is None, "".join(self._said)
