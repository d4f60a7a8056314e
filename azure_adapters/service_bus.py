"""Sending by Azure Service Bus."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from azure_adapters.service_bus_errors import service_bus_errors
from landing_zone.errors import ConfigurationError
from landing_zone.intake.messages import OutgoingMessage
from landing_zone.intake.settings import ServiceBusAddress

if TYPE_CHECKING:
    # The SDK costs more than all the rest at cold start, and many functions send nothing.
    from uuid import UUID

    from azure.servicebus import ServiceBusMessage
    from azure.servicebus.aio import ServiceBusClient, ServiceBusSender

SECONDS: Final = 30
"""Longest time for one message to be sent, its connection included."""


class ServiceBusMessageSender:
    """`MessageSender` over AMQP: a connection for each queue, made when first needed."""

    def __init__(self, address: ServiceBusAddress, credential: AsyncTokenCredential) -> None:
        """Note how to connect; nothing is sent.

        Args:
            address: Where Service Bus is.
            credential: Who we are, where no connection string says it.
        """
        self._address = address
        self._credential = credential
        self._senders: dict[str, ServiceBusSender] = {}
        # A sender is not made for several that use it at once.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, queue: str, message: OutgoingMessage, at: datetime | None = None) -> None:
        """Send a message, now or so that it comes at a given time."""
        wire = _on_the_wire(message)
        async with self._turns[queue], service_bus_errors(f"sending to {queue}"):
            sender = self._sender(queue)
            try:
                async with asyncio.timeout(SECONDS):
                    if at is None:
                        await sender.send_messages(wire)
                    else:
                        await sender.schedule_messages(wire, at)
            except BaseException:
                await self._drop(queue)
                raise

    def _sender(self, queue: str) -> "ServiceBusSender":
        if queue not in self._senders:
            client = client_of(self._address, self._credential)
            self._senders[queue] = client.get_queue_sender(queue)
        return self._senders[queue]

    async def _drop(self, queue: str) -> None:
        """After a failure nobody knows what state the connection is in."""
        with suppress(AzureError, OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._senders.pop(queue).close()

    async def close(self) -> None:
        """Close the connections."""
        for queue in list(self._senders):
            async with self._turns[queue]:
                await self._drop(queue)


def client_of(address: ServiceBusAddress, credential: AsyncTokenCredential) -> "ServiceBusClient":
    """The SDK's client, by connection string or by identity; it does not try again by itself.

    Raises:
        ConfigurationError: The settings name no Service Bus.
    """
    from azure.servicebus.aio import ServiceBusClient  # noqa: PLC0415 - see above

    if address.connection:
        try:
            return ServiceBusClient.from_connection_string(address.connection, retry_total=0)
        except ValueError as error:
            # What the SDK says could repeat the connection string.
            raise ConfigurationError(
                f"SPOKEWRIGHT_SERVICE_BUS: is no connection string ({type(error).__name__})"
            ) from None
    if address.namespace:
        return ServiceBusClient(address.namespace, credential, retry_total=0)
    raise ConfigurationError(
        "SPOKEWRIGHT_SERVICE_BUS or SPOKEWRIGHT_SERVICE_BUS__fullyQualifiedNamespace:"
        " no Service Bus is named"
    )


def _on_the_wire(message: OutgoingMessage) -> "ServiceBusMessage":
    from azure.servicebus import ServiceBusMessage  # noqa: PLC0415 - see above

    properties: dict[str | bytes, int | float | bytes | bool | str | UUID] = {}
    properties.update(message.properties)
    return ServiceBusMessage(
        message.body,
        message_id=message.message_id,
        correlation_id=message.correlation_id or None,
        content_type=message.content_type or None,
        subject=message.subject or None,
        time_to_live=message.time_to_live,
        application_properties=properties,
    )
