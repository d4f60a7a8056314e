"""An engine in the test's own process, over the genuine SDK and a clock that the test moves."""

from __future__ import annotations

import contextlib
import heapq
import inspect
import json
import traceback
import warnings
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from azure.durable_functions.entity import Entity
from azure.durable_functions.orchestrator import Orchestrator

from localcloud.functions_host.durable.api import ApiRequest, ApiResponse, DurableApi
from localcloud.functions_host.durable.client import DurableClient
from localcloud.functions_host.durable.engine import Engine
from localcloud.functions_host.durable.hub import Functions, Hub
from localcloud.functions_host.durable.status import describe
from localcloud.functions_host.durable.store import Store
from localcloud.functions_host.errors import InvocationError
from localcloud.functions_host.functions import Function
from localcloud.functions_host.host_json import HostConfig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

_PATIENCE = 20.0


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._calls: list[tuple[datetime, int, list[Callable[[], None]]]] = []
        self._number = 0

    def now(self) -> datetime:
        """Return the present."""
        return self._now

    def call_at(self, when: datetime, callback: Callable[[], None]) -> _Call:
        """Call back when the clock is moved past a moment."""
        holder = [callback]
        self._number += 1
        heapq.heappush(self._calls, (when, self._number, holder))
        return _Call(holder)

    def advance(self, seconds: float) -> None:
        """Move the clock and make the calls that are due."""
        target = self._now + timedelta(seconds=seconds)
        while self._calls and self._calls[0][0] <= target:
            when, _, holder = heapq.heappop(self._calls)
            self._now = max(self._now, when)
            for callback in holder:
                callback()
        self._now = target


class _Call:
    def __init__(self, holder: list[Callable[[], None]]) -> None:
        self._holder = holder

    def cancel(self) -> None:
        """Take the callback out."""
        self._holder.clear()


class SdkInvoker:
    """Runs functions as the worker does, without the worker."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[Any], Any]] = {}
        self.calls: list[tuple[str, Any]] = []

    async def invoke(self, function: Function, trigger: list[Any]) -> list[Any]:
        """Run one function."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the SDK's own, about itself
                result = self.handlers[function.name](trigger[1])
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            raise InvocationError(message, traceback.format_exc()) from error
        return ["json", result]

    def activity(self, name: str, body: Callable[[Any], Any]) -> Callable[[str], Any]:
        """Wrap an activity: JSON in, JSON out, and note the call."""

        async def run(text: str) -> str:
            argument = json.loads(text)
            self.calls.append((name, argument))
            result = body(argument)
            if inspect.isawaitable(result):
                result = await result
            return json.dumps(result)

        return run


def _functions(kind: str, names: list[str]) -> dict[str, Function]:
    binding = {"type": kind, "name": "input", "direction": "IN"}
    return {name.lower(): Function(name, name, (binding,)) for name in names}


class TestEngine:
    """The engine with its client, as tests drive it."""

    __test__ = False

    def __init__(self, path: Path, clock: FakeClock, parts: dict[str, Any]) -> None:
        self.clock = clock
        self.invoker = SdkInvoker()
        orchestrators = {f.__name__: f for f in parts.get("orchestrators", ())}
        activities = {f.__name__: f for f in parts.get("activities", ())}
        entities = {f.__name__: f for f in parts.get("entities", ())}
        handlers = self.invoker.handlers
        handlers |= {name: Orchestrator.create(f) for name, f in orchestrators.items()}
        handlers |= {name: self.invoker.activity(name, f) for name, f in activities.items()}
        handlers |= {name: Entity.create(f) for name, f in entities.items()}
        functions = Functions(
            _functions("orchestrationTrigger", list(orchestrators)),
            _functions("activityTrigger", list(activities)),
            _functions("entityTrigger", list(entities)),
        )
        self.store = parts.get("store", Store)(path / "hub.db")
        self.engine = Engine(Hub(self.store, clock, functions, self.invoker), HostConfig())
        self.client = DurableClient(self.engine, "NonRunningStates")
        self.api = DurableApi(self.client, lambda _, instance: {"statusQueryGetUri": instance})

    def start(self, name: str, value: Any = None, instance: str | None = None) -> str:
        """Start an orchestration with the SDK's double encoding."""
        return self.client.start(name, instance, json.dumps(json.dumps(value)))

    def rename(self, name: str, orchestrator: Any) -> None:
        """Put other code under an orchestrator's name, as a deployment does."""
        self.invoker.handlers[name] = Orchestrator.create(orchestrator)

    def status(self, instance: str) -> dict[str, Any]:
        """Return the status document."""
        found = self.client.find(instance)
        assert found is not None
        return describe(found, show_input=True)

    async def finish(self, instance: str) -> dict[str, Any]:
        """Wait for the end and return the status document."""
        await self.engine.wait_finished(instance, _PATIENCE)
        status = self.status(instance)
        assert status["runtimeStatus"] in {"Completed", "Failed", "Terminated"}, status
        return status

    async def run(self, name: str, value: Any = None) -> Any:
        """Run an orchestration to its completion and return its output."""
        status = await self.finish(self.start(name, value))
        assert status["runtimeStatus"] == "Completed", status
        return status["output"]

    async def settle(self) -> None:
        """Wait until nothing is left to do but for the clock or a person."""
        await self.engine.idle()

    async def request(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> ApiResponse:
        """Send a request to the management API."""
        path, _, query = path.partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        data = b"" if body is None else json.dumps(body).encode()
        named = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.api.handle(
            ApiRequest(method, path, pairs, named, data, "http://test", f"http://test{path}")
        )

    def history(self, instance: str) -> list[dict[str, Any]]:
        """Return the stored history."""
        return [json.loads(body) for body in self.store.history(instance)]


@contextlib.asynccontextmanager
async def engine(
    path: Path, clock: FakeClock | None = None, **parts: Any
) -> AsyncIterator[TestEngine]:
    """Run an engine over ``orchestrators``, ``activities`` and ``entities``, by their names."""
    subject = TestEngine(path, clock or FakeClock(), parts)
    subject.engine.start()
    try:
        yield subject
    finally:
        await subject.engine.close()
        subject.store.close()
