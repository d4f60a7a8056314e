"""The queues of a local cloud, by Microsoft's own SDK: requests go in, what became of them out."""

from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final, Protocol

from azure.servicebus import ServiceBusClient, ServiceBusMessage

from localcloud.demo.models import Result

INTAKE: Final = "onboarding"
RESULTS: Final = "onboarding-results"
PAGE: Final = 10
LOOK_SECONDS: Final = 1.0


class Queues(Protocol):
    """Where requests are sent, and their results are told."""

    def send(self, documents: Mapping[str, bytes]) -> None:
        """Send documents, each under its correlation id."""

    def receive(self, deliver: Callable[[Result], None], left: Event) -> None:
        """Deliver each result that comes, until it is left."""


class ServiceBus:
    """The queues by their connection string; errors are those of the SDK."""

    def __init__(self, connection: str) -> None:
        self._connection = connection

    def send(self, documents: Mapping[str, bytes]) -> None:
        """Send documents, each under its correlation id, which is its message id too."""
        with self._client() as client, client.get_queue_sender(INTAKE) as sender:
            for correlation, document in documents.items():
                sender.send_messages(
                    ServiceBusMessage(document, message_id=correlation, correlation_id=correlation)
                )

    def receive(self, deliver: Callable[[Result], None], left: Event) -> None:
        """Deliver each result that comes, and complete its message, until it is left."""
        with self._client() as client, client.get_queue_receiver(RESULTS) as receiver:
            while not left.is_set():
                for message in receiver.receive_messages(PAGE, max_wait_time=LOOK_SECONDS):
                    deliver(Result.model_validate_json(b"".join(message.body)))
                    receiver.complete_message(message)

    def _client(self) -> ServiceBusClient:
        return ServiceBusClient.from_connection_string(self._connection)


class NoResultError(Exception):
    """No result has come in time, or none can come any more."""


class Letterbox:
    """Results by their correlation ids, each for whoever waits for it.

    Args:
        correlations: Those that are waited for; others are not kept.
    """

    def __init__(self, *correlations: str) -> None:
        self._boxes: dict[str, SimpleQueue[Result | str]] = {
            one: SimpleQueue() for one in correlations
        }

    def fill(self, queues: Queues, left: Event) -> None:
        """Receive results until it is left, in a thread that does not outlive the program."""
        Thread(target=self._receive, args=(queues, left), daemon=True).start()

    def put(self, result: Result) -> None:
        """Keep a result."""
        if box := self._boxes.get(result.correlation_id):
            box.put(result)

    def next(self, correlation: str, seconds: float) -> Result:
        """The next result of a request, in the order in which they came.

        Raises:
            NoResultError: There is none after so many seconds.
        """
        try:
            found = self._boxes[correlation].get(timeout=seconds)
        except Empty:
            raise NoResultError(f"{RESULTS} told nothing of it for {seconds:.0f} s") from None
        if isinstance(found, str):
            raise NoResultError(f"{RESULTS} cannot be read: {found}")
        return found

    def _receive(self, queues: Queues, left: Event) -> None:
        try:
            queues.receive(self.put, left)
        except Exception as error:  # noqa: BLE001 - it is told to those who wait
            for box in self._boxes.values():
                box.put(str(error))
