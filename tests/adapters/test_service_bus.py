"""Messages over the genuine SDK and a real broker: sent once, set aside, taken again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusClient

from azure_adapters.dead_letters import ServiceBusDeadLetters
from azure_adapters.service_bus import ServiceBusMessageSender, client_of
from landing_zone.errors import ConfigurationError, PermanentError, TemporaryError
from landing_zone.intake.dead_letters import DeadLetter, sent_again
from landing_zone.intake.messages import (
    DEAD_LETTERS,
    INTAKE,
    RESULTS,
    TOO_LARGE,
    Arrival,
    OutgoingMessage,
)
from landing_zone.intake.refusal import refused
from landing_zone.intake.settings import ServiceBusAddress
from landing_zone.request_parsing import Fault, InvalidRequest
from localcloud.service_bus.queues import read_queues
from localcloud.service_bus.server import Server
from tests.adapters.arm_server import FakeCredential

QUEUES = read_queues(Path(__file__).resolve().parents[2] / "localcloud" / "service_bus.yaml")
CREDENTIAL = FakeCredential()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A broker."""
    async with Server(tmp_path / "bus", QUEUES) as found:
        yield found


@pytest.fixture
async def sender(server: Server) -> AsyncIterator[ServiceBusMessageSender]:
    """What the application sends with."""
    made = ServiceBusMessageSender(ServiceBusAddress(server.connection_string), CREDENTIAL)
    yield made
    await made.close()


def letters_of(server: Server) -> ServiceBusDeadLetters:
    """The dead letters of a broker."""
    return ServiceBusDeadLetters(ServiceBusAddress(server.connection_string), CREDENTIAL)


@contextmanager
def client(server: Server) -> Iterator[ServiceBusClient]:
    """The genuine client."""
    yield ServiceBusClient.from_connection_string(server.connection_string, retry_total=0)


async def lying(server: Server, queue: str) -> list[ServiceBusReceivedMessage]:
    """What lies in a queue."""
    with client(server) as found:
        async with found, found.get_queue_receiver(queue) as receiver:
            return await receiver.peek_messages(100)


def message(number: int = 1, **changes: Any) -> OutgoingMessage:
    """A message."""
    values: dict[str, Any] = {"body": b"x", "message_id": f"id-{number}"}
    return OutgoingMessage(**values | changes)


async def test_message_arrives_as_it_was_meant(
    server: Server, sender: ServiceBusMessageSender
) -> None:
    """Each property in its place."""
    sent = message(
        body=b"{}",
        correlation_id="question",
        content_type="application/json",
        subject="onboarding.accepted",
        time_to_live=timedelta(hours=1),
        properties={"outcome": "accepted", "times": 3, "really": True},
    )
    await sender.send(RESULTS, sent)
    [found] = await lying(server, RESULTS)
    assert (b"".join(found.body), found.message_id, found.correlation_id) == (
        b"{}",
        "id-1",
        "question",
    )
    assert (found.content_type, found.subject, found.time_to_live) == (
        "application/json",
        "onboarding.accepted",
        timedelta(hours=1),
    )
    properties = {name.decode(): value for name, value in found.application_properties.items()}  # type: ignore[union-attr]
    assert properties == {"outcome": b"accepted", "times": 3, "really": True}


async def test_message_sent_twice_is_there_once(
    server: Server, sender: ServiceBusMessageSender
) -> None:
    """The queues of results and of refusals drop repeats."""
    for queue in (RESULTS, DEAD_LETTERS):
        await sender.send(queue, message())
        await sender.send(queue, message())
        assert len(await lying(server, queue)) == 1


async def test_message_for_later_waits(server: Server, sender: ServiceBusMessageSender) -> None:
    """It is the queue's at once."""
    at = datetime.now(UTC) + timedelta(hours=1)
    await sender.send(INTAKE, message(), at)
    [found] = await lying(server, INTAKE)
    assert found.scheduled_enqueue_time_utc is not None
    assert abs(found.scheduled_enqueue_time_utc - at) < timedelta(milliseconds=2)
    with client(server) as other:
        async with other, other.get_queue_receiver(INTAKE) as receiver:
            assert await receiver.receive_messages(1, max_wait_time=0.3) == []


async def test_many_at_once_all_arrive(server: Server, sender: ServiceBusMessageSender) -> None:
    """A connection is used by one at a time."""
    await asyncio.gather(*(sender.send(RESULTS, message(number)) for number in range(40)))
    assert {one.message_id for one in await lying(server, RESULTS)} == {
        f"id-{number}" for number in range(40)
    }


async def test_message_too_large_is_told_apart(sender: ServiceBusMessageSender) -> None:
    """Trying again would not help; what fits is sent after it."""
    with pytest.raises(PermanentError) as caught:
        await sender.send(RESULTS, message(body=b"x" * 2_000_000))
    assert caught.value.code == TOO_LARGE
    await sender.send(RESULTS, message())


async def test_queue_that_is_missing_may_come(sender: ServiceBusMessageSender) -> None:
    """An operator makes it: nothing is given up."""
    with pytest.raises(TemporaryError):
        await sender.send("nowhere", message())


async def test_broker_that_went_away_is_reached_again(tmp_path: Path) -> None:
    """With a new connection, by whoever sends next; no key is in what is raised."""
    async with Server(tmp_path / "bus", QUEUES) as first:
        port, address = first.port, ServiceBusAddress(first.connection_string)
        sender = ServiceBusMessageSender(address, CREDENTIAL)
        await sender.send(RESULTS, message(1))
    with pytest.raises(TemporaryError) as caught:
        await sender.send(RESULTS, message(2))
    assert first.key not in repr(caught.value)
    async with Server(tmp_path / "bus", QUEUES, port) as second:
        await sender.send(RESULTS, message(2))
        assert [one.message_id for one in await lying(second, RESULTS)] == ["id-1", "id-2"]
        await sender.close()


