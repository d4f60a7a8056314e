"""The host, put together: worker, engine, triggers and fronts of one app."""

from __future__ import annotations

import errno
import fcntl
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from aiohttp import web

from localcloud.functions_host.admin import Admin
from localcloud.functions_host.clock import Clock, SystemClock
from localcloud.functions_host.durable.api import DurableApi
from localcloud.functions_host.durable.client import DurableClient
from localcloud.functions_host.durable.engine import Engine
from localcloud.functions_host.durable.hub import Functions, Hub
from localcloud.functions_host.durable.store import Store
from localcloud.functions_host.errors import HostError
from localcloud.functions_host.functions import Catalogue
from localcloud.functions_host.host_json import HostConfig, read_host_json
from localcloud.functions_host.invoker import WorkerInvoker
from localcloud.functions_host.keys import Keys, load_keys
from localcloud.functions_host.links import Links
from localcloud.functions_host.logs import Redactor, logger
from localcloud.functions_host.settings import read_app_settings
from localcloud.functions_host.triggers.event_grid import EventGridWebhook
from localcloud.functions_host.triggers.http import HttpFunctions
from localcloud.functions_host.triggers.registry import Listeners
from localcloud.functions_host.triggers.timer import StatusFile, TimerListener
from localcloud.functions_host.web import RPC_PREFIX, PublicFront, RpcFront, server
from localcloud.functions_host.worker_process import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localcloud.functions_host.app_service_auth import AppServiceAuthentication
    from localcloud.functions_host.functions import Function
    from localcloud.functions_host.triggers.registry import Listener, ListenerFactory

_LOOPBACK = "127.0.0.1"
_SHUTDOWN = 0.2  # seconds that open requests get at the end


class PortInUseError(Exception):
    """The port that the host shall listen on is taken."""


@dataclass
class _Timers:
    """Makes the timer listener and lets the admin API reach it."""

    listener: TimerListener | None = None

    def run_now(self, name: str) -> bool:
        return self.listener is not None and self.listener.run_now(name)


