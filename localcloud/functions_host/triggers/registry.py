"""Trigger listeners, by binding type: where the listeners of later trigger types move in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from localcloud.functions_host.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.functions_host.functions import Catalogue, Function

SERVED_ELSEWHERE = frozenset(
    {
        "httpTrigger",  # these two by the web front
        "eventGridTrigger",
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

    def __init__(self, factories: dict[str, ListenerFactory], settings: Mapping[str, str]) -> None:
        self._factories = factories
        self._settings = settings
        self._running: list[Listener] = []

    async def start(self, catalogue: Catalogue) -> None:
        """Start a listener for each trigger type in use; warn of those that nobody serves."""
        types = {function.trigger_type for function in catalogue.functions} - SERVED_ELSEWHERE
        for trigger_type in sorted(types):
            functions = [one for one in catalogue.of(trigger_type) if not self._is_disabled(one)]
            if not functions:
                continue
            factory = self._factories.get(trigger_type)
            if factory is None:
                names = ", ".join(function.name for function in functions)
                logger.warning("no listener for %s: %s will never run here", trigger_type, names)
                continue
            listener = factory(functions)
            await listener.start()
            self._running.append(listener)

    def _is_disabled(self, function: Function) -> bool:
        """Source: https://learn.microsoft.com/azure/azure-functions/disable-function."""
        disabled = self._settings.get(f"AzureWebJobs.{function.name}.Disabled", "").lower()
        if disabled in {"true", "1"}:
            logger.info("function %s is disabled", function.name)
            return True
        return False

    async def close(self) -> None:
        """Stop all of them."""
        for listener in self._running:
            await listener.close()
