"""The genuine SDK, its asynchronous clients: what they share with the others, and sessions."""

import pytest
from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusSubQueue,
)
from azure.servicebus.aio import ServiceBusReceiver
from azure.servicebus.exceptions import (
    ServiceBusError,
    SessionLockLostError,
)

from tests.localcloud.service_bus.live import Bus

SOON = 5.0


async def one(receiver: ServiceBusReceiver) -> ServiceBusReceivedMessage:
    """The next message."""
    (message,) = await receiver.receive_messages(1, max_wait_time=SOON)
    return message


async def test_messages_are_received_ahead_and_settled_in_every_way(bus: Bus) -> None:
    """Each outcome is confirmed."""
    async with (
        bus.async_client() as client,
        client.get_queue_sender("orders") as sender,
        client.get_queue_receiver("orders", prefetch_count=20) as receiver,
    ):
        for number in range(20):
            await sender.send_messages(ServiceBusMessage(str(number)))
        found: dict[str, ServiceBusReceivedMessage] = {}
        while len(found) < 20:
            for message in await receiver.receive_messages(20, max_wait_time=SOON):
                found[str(message)] = message
        assert sorted(map(int, found)) == list(range(20))
        await receiver.dead_letter_message(found.pop("0"), reason="bad")
        await receiver.defer_message(deferred := found.pop("1"))
        await receiver.abandon_message(found.pop("2"))
        for message in found.values():
            await receiver.complete_message(message)
        again = await one(receiver)
        assert (str(again), again.delivery_count) == ("2", 1)
        await receiver.complete_message(again)
        assert deferred.sequence_number
        (taken,) = await receiver.receive_deferred_messages([deferred.sequence_number])
        await receiver.complete_message(taken)
        assert await receiver.peek_messages(5, sequence_number=1) == []
        async with client.get_queue_receiver(
            "orders", sub_queue=ServiceBusSubQueue.DEAD_LETTER
        ) as undertaker:
            (dead,) = await undertaker.peek_messages(5)
            assert (str(dead), dead.dead_letter_reason) == ("0", "bad")


async def test_sessions_have_a_holder_a_state_and_an_order(bus: Bus) -> None:
    """A named one, and whichever comes."""
    async with bus.async_client() as client, client.get_queue_sender("chats") as sender:
        with pytest.raises(ServiceBusError, match="SessionId"):
            await sender.send_messages(ServiceBusMessage("lost"))
        await sender.send_messages(
            [ServiceBusMessage(f"{s}{n}", session_id=s) for n in (1, 2) for s in ("a", "b")]
        )
        async with client.get_queue_receiver("chats", session_id="b") as named:
            assert [str(await one(named)), str(await one(named))] == ["b1", "b2"]
            await named.session.set_state("half")
            assert await named.session.get_state() == b"half"
            locked = named.session.locked_until_utc
            bus.advance(30)
            assert locked
            assert await named.session.renew_lock() > locked
            async with client.get_queue_receiver(
                "chats", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=SOON
            ) as any_one:
                assert any_one.session.session_id == "a"
                first = await one(any_one)
                assert (str(first), first.session_id) == ("a1", "a")
                await any_one.complete_message(first)
        assert [s async for s in client.list_queue_sessions("chats")] == ["a", "b"]


async def test_a_session_whose_lock_ran_out_is_lost(bus: Bus) -> None:
    """The receiver's link ends with the reason, and nothing can be settled."""
    async with bus.async_client() as client, client.get_queue_sender("chats") as sender:
        await sender.send_messages(ServiceBusMessage("x", session_id="short"))
        receiver = client.get_queue_receiver("chats", session_id="short")
        await receiver.__aenter__()
        message = await one(receiver)
        bus.advance(60)
        with pytest.raises(SessionLockLostError):
            await receiver.complete_message(message)
        await receiver.close()
