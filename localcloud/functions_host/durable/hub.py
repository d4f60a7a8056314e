"""What the parts of the engine share: the store, the clock, the functions, and who to wake."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from localcloud.functions_host.clock import to_text
from localcloud.functions_host.durable.events import Event, encode

if TYPE_CHECKING:
    from localcloud.functions_host.clock import Clock
    from localcloud.functions_host.durable.store import Activity, Store, Timer
    from localcloud.functions_host.functions import Function

FINISHED = frozenset({"Completed", "Failed", "Terminated", "Canceled"})


class Invoker(Protocol):
    """Runs a function in the worker."""

    async def invoke(self, function: Function, trigger: list[Any]) -> list[Any]:
        """Return the kind and the value that the function returned.

        Raises:
            InvocationError: the function raised.
            WorkerLostError: the worker died; nothing is known about the outcome.
        """


@dataclass(frozen=True)
class Functions:
    """The durable functions of the app, by lower-case name."""

    orchestrators: dict[str, Function]
    activities: dict[str, Function]
    entities: dict[str, Function]


@dataclass
class Effects:
    """What has to happen in memory once a transaction is committed."""

    activities: list[Activity] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    delivered: list[tuple[str, Event | None]] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Hub:
    """A task hub at work."""

    store: Store
    clock: Clock
    functions: Functions
    invoker: Invoker

    def timestamp(self) -> str:
        """Return the present as the protocol's text."""
        return to_text(self.clock.now())

    def post(self, effects: Effects, instance: str, execution: str | None, item: Event) -> None:
        """Leave an event for an instance, inside a transaction, and note to wake it after."""
        self.store.post(instance, execution, encode(item))
        effects.delivered.append((instance, item))
