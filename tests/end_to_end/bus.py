"""The queues of a running local cloud, by the genuine SDK."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
)

from tests.end_to_end.cloud import Cloud, wait_for

INTAKE, RESULTS, DEAD_LETTERS = "onboarding", "onboarding-results", "onboarding-deadletter"


@contextmanager
def client_of(cloud: Cloud) -> Iterator[ServiceBusClient]:
    """A client of the cloud's Service Bus."""
    with ServiceBusClient.from_connection_string(cloud.ready["serviceBus"]) as client:
        yield client


def send(cloud: Cloud, **bodies: bytes) -> None:
    """Send documents to the intake, each under its correlation id."""
    with client_of(cloud) as client, client.get_queue_sender(INTAKE) as sender:
        for correlation, body in bodies.items():
            message = ServiceBusMessage(
                body, message_id=f"id of {correlation}", correlation_id=correlation
            )
            sender.send_messages(message)


def lying(receiver: ServiceBusReceiver) -> list[ServiceBusReceivedMessage]:
    """All messages of a queue, none of them taken."""
    found: list[ServiceBusReceivedMessage] = []
    while True:
        following = (found[-1].sequence_number or 0) + 1 if found else 0
        page = receiver.peek_messages(100, sequence_number=following)
        if not page:
            return found
        found += page


class Results:
    """What the queue of results tells of some correlation ids."""

    def __init__(self, cloud: Cloud) -> None:
        """Look at a cloud."""
        self._cloud = cloud

    def of(self, *correlations: str) -> dict[str, list[str]]:
        """The outcomes of each correlation id, in order."""
        found: dict[str, list[str]] = {one: [] for one in correlations}
        for document in self.documents():
            if document["correlationId"] in found:
                found[document["correlationId"]].append(document["outcome"])
        return found

    def documents(self) -> list[dict[str, Any]]:
        """All results."""
        with client_of(self._cloud) as client, client.get_queue_receiver(RESULTS) as receiver:
            return [json.loads(b"".join(one.body)) for one in lying(receiver)]

    def wait(self, *correlations: str, count: int, seconds: float = 60.0) -> dict[str, list[str]]:
        """The same, once each has so many."""

        def complete() -> dict[str, list[str]] | None:
            found = self.of(*correlations)
            return found if all(len(outcomes) >= count for outcomes in found.values()) else None

        return wait_for(complete, f"results of {correlations}", seconds, pause=0.3)


def until_empty(cloud: Cloud, which: Callable[[ServiceBusReceivedMessage], bool]) -> None:
    """Wait until the intake has none of these messages any more."""

    def is_empty() -> bool:
        with client_of(cloud) as client, client.get_queue_receiver(INTAKE) as receiver:
            return not any(which(one) for one in lying(receiver))

    wait_for(is_empty, "the intake to be empty", pause=0.3)
