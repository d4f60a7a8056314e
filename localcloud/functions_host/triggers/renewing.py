"""Renewing the lock of a message while its function runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

if TYPE_CHECKING:
    from azure.servicebus import ServiceBusReceivedMessage
    from azure.servicebus.aio import ServiceBusReceiver

# The SDK raises ValueError for a receiver that is closed and for a message that is settled.
FAILURES = (AzureError, OSError, ValueError, TimeoutError)


async def renew_until(
    over: asyncio.Event,
    receiver: ServiceBusReceiver,
    message: ServiceBusReceivedMessage,
    longest: timedelta,
) -> None:
    """Renew at half of each lock's time, until the function is over or it has taken too long.

    The SDK's own renewer goes on until the message is settled, also where nobody settles it. This
    one is told instead of cancelled: a connection does not survive being cancelled while it reads.
    """
    end = datetime.now(UTC) + longest
    while message.locked_until_utc is not None:
        left = message.locked_until_utc - datetime.now(UTC)
        try:
            await asyncio.wait_for(over.wait(), left.total_seconds() / 2)
        except TimeoutError:
            if datetime.now(UTC) >= end:
                return
        else:
            return
        try:
            await receiver.renew_message_lock(message)
        except FAILURES:
            return
