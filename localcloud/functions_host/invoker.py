"""Fills a function's inputs and runs it in the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.functions_host.functions import Function
    from localcloud.functions_host.worker_process import Worker


class WorkerInvoker:
    """Runs functions with their trigger value and, where they want one, a durable client."""

    def __init__(self, worker: Worker, client_binding: Callable[[], str]) -> None:
        self._worker = worker
        self._client_binding = client_binding

    async def invoke(self, function: Function, trigger: list[Any]) -> list[Any]:
        """Return the kind and the value that the function returned.

        Raises:
            InvocationError: the function raised.
            WorkerLostError: the worker died; nothing is known about the outcome.
        """
        outcome = await self.call(function, trigger)
        return list(outcome["value"])

    async def call(
        self,
        function: Function,
        trigger: list[Any],
        metadata: dict[str, list[Any]] | None = None,
    ) -> dict[str, Any]:
        """Return ``{"value": [kind, value], "outputs": [[name, [kind, value]], ...]}``.

        Raises:
            InvocationError: the function raised.
            WorkerLostError: the worker died; nothing is known about the outcome.
        """
        inputs = [(str(function.trigger["name"]), trigger)]
        inputs += [(name, ["string", self._client_binding()]) for name in function.durable_clients]
        return await self._worker.invoke(function, inputs, metadata)
