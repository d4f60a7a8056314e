"""What the queues do: everything about messages that has nothing to do with AMQP's links.

All functions are synchronous and take effect at once in the store; nothing is told to anyone
before the store has committed (`Turn`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from localcloud.service_bus.clock import Clock
from localcloud.service_bus.queues import DEAD_LETTER, Queue
from localcloud.service_bus.store import Row, Store


@dataclass(slots=True, eq=False)
class Entity:
    """A queue or its dead-letter queue.

    Attributes:
        key: Its path, in lower case.
        queue: The queue's options.
        dead: Whether it is the dead-letter queue.
        consumers: The links that take messages from it, in their turn.
        waiting: Those that wait for any session.
    """

    key: str
    queue: Queue
    dead: bool
    consumers: list["Consumer"] = field(default_factory=list)
    waiting: list["SessionSeeker"] = field(default_factory=list)

    @property
    def sessions(self) -> bool:
        """Whether receivers take a session; a dead-letter queue has none."""
        return self.queue.requires_session and not self.dead


class Consumer(Protocol):
    """A link that takes messages."""

    @property
    def deletes(self) -> bool:
        """Whether a message is gone when it is sent (receive and delete)."""
        ...

    @property
    def session(self) -> str | None:
        """The session that it holds."""
        ...

    def room(self) -> int:
        """How many messages it can take now."""
        ...

    def deliver(self, row: Row) -> None:
        """Take a message, which is locked or deleted already."""
        ...

    def rest(self) -> None:
        """There is no message for it now: give back credit that is to be used up or returned."""
        ...

    def lose_session(self) -> None:
        """The session's lock has expired."""
        ...


class SessionSeeker(Protocol):
    """A link that waits for whichever session comes."""

    def found(self, session: str, until: int) -> None:
        """A session is locked for it."""
        ...

    @property
    def holder(self) -> bytes:
        """Under which the session is locked."""
        ...


class Broker:
    """The namespace.

    Attributes:
        store: What is kept.
        clock: Time.
        entities: Queues and dead-letter queues, by their keys.
        used: Bytes of each queue, its dead letters too.
        stirred: Where there may be something to deliver.
        due: When something has to be done next, in milliseconds; None for never.
        on_due_change: Told when that is earlier than it was.
    """

    def __init__(self, store: Store, clock: Clock, queues: Sequence[Queue]) -> None:
        self.store = store
        self.clock = clock
        self.entities: dict[str, Entity] = {}
        for queue in queues:
            for key, dead in ((queue.key, False), (dead_letter_key(queue), True)):
                self.entities[key] = Entity(key, queue, dead)
        self.used = {queue.key: 0 for queue in queues}
        for key, size in store.ask("SELECT entity, SUM(size) FROM messages GROUP BY entity"):
            if key in self.entities:
                self.used[self.entities[key].queue.key] += size
        self.stirred: set[Entity] = set()
        self.due: int | None = None
        self.on_due_change: Callable[[], None] = lambda: None

    def dead_letters(self, entity: Entity) -> Entity:
        """The dead-letter queue of a queue."""
        return self.entities[dead_letter_key(entity.queue)]

    def stir(self, entity: Entity) -> None:
        """There may be something to deliver."""
        self.stirred.add(entity)

    def expect(self, moment: int | None) -> None:
        """Something is due at a moment."""
        if moment is not None and (self.due is None or moment < self.due):
            self.due = moment
            self.on_due_change()

    def free(self, entity: Entity, size: int) -> None:
        """A message is gone."""
        self.used[entity.queue.key] -= size


def dead_letter_key(queue: Queue) -> str:
    """The path of a queue's dead-letter queue."""
    return f"{queue.key}/{DEAD_LETTER}"
