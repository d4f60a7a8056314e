"""The genuine SDK, its synchronous clients."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusMessageState,
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
    ServiceBusReceiver,
    ServiceBusSender,
    ServiceBusSubQueue,
)
from azure.servicebus._pyamqp.utils import generate_sas_token
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
)

from localcloud.service_bus.keys import POLICY
from tests.localcloud.service_bus.live import Bus

SOON = 5.0  # seconds; a bound that a passing test never waits for


@pytest.fixture(scope="module")
def client(bus: Bus) -> Iterator[ServiceBusClient]:
    """A client for all tests of the module: each link of its own costs half a second."""
    with bus.client() as made:
        yield made


@pytest.fixture(scope="module")
def sender(client: ServiceBusClient) -> Iterator[ServiceBusSender]:
    """Sends to `orders`."""
    with client.get_queue_sender("orders") as made:
        yield made


@pytest.fixture(scope="module")
def receiver(client: ServiceBusClient) -> Iterator[ServiceBusReceiver]:
    """Receives from `orders`, whose name it writes as it likes."""
    with client.get_queue_receiver("ORDERS") as made:
        yield made


@pytest.fixture(scope="module")
def undertaker(client: ServiceBusClient) -> Iterator[ServiceBusReceiver]:
    """Receives the dead letters of `orders`."""
    with client.get_queue_receiver("orders", sub_queue=ServiceBusSubQueue.DEAD_LETTER) as made:
        yield made


def one(receiver: ServiceBusReceiver) -> ServiceBusReceivedMessage:
    """The next message."""
    (message,) = receiver.receive_messages(1, max_wait_time=SOON)
    return message


def test_a_message_arrives_as_it_was_sent(
    sender: ServiceBusSender, receiver: ServiceBusReceiver
) -> None:
    """With all its properties, and what the broker adds."""
    sender.send_messages(
        ServiceBusMessage(
            b"\x00body",
            message_id="m1",
            correlation_id="c1",
            content_type="application/json",
            subject="s",
            reply_to="r",
            to="t",
            session_id="not used here",
            application_properties={"text": "x", "number": 7},
            time_to_live=timedelta(minutes=5),
        )
    )
    message = one(receiver)
    assert b"".join(message.body) == b"\x00body"
    assert (message.message_id, message.correlation_id) == ("m1", "c1")
    assert (message.content_type, message.subject) == ("application/json", "s")
    assert (message.reply_to, message.to) == ("r", "t")
    assert message.application_properties == {b"text": b"x", b"number": 7}
    assert message.time_to_live == timedelta(minutes=5)
    assert message.delivery_count == 0
    assert message.sequence_number
    assert message.enqueued_time_utc
    assert message.locked_until_utc
    assert message.locked_until_utc - message.enqueued_time_utc >= timedelta(minutes=1)
    receiver.complete_message(message)


def test_abandoned_deferred_and_dead_messages_end_as_the_sdk_says(
    sender: ServiceBusSender, receiver: ServiceBusReceiver, undertaker: ServiceBusReceiver
) -> None:
    """Each outcome is confirmed; the dead letter says why."""
    sender.send_messages([ServiceBusMessage(name) for name in ("abandon", "defer", "dead")])
    found = {str(m): m for m in receiver.receive_messages(3, max_wait_time=SOON)}
    deferred = found["defer"].sequence_number
    assert deferred
    receiver.abandon_message(found["abandon"])
    receiver.defer_message(found["defer"])
    receiver.dead_letter_message(found["dead"], reason="bad", error_description="no tenantId")

    again = one(receiver)
    assert (str(again), again.delivery_count) == ("abandon", 1)
    receiver.abandon_message(again)
    (taken,) = receiver.receive_deferred_messages([deferred])
    assert str(taken) == "defer"
    receiver.complete_message(taken)
    with pytest.raises(MessageNotFoundError):
        receiver.receive_deferred_messages([deferred])

    dead = {m.dead_letter_reason: m for m in undertaker.peek_messages(5)}
    assert dead["bad"].dead_letter_error_description == "no tenantId"
    assert str(dead["MaxDeliveryCountExceeded"]) == "abandon"
    for message in undertaker.receive_messages(2, max_wait_time=SOON):
        undertaker.complete_message(message)
    assert undertaker.peek_messages(5) == []


def test_locks_are_renewed_and_lost(
    bus: Bus, sender: ServiceBusSender, receiver: ServiceBusReceiver, undertaker: ServiceBusReceiver
) -> None:
    """The client is told when it comes too late, on either way."""
    sender.send_messages(ServiceBusMessage("slow"))
    message = one(receiver)
    before = message.locked_until_utc
    bus.advance(40)
    assert before
    assert receiver.renew_message_lock(message) == before + timedelta(seconds=40)
    bus.advance(61)
    with pytest.raises(MessageLockLostError):
        receiver.renew_message_lock(message)
    with pytest.raises(MessageLockLostError):
        receiver.complete_message(message)
    again = one(receiver)
    assert again.delivery_count == 1
    receiver.complete_message(again)
    assert undertaker.peek_messages(5) == []


def test_messages_are_scheduled_and_taken_back(
    bus: Bus, sender: ServiceBusSender, receiver: ServiceBusReceiver
) -> None:
    """They can be seen meanwhile; either way of scheduling leads there."""
    due = datetime.fromtimestamp(bus.clock.now() / 1000, UTC) + timedelta(minutes=10)
    kept, gone = sender.schedule_messages([ServiceBusMessage("1"), ServiceBusMessage("2")], due)
    sender.send_messages(ServiceBusMessage("3", scheduled_enqueue_time_utc=due))
    sender.cancel_scheduled_messages(gone)
    with pytest.raises(MessageNotFoundError):
        sender.cancel_scheduled_messages([gone])
    peeked = receiver.peek_messages(5, sequence_number=kept)
    assert [(str(m), m.state) for m in peeked] == [
        ("1", ServiceBusMessageState.SCHEDULED),
        ("3", ServiceBusMessageState.SCHEDULED),
    ]
    bus.advance(600)
    found = receiver.receive_messages(2, max_wait_time=SOON)
    assert [str(m) for m in found] == ["1", "3"]
    for message in found:
        receiver.complete_message(message)


def test_a_batch_is_many_messages(
    sender: ServiceBusSender, receiver: ServiceBusReceiver, client: ServiceBusClient
) -> None:
    """In one transfer of several frames; received and deleted in one go."""
    batch = sender.create_message_batch()
    for number in range(50):
        batch.add_message(ServiceBusMessage(b"x" * 4000, message_id=str(number)))
    sender.send_messages(batch)
    with client.get_queue_receiver(
        "orders", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE, prefetch_count=50
    ) as deleting:
        found: list[ServiceBusReceivedMessage] = []
        while len(found) < 50:
            found += deleting.receive_messages(50 - len(found), max_wait_time=SOON)
    assert [m.message_id for m in found] == [str(number) for number in range(50)]
    assert receiver.peek_messages(1, sequence_number=1) == []


def test_what_is_too_large_is_refused_and_the_link_lives(
    sender: ServiceBusSender, receiver: ServiceBusReceiver
) -> None:
    """256 KB is the limit; a large message comes back whole."""
    with pytest.raises(MessageSizeExceededError, match="exceeds the limit"):
        sender.send_messages(ServiceBusMessage(b"x" * 256 * 1024))
    large = bytes(range(256)) * 1000
    sender.send_messages(ServiceBusMessage(large))
    message = one(receiver)
    assert b"".join(message.body) == large
    receiver.complete_message(message)


def test_a_receiver_that_closes_gives_back_what_it_did_not_look_at(
    sender: ServiceBusSender, receiver: ServiceBusReceiver, client: ServiceBusClient
) -> None:
    """It drains its link and releases; nothing counts as tried."""
    sender.send_messages([ServiceBusMessage(str(number)) for number in range(5)])
    with client.get_queue_receiver("orders", prefetch_count=5) as fetching:
        fetching.complete_message(one(fetching))
    found: list[ServiceBusReceivedMessage] = []
    while len(found) < 4:
        found += receiver.receive_messages(4 - len(found), max_wait_time=SOON)
    assert {m.delivery_count for m in found} == {0}
    for message in found:
        receiver.complete_message(message)


def test_a_duplicate_is_accepted_and_dropped(
    sender: ServiceBusSender, receiver: ServiceBusReceiver
) -> None:
    """As its sender could not know whether the first one had arrived."""
    for _ in range(2):
        sender.send_messages(ServiceBusMessage("same", message_id="same"))
    sender.send_messages(ServiceBusMessage("other", message_id="other"))
    found = [one(receiver), one(receiver)]
    assert [str(m) for m in found] == ["same", "other"]
    assert receiver.peek_messages(5) == []
    for message in found:
        receiver.complete_message(message)


def test_an_expired_message_is_found_among_the_dead(
    bus: Bus, sender: ServiceBusSender, undertaker: ServiceBusReceiver
) -> None:
    """With the reason that Azure gives."""
    sender.send_messages(ServiceBusMessage("old", time_to_live=timedelta(seconds=10)))
    bus.advance(10)
    message = one(undertaker)
    assert (str(message), message.dead_letter_reason) == ("old", "TTLExpiredException")
    undertaker.complete_message(message)


def test_a_queue_that_is_not_there_is_not_found(client: ServiceBusClient) -> None:
    """The error that the SDK has for it."""
    with pytest.raises(MessagingEntityNotFoundError), client.get_queue_sender("nobody"):
        pass


def test_another_key_does_not_open(bus: Bus) -> None:
    """Nor is anything said about the right one."""
    host = f"127.0.0.1:{bus.server.port}"
    credential = AzureNamedKeyCredential(POLICY, "wrong")
    client = ServiceBusClient(host, credential, retry_total=0, use_tls=False)
    with pytest.raises(ServiceBusAuthenticationError), client.get_queue_sender("orders"):
        pass
    client.close()


def test_a_token_for_one_queue_opens_it(bus: Bus) -> None:
    """A signature that someone made in advance."""
    host = f"127.0.0.1:{bus.server.port}"
    until = int(bus.clock.now() / 1000) + 900
    token = generate_sas_token(  # type: ignore[no-untyped-call]
        f"sb://{host}/orders", POLICY, bus.server.key, until
    )
    with (
        ServiceBusClient(host, AzureSasCredential(token), retry_total=0, use_tls=False) as client,
        client.get_queue_sender("orders"),
    ):
        pass
