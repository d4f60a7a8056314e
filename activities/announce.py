"""Telling orchestrations that something they wait for has ended."""

import asyncio
from typing import Any, Final, Protocol

from landing_zone.conclusions import Announcement
from landing_zone.contracts import Contract, Outcome

ATTEMPTS: Final = 8
FIRST_WAIT_SECONDS: Final = 0.05


class EventRaiser(Protocol):
    """As much of the durable client as is needed here. Asynchronous."""

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        """Raise an event; raises an exception when the instance is not there or has ended."""
        ...


async def announce(client: EventRaiser, data: Announcement) -> Outcome:
    """Tell everyone who waits; those who have ended no longer need it.

    Raises:
        Exception: Someone could not be told, however often it was tried.
    """
    await asyncio.gather(*(tell(client, instance, data.event, data) for instance in data.instances))
    return Outcome(state="done")


async def tell(client: EventRaiser, instance: str, event: str, data: Contract) -> None:
    """Tell one of them, unless it has ended.

    It may not have been started yet: all are started at once, in no order.

    Raises:
        Exception: It could not be told, however often it was tried.
    """
    for attempt in range(ATTEMPTS):
        try:
            await client.raise_event(instance, event, data.dump())
        except Exception as error:
            # The durable client raises bare exceptions; this is how it words a 410.
            if "is gone" in str(error):
                return
            if attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(FIRST_WAIT_SECONDS * 2**attempt)
        else:
            return