async def test_settings_that_name_no_service_bus_are_told() -> None:
    """When something is to be sent, and not before."""
    sender = ServiceBusMessageSender(ServiceBusAddress(), CREDENTIAL)
    with pytest.raises(ConfigurationError, match="SPOKEWRIGHT_SERVICE_BUS"):
        await sender.send(RESULTS, message())


async def test_namespace_is_reached_by_identity() -> None:
    """With the application's own credential; nothing is sent here."""
    made = client_of(ServiceBusAddress(namespace="ours.servicebus.windows.net"), CREDENTIAL)
    assert made.fully_qualified_namespace == "ours.servicebus.windows.net"
    await made.close()


async def set_aside(sender: ServiceBusMessageSender, *bodies: bytes) -> None:
    """Let documents be refused."""
    for number, body in enumerate(bodies):
        arrival = Arrival(body=body, message_id=f"m-{number}", correlation_id=f"c-{number}")
        error = InvalidRequest([Fault("tenantId", "is missing")])
        await sender.send(DEAD_LETTERS, refused(arrival, error))


async def give_up(server: Server, sender: ServiceBusMessageSender, body: bytes) -> None:
    """Let Service Bus itself set a message aside."""
    await sender.send(INTAKE, message(body=body, message_id="given up", correlation_id="c-up"))
    with client(server) as found:
        async with found, found.get_queue_receiver(INTAKE) as receiver:
            [one] = await receiver.receive_messages(1)
            await receiver.dead_letter_message(
                one, reason="MaxDeliveryCountExceeded", error_description="it was tried often"
            )


async def test_dead_letters_of_both_kinds_are_shown(
    server: Server, sender: ServiceBusMessageSender
) -> None:
    """With the reason of each, by the properties that Service Bus itself uses."""
    await set_aside(sender, b"bad")
    await give_up(server, sender, b"good")
    refusal, given_up = await letters_of(server).browse()
    assert (refusal.id[0], refusal.reason, refusal.body) == ("r", "InvalidRequest", b"bad")
    assert "tenantId is missing" in refusal.description
    assert (refusal.message_id, refusal.correlation_id) == ("m-0", "c-0")
    assert (given_up.id[0], given_up.reason) == ("u", "MaxDeliveryCountExceeded")
    assert (given_up.description, given_up.message_id) == ("it was tried often", "given up")
    assert refusal.enqueued_at is not None


async def test_more_than_a_page_is_shown(server: Server, sender: ServiceBusMessageSender) -> None:
    """Each once."""
    await set_aside(sender, *(str(number).encode() for number in range(120)))
    found = await letters_of(server).browse()
    assert len({letter.id for letter in found}) == len(found) == 120


async def test_only_what_is_wanted_is_taken(
    server: Server, sender: ServiceBusMessageSender
) -> None:
    """The others lie there as before; what was taken is in the queue again."""
    await set_aside(sender, b"0", b"1", b"2")
    await give_up(server, sender, b"good")
    letters = letters_of(server)
    first, wanted, last, given_up = await letters.browse()

    async def again(letter: DeadLetter) -> None:
        await sender.send(INTAKE, sent_again(letter))

    done = await letters.settle([wanted.id, given_up.id, "r4711"], again)
    assert done == [wanted.id, given_up.id]
    assert [one.id for one in await letters.browse()] == [first.id, last.id]
    assert [b"".join(one.body) for one in await lying(server, INTAKE)] == [b"1", b"good"]


async def test_handling_that_fails_leaves_it_where_it_lies(
    server: Server, sender: ServiceBusMessageSender
) -> None:
    """It can be taken by the next one."""
    await set_aside(sender, b"0")
    letters = letters_of(server)
    [letter] = await letters.browse()

    async def fail(_: DeadLetter) -> None:
        raise TemporaryError("ServiceBusFailed", "nobody answers")

    with pytest.raises(TemporaryError):
        await letters.settle([letter.id], fail)
    assert [one.id for one in await letters.browse()] == [letter.id]


async def test_two_who_take_the_same_send_it_once(
    server: Server, sender: ServiceBusMessageSender
) -> None:
    """One has its lock; and would both have sent it, the queue would drop the second."""
    await set_aside(sender, b"0")
    letters = letters_of(server)
    [letter] = await letters.browse()

    async def again(taken: DeadLetter) -> None:
        await sender.send(INTAKE, sent_again(taken))

    both = await asyncio.gather(*(letters.settle([letter.id], again) for _ in range(2)))
    assert sorted(both) == [[], [letter.id]]
    await again(letter)
    assert len(await lying(server, INTAKE)) == 1


async def test_body_that_is_no_data_is_shown_as_text(server: Server) -> None:
    """The trigger cannot take it, so it ends here; a person can see what it was."""
    from azure.servicebus.amqp import AmqpAnnotatedMessage  # noqa: PLC0415 - this test only

    with client(server) as found:
        async with found, found.get_queue_sender(DEAD_LETTERS) as other:
            odd: Any = AmqpAnnotatedMessage(value_body="some value")
            await other.send_messages(odd)
    [letter] = await letters_of(server).browse()
    assert b"some value" in letter.body
