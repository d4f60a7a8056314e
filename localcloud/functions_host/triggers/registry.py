"""Trigger listeners, by binding type: where the listeners of later trigger types move in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from localcloud.functions_host.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.functions_host.functions import Catalogue, Function

SERVED_ELSEWHERE = frozenset(
    {
        "httpTrigger",  # by the web front
        "orchestrationTrigger",  # these three by the durable engine
        "activityTrigger",
        "entityTrigger",
    }
)


class Listener(Protocol):
    """Serves the functions of one trigger type."""

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            HostError: a trigger is set up wrongly.
        """

    async def close(self) -> None:
        """Stop listening; what is under way may be given some time, or is abandoned."""


type ListenerFactory = Callable[[list[Function]], Listener]


class Listeners:
    """The listeners of one app."""

    def __init__(self, factories: dict[str, ListenerFactory]) -> None:
        self._factories = factories
        self._running: list[Listener] = []

    async def start(self, catalogue: Catalogue) -> None:
        """Start a listener for each trigger type in use; warn of those that nobody serves."""
        types = {function.trigger_type for function in catalogue.functions} - SERVED_ELSEWHERE
        for trigger_type in sorted(types):
            functions = catalogue.of(trigger_type)
            factory = self._factories.get(trigger_type)
            if factory is None:
                names = ", ".join(function.name for function in functions)
                logger.warning("no listener for %s: %s will never run here", trigger_type, names)
                continue
            listener = factory(functions)
            await listener.start()
            self._running.append(listener)

    async def close(self) -> None:
        """Stop all of them."""
        for listener in self._running:
            await listener.close()
