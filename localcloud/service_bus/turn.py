"""One round of the event loop: all that it changes becomes true together, then it is told.

Whatever the connections read in a round, and the deliveries that follow from it, is committed at
once at its end. Only then are the bytes written that acknowledge or deliver. So a message that was
acknowledged is kept, a group of senders shares one commit, and nobody sees what might not last.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from localcloud.service_bus.broker import Broker, Entity
from localcloud.service_bus.delivering import pump
from localcloud.service_bus.sessions import seat
from localcloud.service_bus.sweeping import sweep

if TYPE_CHECKING:
    from localcloud.service_bus.clock import Cancellable

_LOG = logging.getLogger("localcloud")


class Speaker(Protocol):
    """A connection that has something to say when the round ends."""

    def flush(self) -> None:
        """Write what was said."""
        ...

    def abort(self) -> None:
        """Say nothing and end: what was said is not true."""
        ...


class Turn:
    """The rounds of one broker, one after the other.

    Args:
        broker: The namespace.
        failed: Called when the store fails; nothing is acknowledged any more.
    """

    def __init__(self, broker: Broker, failed: Callable[[BaseException], None]) -> None:
        self._broker = broker
        self._failed = failed
        self._speakers: dict[Speaker, None] = {}
        self._alarm: Cancellable | None = None
        self._scheduled = False
        self._closed = False
        broker.on_due_change = self._arrange

    def begin(self) -> None:
        """See to it that the round has an end."""
        if not self._scheduled and not self._closed:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._finish)

    def speaks(self, speaker: Speaker) -> None:
        """A connection has something to say."""
        self._speakers[speaker] = None
        self.begin()

    def close(self) -> None:
        """End the last round."""
        if self._alarm:
            self._alarm.cancel()
        self._finish()
        self._closed = True

    def _finish(self) -> None:
        self._scheduled = False
        if self._closed:
            return
        try:
            self._deliver()
            self._broker.store.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be told
            _LOG.error("the round failed: %r", error)
            speakers, self._speakers = self._speakers, {}
            for speaker in speakers:
                speaker.abort()
            self._closed = True
            self._failed(error)
            return
        speakers, self._speakers = self._speakers, {}
        for speaker in speakers:
            speaker.flush()

    def _deliver(self) -> None:
        broker = self._broker
        if broker.due is not None and broker.due <= broker.clock.now():
            sweep(broker)
        stirred, broker.stirred = broker.stirred, set()
        for entity in stirred:
            self._serve(entity)
        if broker.stirred:
            self.begin()

    def _serve(self, entity: Entity) -> None:
        if entity.waiting:
            seat(self._broker, entity)
        if not pump(self._broker, entity):
            self._broker.stir(entity)
            return
        for consumer in entity.consumers:
            consumer.rest()

    def _arrange(self) -> None:
        if self._alarm:
            self._alarm.cancel()
        if self._broker.due is not None and not self._closed:
            self._alarm = self._broker.clock.call_at(self._broker.due, self._ring)

    def _ring(self) -> None:
        """Something is due, or the alarm rang early."""
        due = self._broker.due
        if due is not None and due > self._broker.clock.now():
            self._arrange()
        else:
            self.begin()
