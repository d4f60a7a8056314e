"""The process: its command line, its death in the middle of its work, and its return."""

import contextlib
import gc
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusError

from localcloud.service_bus.keys import connection_string, load_or_create_key
from localcloud.supervisor.probes import speaks_amqp
from tests.localcloud.service_bus.live import GLANCE
from tests.localcloud.supervisor.waiting import wait_until

QUEUES = Path("localcloud/service_bus.yaml")
ENOUGH = 40
BATCH = 5


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(state: Path, port: int, queues: Path = QUEUES) -> Iterator[subprocess.Popen[str]]:
    """The broker as a process, killed at the end."""
    command = [
        *(sys.executable, "-m", "localcloud.service_bus", "--port", str(port)),
        *("--state", str(state), "--queues", str(queues)),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.kill()


@contextlib.contextmanager
def serving(state: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The process once it answers."""
    with process(state, port) as started:
        wait_until(speaks_amqp(port), "the broker answers")
        yield started


def client(state: Path, port: int) -> ServiceBusClient:
    """The genuine client; it does not try again."""
    return ServiceBusClient.from_connection_string(
        connection_string(port, load_or_create_key(state)), retry_total=0, socket_timeout=GLANCE
    )


class Producer:
    """Sends batches until the broker is gone.

    Attributes:
        acknowledged: The batches that were.
        tried: The batches that it has sent at all.
    """

    def __init__(self, state: Path, port: int, name: str, size: int) -> None:
        self.acknowledged: list[str] = []
        self.tried: list[str] = []
        self._state, self._port, self._name, self._size = state, port, name, size
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        with (
            contextlib.suppress(ServiceBusError),
            client(self._state, self._port) as made,
            made.get_queue_sender("onboarding-results") as sender,
        ):
            while True:
                batch = f"{self._name}{len(self.tried)}"
                self.tried.append(batch)
                sender.send_messages([ServiceBusMessage(batch) for _ in range(self._size)])
                self.acknowledged.append(batch)


@pytest.fixture
def sdk_sockets() -> Iterator[None]:
    """The SDK does not close the socket of a broker that was killed: gone before others look."""
    yield
    gc.collect()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("sdk_sockets")
def test_what_was_acknowledged_survives_a_kill_in_the_middle_of_sending(tmp_path: Path) -> None:
    """All of it, whole batches only, and nothing that nobody sent; a lock is counted as tried."""
    port = free_port()
    with serving(tmp_path, port) as broker, client(tmp_path, port) as before:
        with before.get_queue_sender("onboarding") as sender:
            sender.send_messages(ServiceBusMessage("locked", message_id="m"))
        receiver = before.get_queue_receiver("onboarding")
        (held,) = receiver.receive_messages(1, max_wait_time=5)
        receiver.abandon_message(held)
        (held,) = receiver.receive_messages(1, max_wait_time=5)
        producers = [
            Producer(tmp_path, port, name, size) for name, size in (("a", 1), ("b", BATCH))
        ]
        wait_until(
            lambda: all(len(one.acknowledged) >= ENOUGH for one in producers), "enough messages"
        )
        broker.kill()
        for one in producers:
            one.thread.join(20)
    with serving(tmp_path, port), client(tmp_path, port) as after:
        with after.get_queue_receiver("onboarding-results") as receiver:
            found: Counter[str] = Counter()
            first = 1
            while page := receiver.peek_messages(1000, sequence_number=first):
                found.update(map(str, page))
                first = (page[-1].sequence_number or 0) + 1
            (locked,) = receiver.receive_messages(1, max_wait_time=5)
            receiver.complete_message(locked)
        with after.get_queue_receiver("onboarding") as receiver:
            (seen,) = receiver.peek_messages(5)
            assert (str(seen), seen.delivery_count) == ("locked", 1)
            assert receiver.receive_messages(1, max_wait_time=0.1) == []
    for one, size in zip(producers, (1, BATCH), strict=True):
        assert {found[batch] for batch in one.acknowledged} == {size}
        assert {found[batch] for batch in one.tried} <= {0, size}
    assert set(found) <= {batch for one in producers for batch in one.tried}


def test_a_taken_port_ends_the_start_with_a_code_of_its_own(tmp_path: Path) -> None:
    """And one line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with process(tmp_path, port) as started:
            _, errors = started.communicate(timeout=20)
    assert started.returncode == 3
    assert errors == f"service_bus: port {port} of 127.0.0.1 is in use\n"


def test_the_key_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    """Made once."""
    key = load_or_create_key(tmp_path)
    assert load_or_create_key(tmp_path) == key
    assert len(key) == 44
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_document_that_declares_nothing_ends_the_start(tmp_path: Path) -> None:
    """With a message that names the fault."""
    document = tmp_path / "queues.yaml"
    document.write_text("queues: [{name: x, lockDuration: PT1H}]", encoding="utf-8")
    with process(tmp_path, 0, document) as started:
        _, errors = started.communicate(timeout=20)
    assert started.returncode == 1
    assert "lockDuration" in errors
