"""Queues in memory."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from landing_zone.intake.messages import OutgoingMessage

if TYPE_CHECKING:
    from collections.abc import Callable


class Sent(NamedTuple):
    """A message that was sent."""

    queue: str
    message: OutgoingMessage
    at: datetime | None


class FakeMessages:
    """Queues that keep a message of each id once; `before_send` may raise for a test."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.before_send: Callable[[Sent], object] = lambda _: None

    async def send(self, queue: str, message: OutgoingMessage, at: datetime | None = None) -> None:
        """Send a message, unless one of its id was sent."""
        sent = Sent(queue, message, at)
        self.before_send(sent)
        if not any(
            (one.queue, one.message.message_id) == (queue, message.message_id) for one in self.sent
        ):
            self.sent.append(sent)

    def of(self, queue: str) -> list[OutgoingMessage]:
        """What was sent to a queue."""
        return [one.message for one in self.sent if one.queue == queue]