class Host:
    """One function app, served on one port with one state directory."""

    def __init__(
        self,
        app: Path,
        port: int,
        state: Path,
        environment: Mapping[str, str],
        redactor: Redactor,
        clock: Clock | None = None,
        authentication: AppServiceAuthentication | None = None,
    ) -> None:
        self._app = app
        self._state = state
        self._port = port
        self._redactor = redactor
        self._clock = clock or SystemClock()
        self._authentication = authentication
        self._settings = read_app_settings(app, environment)
        self.config: HostConfig = read_host_json(app, self._settings)
        self._lock = _lock(state)
        self.keys: Keys = load_keys(state)
        redactor.add(*self.keys.secrets())
        redactor.add_settings(self._settings)
        self.worker = Worker(app, self._settings)
        self.base = ""
        self.catalogue = Catalogue([])
        self._runners: list[web.ServerRunner] = []
        self._engine: Engine | None = None
        self._store: Store | None = None
        self._listeners: Listeners | None = None

    async def start(self) -> None:
        """Load the app, go on with what the state directory holds, and serve.

        Raises:
            PortInUseError: another process has the port.
            HostError: the app or its configuration is wrong.
        """
        for note in self.config.notes:
            logger.warning("%s", note)
        public, rpc = _Switch(), _Switch()
        self._port = await self._listen(public, self._port)
        rpc_port = await self._listen(rpc, 0)
        self.base = f"http://localhost:{self._port}"
        self._settings |= {
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
            "AzureWebJobsScriptRoot": str(self._app),
            "WEBSITE_HOSTNAME": f"localhost:{self._port}",
        }
        if self._authentication:  # as App Service does (learn: app-service/reference-app-settings)
            self._settings["WEBSITE_AUTH_ENABLED"] = "True"
        self.catalogue = Catalogue(await self.worker.start())
        _warn_of_inputs(self.catalogue)
        rpc_base = f"http://{_LOOPBACK}:{rpc_port}{RPC_PREFIX}/"
        links = Links(self.base, rpc_base, self.config.hub, self.keys.durable)
        invoker = WorkerInvoker(self.worker, links.client_binding)
        engine = self._engine = self._make_engine(invoker)
        api = DurableApi(DurableClient(engine, self.config.overridable), links.management)
        functions = HttpFunctions(
            self.catalogue.of("httpTrigger"), self.config.route_prefix, self.keys, invoker
        )
        events = EventGridWebhook(self.catalogue.of("eventGridTrigger"), invoker)
        timers = _Timers()
        admin = Admin(self.catalogue, self.keys, timers)
        rpc.handler = RpcFront(api, self.base)
        engine.start()
        factories: dict[str, ListenerFactory] = {
            "timerTrigger": self._timer_factory(timers, invoker),
            "serviceBusTrigger": self._service_bus_factory(invoker),
        }
        self._listeners = Listeners(factories, self._settings)
        await self._listeners.start(self.catalogue)
        public.handler = PublicFront(functions, api, events, admin, self.keys, self._authentication)

    def _make_engine(self, invoker: WorkerInvoker) -> Engine:
        catalogue = self.catalogue
        self._store = Store(self._state / f"{self.config.hub.lower()}.db")
        functions = Functions(
            catalogue.durable("orchestrationTrigger", "orchestration"),
            catalogue.durable("activityTrigger", "activity"),
            catalogue.durable("entityTrigger", "entityName"),
        )
        return Engine(Hub(self._store, self._clock, functions, invoker), self.config)

    def _timer_factory(self, timers: _Timers, invoker: WorkerInvoker) -> ListenerFactory:
        def make(functions: list[Function]) -> TimerListener:
            status = StatusFile(self._state / "schedules.json")
            timers.listener = TimerListener(functions, self._settings, status, self._clock, invoker)
            return timers.listener

        return make

    def _service_bus_factory(self, invoker: WorkerInvoker) -> ListenerFactory:
        def make(functions: list[Function]) -> Listener:
            # Imported here: only apps with such a trigger pay for the SDK.
            from localcloud.functions_host.triggers.service_bus import (  # noqa: PLC0415
                ServiceBusListener,
            )

            options = self.config.service_bus
            return ServiceBusListener(functions, self._settings, options, invoker)

        return make

    async def _listen(self, switch: _Switch, port: int) -> int:
        runner = web.ServerRunner(server(switch.handle), shutdown_timeout=_SHUTDOWN)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, _LOOPBACK, port)
        try:
            await site.start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(port) from error
            raise
        return int(runner.addresses[0][1])

    async def close(self) -> None:
        """End everything promptly; the state directory has what the next start needs."""
        # First: what finishes its work until then may need the rest.
        if self._listeners is not None:
            await self._listeners.close()
        for runner in self._runners:
            await runner.cleanup()
        if self._engine is not None:
            await self._engine.close()
        await self.worker.close()
        if self._store is not None:
            self._store.close()
        self._lock.close()


def _lock(state: Path) -> IO[str]:
    """Hold the state directory, until the process ends in whatever way.

    Raises:
        HostError: another host holds it.
    """
    file = (state / "host.lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise HostError(f"Another host is running on the state directory {state}.") from error
    return file


class _Switch:
    """Answers 503 until the host is ready, so that a port in use is known before the app loads."""

    def __init__(self) -> None:
        self.handler: PublicFront | RpcFront | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.handler is None:
            return web.Response(status=503, headers={"Retry-After": "1"})
        return await self.handler.handle(request)


def _warn_of_inputs(catalogue: Catalogue) -> None:
    for function in catalogue.functions:
        for binding in function.other_inputs:
            kind, name = binding["type"], binding["name"]
            logger.warning("%s: input binding %s (%s) is not filled", function.name, name, kind)


def process_environment() -> dict[str, str]:
    """Return a copy of this process's environment."""
    return dict(os.environ)
