"""Dead letters in Azure Service Bus: the queue of ours, and the one that Service Bus keeps."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from azure_adapters.service_bus import client_of
from azure_adapters.service_bus_errors import service_bus_errors
from landing_zone.intake.dead_letters import DeadLetter, Place
from landing_zone.intake.messages import DEAD_LETTERS, INTAKE, MESSAGE_ID, Property
from landing_zone.intake.settings import ServiceBusAddress

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusReceivedMessage
    from azure.servicebus.aio import ServiceBusReceiver

PAGE: Final = 100
WAIT_SECONDS: Final = 2.0
"""How long one waits for more before it is believed that there is nothing left to be had."""

_PLACES: Final[tuple[Place, ...]] = ("refused", "undelivered")


class ServiceBusDeadLetters:
    """`DeadLetters` over AMQP."""

    def __init__(self, address: ServiceBusAddress, credential: AsyncTokenCredential) -> None:
        """Note how to connect; nothing is read."""
        self._address = address
        self._credential = credential

    async def browse(self) -> list[DeadLetter]:
        """All of them, without taking any."""
        found: list[DeadLetter] = []
        for place in _PLACES:
            async with self._receiver(place) as receiver:
                found += [_letter(place, message) async for message in _peeked(receiver)]
        return found

    async def settle(
        self, wanted: Collection[str], handle: Callable[[DeadLetter], Awaitable[None]]
    ) -> list[str]:
        """Take those of these ids, and be done with each once it has been handled."""
        done: list[str] = []
        for place in _PLACES:
            left = {one for one in wanted if one[:1] == place[:1]}
            if left:
                async with self._receiver(place) as receiver:
                    await _settle(receiver, place, left, handle, done)
        return done

    @asynccontextmanager
    async def _receiver(self, place: Place) -> AsyncIterator["ServiceBusReceiver"]:
        from azure.servicebus import ServiceBusSubQueue  # noqa: PLC0415 - heavy

        refused = place == "refused"
        async with (
            service_bus_errors("reading dead letters"),
            client_of(self._address, self._credential) as client,
            client.get_queue_receiver(
                DEAD_LETTERS if refused else INTAKE,
                sub_queue=None if refused else ServiceBusSubQueue.DEAD_LETTER,
            ) as receiver,
        ):
            yield receiver


async def _peeked(receiver: "ServiceBusReceiver") -> AsyncIterator["ServiceBusReceivedMessage"]:
    following = 0
    while True:
        page = await receiver.peek_messages(PAGE, sequence_number=following)
        for message in page:
            yield message
            following = (message.sequence_number or 0) + 1
        if not page:
            return


async def _settle(
    receiver: "ServiceBusReceiver",
    place: Place,
    left: set[str],
    handle: Callable[[DeadLetter], Awaitable[None]],
    done: list[str],
) -> None:
    """A queue is read from its front: what is not wanted is held until the end, and let go of."""
    passed: list[ServiceBusReceivedMessage] = []
    try:
        while left:
            batch = await receiver.receive_messages(1, max_wait_time=WAIT_SECONDS)
            if not batch:
                return
            [message] = batch
            letter = _letter(place, message)
            if letter.id not in left:
                passed.append(message)
                continue
            await handle(letter)
            await receiver.complete_message(message)
            left.remove(letter.id)
            done.append(letter.id)
    finally:
        for message in passed:
            # Its lock may have run out, which comes to the same.
            with suppress(AzureError, ValueError):
                await receiver.abandon_message(message)


def _letter(place: Place, message: "ServiceBusReceivedMessage") -> DeadLetter:
    properties = _plain(message.application_properties)
    return DeadLetter(
        place=place,
        sequence_number=message.sequence_number or 0,
        body=_body(message),
        reason=message.dead_letter_reason or "",
        description=message.dead_letter_error_description or "",
        enqueued_at=message.enqueued_time_utc,
        message_id=str(properties.get(MESSAGE_ID) or message.message_id or ""),
        correlation_id=message.correlation_id or "",
        content_type=message.content_type or "",
        deliveries=message.delivery_count or 0,
        properties=properties,
    )


def _body(message: "ServiceBusReceivedMessage") -> bytes:
    """What is no binary data could not be taken by the trigger either: it is shown as text."""
    from azure.servicebus.amqp import AmqpMessageBodyType  # noqa: PLC0415 - heavy

    if message.body_type is AmqpMessageBodyType.DATA:
        return b"".join(message.body)
    return str(message).encode()


def _plain(properties: Mapping[str | bytes, Any] | None) -> dict[str, Property]:
    texts = {_text(name): _text(value) for name, value in (properties or {}).items()}
    return {
        str(name): value
        for name, value in texts.items()
        if isinstance(value, str | int | float | bool)
    }


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
