"""The host's side of the worker: start it, invoke functions in it, start it again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.channel import Channel
from localcloud.functions_host.errors import AppLoadError, InvocationError, WorkerLostError
from localcloud.functions_host.functions import Function
from localcloud.functions_host.logs import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

type Input = tuple[str, list[Any]]

_ROOT = Path(__file__).resolve().parents[2]
_RESTART_DELAYS = (0.0, 0.0, 0.1, 0.25, 0.5, 1.0)  # seconds, by the number of deaths in a row
_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
_GRACE = 1.0  # seconds that the child gets to end by itself


class Worker:
    """The one worker child. It is always one app in one process, as in Azure's Python worker."""

    def __init__(self, app: Path, settings: Mapping[str, str]) -> None:
        self._app = app
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._loaded: asyncio.Future[dict[str, Any]]
        self._pending: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._names: dict[str, str] = {}
        self._ready = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closing = False
        self._deaths = 0

    @property
    def pid(self) -> int | None:
        """The child's process id while it lives."""
        return self._process.pid if self._process else None

    async def start(self) -> list[Function]:
        """Start the child and load the app.

        Raises:
            AppLoadError: the app cannot be imported or indexed.
        """
        functions = await self._spawn()
        self._keeper = asyncio.create_task(self._keep())
        return functions

    async def _spawn(self) -> list[Function]:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "localcloud.functions_host.worker",
                str(theirs.fileno()), str(os.getpid()), str(self._app),
                pass_fds=[theirs.fileno()], env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        self._loaded = asyncio.get_running_loop().create_future()
        self._channel = await Channel.open(ours, self._receive)
        either: list[asyncio.Future[Any]] = [self._loaded, self._channel.closed]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._loaded.done():
            code = await self._reap()
            raise AppLoadError(f"The worker ended with code {code} while it loaded the app.")
        message = self._loaded.result()
        if message["type"] == "failed":
            self._channel.close()
            await self._reap()
            raise AppLoadError(message["error"], message["stack"] or "")
        functions = [Function.described(item) for item in message["functions"]]
        self._ready.set()
        return functions

    def _environment(self) -> dict[str, str]:
        environment = dict(self._settings)
        environment["SPOKEWRIGHT_HOST_PYTHONPATH"] = environment.get("PYTHONPATH", "")
        environment["PYTHONPATH"] = str(_ROOT)
        environment["PYTHONUNBUFFERED"] = "1"
        return environment

    async def invoke(
        self, function: Function, inputs: list[Input], metadata: dict[str, list[Any]] | None = None
    ) -> dict[str, Any]:
        """Run a function and return ``{"value": [kind, value], "outputs": [...]}``.

        Raises:
            InvocationError: the function raised.
            WorkerLostError: the worker died before it answered.
        """
        await self._ready.wait()
        if self._channel is None:
            raise WorkerLostError
        invocation = str(uuid.uuid4())
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[invocation] = future
        self._names[invocation] = function.name
        try:
            self._channel.send({
                "invocation": invocation, "function": function.id,
                "inputs": inputs, "metadata": metadata or {},
            })  # fmt: skip
            outcome = await future
        finally:
            self._pending.pop(invocation, None)
            self._names.pop(invocation, None)
        if outcome["ok"]:
            return outcome
        raise InvocationError(outcome["error"], outcome["stack"] or "")

    def _receive(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "log":
                self._log(message)
            case "result":
                self._deaths = 0
                future = self._pending.get(message["invocation"])
                if future is not None and not future.done():
                    future.set_result(message)
            case _:
                self._loaded.set_result(message)

    async def _keep(self) -> None:
        """When the child dies, fail what was in flight and start it again."""
        while self._channel is not None:
            await self._channel.closed
            code = await self._lose()
            if self._closing:
                return
            logger.error("worker exited with code %s; starting it again", code)
            await self._respawn()

    async def _lose(self) -> int | None:
        self._ready.clear()
        self._channel = None
        for future in self._pending.values():
            if not future.done():
                future.set_exception(WorkerLostError())
        return await self._reap()

    async def _respawn(self) -> None:
        while not self._closing:
            await asyncio.sleep(_RESTART_DELAYS[min(self._deaths, len(_RESTART_DELAYS) - 1)])
            self._deaths += 1
            try:
                await self._spawn()
            except AppLoadError as error:
                logger.error("worker could not load the app again: %s", error)
            else:
                logger.info("worker is running again")
                return

    async def _reap(self) -> int | None:
        process = self._process
        if process is None:
            return None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
        if process.returncode is None:
            process.kill()
            await process.wait()
        return process.returncode

    def _log(self, message: dict[str, Any]) -> None:
        invocation = message.get("invocation")
        name = self._names.get(invocation, "") if invocation else ""
        where = f"[{name} {invocation}] " if invocation else "[worker] "
        logger.log(_LEVELS.get(message["level"], 20), "%s%s", where, message["text"])

    async def close(self) -> None:
        """End the child: it stops when its channel closes, or is killed after a grace."""
        self._closing = True
        if self._channel is not None:
            self._channel.close()
        if self._keeper is not None:
            await self._keeper
        elif self._process is not None and self._process.returncode is None:
            self._process.kill()  # it is still loading the app
            await self._process.wait()
