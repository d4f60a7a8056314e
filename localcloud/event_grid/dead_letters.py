"""Dead letters: what could not be delivered, kept as blobs.

All storage accounts of the local cloud are one Azurite account, so that an account's name becomes
the container's, and the container's the first folder:

    https://ACCOUNT.blob.core.windows.net/CONTAINER/SUBSCRIPTION/2026/8/8/5/GUID.json
    http://127.0.0.1:10000/devstoreaccount1/account-ACCOUNT/CONTAINER/SUBSCRIPTION/2026/8/8/5/GUID.json

The name below the container, and that a blob holds an array, is as in Azure (learn: event-grid/
manage-event-delivery).
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient

from localcloud.event_grid import records as states
from localcloud.event_grid.clock import Clock
from localcloud.event_grid.intake import Feed, FeedError, Subscriptions
from localcloud.event_grid.model import Subscription
from localcloud.event_grid.records import Change, Delivery
from localcloud.event_grid.retries import DEAD_LETTER_PATIENCE
from localcloud.event_grid.schemas import Letter, dead_letter
from localcloud.event_grid.state import State

_LOG = logging.getLogger("localcloud.event_grid")
_PAGE: Final = 500  # events in one blob
_AGAIN: Final = 60.0  # seconds of Azure until a destination that is unavailable is tried again
_SPACE: Final = uuid.UUID("5f6f0c1e-2a6e-4f0a-9c41-6ad1f7f4c0b2")


class BlobError(Exception):
    """The storage is not available."""


class Blobs(Protocol):
    """Where blobs are kept. Asynchronous."""

    async def write(self, container: str, name: str, content: bytes) -> None:
        """Write a blob, over one of that name.

        Raises:
            BlobError: That is not possible now.
        """
        ...


class AzuriteBlobs:
    """Blobs in Azurite."""

    def __init__(self, connection_string: str) -> None:
        # An attempt that fails is repeated by us, on the clock of Event Grid.
        self._service = BlobServiceClient.from_connection_string(
            connection_string, retry_total=0, connection_timeout=5, read_timeout=10
        )

    async def write(self, container: str, name: str, content: bytes) -> None:
        """Write a blob, and make its container where needed.

        Raises:
            BlobError: That is not possible now.
        """
        try:
            try:
                await self._upload(container, name, content)
            except ResourceNotFoundError:
                await self._make(container)
                await self._upload(container, name, content)
        except AzureError as error:
            raise BlobError(type(error).__name__) from error

    async def _upload(self, container: str, name: str, content: bytes) -> None:
        blob = self._service.get_blob_client(container, name)
        await blob.upload_blob(content, overwrite=True)

    async def _make(self, container: str) -> None:
        try:
            await self._service.create_container(container)
        except ResourceExistsError:
            return

    async def close(self) -> None:
        """Close the connections."""
        await self._service.close()


class DeadLetters:
    """Keeps what was given up, some minutes after that, as Azure does."""

    def __init__(
        self,
        state: State,
        subscriptions: Subscriptions,
        feed: Feed,
        blobs: Blobs | None,
        clock: Clock,
        speed: float,
    ) -> None:
        self._state = state
        self._subscriptions = subscriptions
        self._feed = feed
        self._blobs = blobs
        self._clock = clock
        self._speed = speed

    async def run(self, wake: asyncio.Event) -> None:
        """Keep what is due, until cancelled."""
        while True:
            wake.clear()
            while due := self._state.dying(self._clock.now(), _PAGE):
                await self.keep(due)
            await self._clock.wait(wake, self._state.next_death())

    async def keep(self, due: Sequence[Delivery]) -> None:
        """Keep some, those of a subscription in one blob."""
        by_subscription: dict[str, list[Delivery]] = {}
        for one in due:
            by_subscription.setdefault(one.subscription, []).append(one)
        for name, deliveries in by_subscription.items():
            subscription = self._subscriptions.get(name)
            if subscription is None:
                self._end(deliveries, states.DROPPED, "the event subscription is gone")
            else:
                await self._keep(subscription, deliveries)

    async def _keep(self, subscription: Subscription, deliveries: Sequence[Delivery]) -> None:
        try:
            place = await self._feed.dead_letter_place(subscription.id)
            if "refused" in place:
                self._end(deliveries, states.DROPPED, f"no dead letter: {place['refused']}")
                return
            blob = await self._write(subscription, deliveries, place)
        except (FeedError, BlobError) as error:
            _LOG.warning("dead letters of %s have to wait: %s", subscription.name, error)
            self._later(deliveries)
        else:
            self._end(deliveries, states.DEAD, "", blob)

    async def _write(
        self,
        subscription: Subscription,
        deliveries: Sequence[Delivery],
        place: Mapping[str, str],
    ) -> str:
        """Write the blob; the same deliveries always make the same one, even after a crash."""
        if self._blobs is None:
            raise BlobError("there is no storage")
        container = f"account-{place['account']}"
        name = f"{place['container']}/{_blob_name(subscription, deliveries)}"
        letters = [_letter(one, subscription) for one in deliveries]
        await self._blobs.write(container, name, json.dumps(letters).encode())
        return f"{container}/{name}"

    def _later(self, deliveries: Sequence[Delivery]) -> None:
        """Try again for four hours; then Azure drops them."""
        now = self._clock.now()
        patience = DEAD_LETTER_PATIENCE / self._speed
        late = [one for one in deliveries if now - (one.attempted or one.published) >= patience]
        self._end(late, states.DROPPED, "no dead letter: the destination was not available")
        again = now + _AGAIN / self._speed
        waiting = [one for one in deliveries if one not in late]
        self._change(waiting, states.DYING, again, "", "")

    def _end(self, deliveries: Sequence[Delivery], state: str, reason: str, blob: str = "") -> None:
        self._change(deliveries, state, self._clock.now(), reason, blob)

    def _change(
        self, deliveries: Sequence[Delivery], state: str, due: float, reason: str, blob: str
    ) -> None:
        self._state.change(
            [
                Change(
                    one.id, state, due, one.attempts, one.status, one.outcome,
                    "; ".join(filter(None, (one.reason, reason))), one.attempted, blob,
                )
                for one in deliveries
            ]
        )  # fmt: skip


def _blob_name(subscription: Subscription, deliveries: Sequence[Delivery]) -> str:
    """The subscription's name in upper case, the hour without zeros before it, and a GUID."""
    first = deliveries[0]
    ids = ",".join(str(one.id) for one in deliveries)
    hour = datetime.fromtimestamp(first.due, UTC)
    guid = uuid.uuid5(_SPACE, f"{subscription.id}/{first.published}/{ids}")
    return (
        f"{subscription.name.upper()}/{hour.year}/{hour.month}/{hour.day}/{hour.hour}/{guid}.json"
    )


def _letter(delivery: Delivery, subscription: Subscription) -> dict[str, Any]:
    event = dict(delivery.event) | {"topic": subscription.source}
    letter = Letter(
        delivery.reason, delivery.attempts, delivery.outcome, delivery.published, delivery.attempted
    )
    return dead_letter(event, subscription.schema, letter)
