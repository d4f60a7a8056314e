"""A broker of one's own, a host that listens to it, and a genuine client."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusSubQueue

from localcloud.service_bus.keys import connection_string, load_or_create_key
from tests.localcloud.functions_host.harness import PATIENCE, ROOT, HostProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

APP = Path(__file__).resolve().parent / "bus_app"
QUEUES = """
queues:
  - {name: work, lockDuration: PT5S, maxDeliveryCount: 3}
  - {name: texts, lockDuration: PT5S, maxDeliveryCount: 2}
  - {name: manual, lockDuration: PT5S}
"""


class Bus:
    """A broker in a process, which can be killed and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "bus"
        self._document = folder / "queues.yaml"
        self._document.write_text(QUEUES, encoding="utf-8")
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def connection(self) -> str:
        """The connection string."""
        return connection_string(self.port, load_or_create_key(self._state))

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "localcloud.service_bus", "--port", str(self.port),
             "--state", str(self._state), "--queues", str(self._document)],
            cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stderr is not None
        seen: list[str] = []
        for line in self._process.stderr:
            seen.append(line)
            if "listens on" in line:
                self.port = int(line.rsplit(":", 1)[1])
                threading.Thread(target=self._drain, daemon=True).start()
                return
        raise AssertionError("".join(seen))

    def _drain(self) -> None:
        process = self._process
        if process is not None and process.stderr is not None:
            with process.stderr:
                for _ in process.stderr:
                    pass

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)

    def send(self, *messages: ServiceBusMessage, queue: str = "work") -> None:
        """Put messages into a queue."""
        with (
            ServiceBusClient.from_connection_string(self.connection, retry_total=0) as client,
            client.get_queue_sender(queue) as sender,
        ):
            for message in messages:
                sender.send_messages(message)

    def lying(self, queue: str = "work", *, dead: bool = False) -> list[Any]:
        """What lies in a queue, or among its dead letters."""
        sub_queue = ServiceBusSubQueue.DEAD_LETTER if dead else None
        with (
            ServiceBusClient.from_connection_string(self.connection, retry_total=0) as client,
            client.get_queue_receiver(queue, sub_queue=sub_queue) as receiver,
        ):
            return list(receiver.peek_messages(100))


class Listening:
    """A host that listens to a broker."""

    def __init__(self, folder: Path) -> None:
        folder.joinpath("host").mkdir()
        self.bus = Bus(folder)
        self.bus.start()
        settings = {
            "BUS": self.bus.connection,
            "WORK_QUEUE": "work",
            "AzureWebJobs.asleep.Disabled": "true",
        }
        self.host = HostProcess(folder / "host", app=APP, settings=settings)
        self.host.start()

    def ledger(self, what: str) -> list[dict[str, Any]]:
        """What the functions noted."""
        path = self.host.ledger
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        # The last line may be under way.
        lines = text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]
        return [facts for line in lines if (facts := json.loads(line))["what"] == what]

    def open_gate(self) -> None:
        """Let those go on that wait for it."""
        self.host.ledger.with_name("gate").touch()


@contextmanager
def listening(folder: Path) -> Iterator[Listening]:
    """A broker and its listener, for as long as the block lasts."""
    made = Listening(folder)
    try:
        yield made
    finally:
        made.host.stop()
        made.bus.kill()


def until[T](find: Callable[[], T | None], what: str) -> T:
    """What is waited for, once it is there."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not (found := find()):
        assert time.monotonic() < deadline, what
        pause.wait(0.02)
    return found
