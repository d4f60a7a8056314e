"""Service Bus triggers: messages of queues, under a lock while their function runs.

A message is completed when its function succeeds and abandoned when it raises; what dies in
between leaves its locks to run out. So each message is delivered at least once, and the queue
itself gives up on it after so many deliveries.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.errors import HostError
from localcloud.functions_host.logs import logger
from localcloud.functions_host.settings import resolve
from localcloud.functions_host.triggers.queue_watch import QueueWatch, Watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.functions_host.functions import Function
    from localcloud.functions_host.invoker import WorkerInvoker
    from localcloud.functions_host.service_bus_options import ServiceBusOptions


class ServiceBusListener:
    """Runs the functions of an app that have a Service Bus trigger."""

    def __init__(
        self,
        functions: list[Function],
        settings: Mapping[str, str],
        options: ServiceBusOptions,
        invoker: WorkerInvoker,
    ) -> None:
        self._functions = functions
        self._settings = settings
        self._options = options
        self._invoker = invoker
        self._watches: list[QueueWatch] = []

    async def start(self) -> None:
        """Begin to receive.

        A function whose connection is not set is left alone, as in Azure: the others work.

        Raises:
            HostError: a trigger is set up wrongly, or in a way that this host does not serve.
        """
        _keep_quiet()
        for function in self._functions:
            queue = self._queue(function)
            connection = self._connection(function)
            if connection is not None:
                watched = Watched(function, queue, connection, self._completes(function))
                self._watches.append(QueueWatch(watched, self._options, self._invoker))
        for watch in self._watches:
            watch.start()

    def _queue(self, function: Function) -> str:
        trigger = function.trigger
        where = f"service bus trigger of {function.name}"
        _require_served(trigger, where)
        name = resolve(str(trigger.get("queueName") or ""), self._settings, where)
        if not name:
            raise HostError(f"{where}: queueName is missing.")
        return name

    def _connection(self, function: Function) -> str | None:
        """The connection string; the setting may also have the prefix that Functions gives."""
        name = str(function.trigger.get("connection") or "ServiceBus")
        for setting in (f"AzureWebJobs{name}", name):
            if self._settings.get(setting):
                return self._settings[setting]
        missing = f"the app setting {name} holds no connection string"
        if self._settings.get(f"{name}__fullyQualifiedNamespace"):
            missing = f"connections by identity are not served here ({name})"
        logger.error("the listener of %s was unable to start: %s", function.name, missing)
        return None

    def _completes(self, function: Function) -> bool:
        own = function.trigger.get("autoCompleteMessages")
        return self._options.auto_complete if own is None else own is True

    async def close(self) -> None:
        """Receive no more, and give what runs some time to finish."""
        await asyncio.gather(*(watch.close() for watch in self._watches))


def _require_served(trigger: Mapping[str, Any], where: str) -> None:
    if trigger.get("topicName") or trigger.get("subscriptionName"):
        raise HostError(f"{where}: topics are not served here.")
    if trigger.get("isSessionsEnabled"):
        raise HostError(f"{where}: queues with sessions are not served here.")
    if str(trigger.get("cardinality") or "one").lower() != "one":
        raise HostError(f"{where}: batches (cardinality 'many') are not served here.")


def _keep_quiet() -> None:
    """The SDK logs each attempt to connect; a line of ours at its beginning and end says it."""
    log = logging.getLogger("azure.servicebus")
    log.addHandler(logging.NullHandler())
    log.propagate = False
