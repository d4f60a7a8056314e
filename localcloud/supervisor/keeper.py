"""Keeps one service running: starts it, waits until it answers, starts it again when it dies."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from localcloud.supervisor.errors import EXIT_PORT_IN_USE, LocalCloudError, PortInUseError
from localcloud.supervisor.guard import Guard
from localcloud.supervisor.logs import ServiceLog
from localcloud.supervisor.service import Child, Service, ending

READY_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How eagerly a service is started again.

    Attributes:
        first_delay: Seconds before the first restart; doubles with each further one.
        longest_delay: Seconds that the delay does not exceed.
        stable_after: Seconds of running after which the count starts anew.
        start_attempts: Attempts of the first start before the whole local cloud gives up.
        start_seconds: Seconds within which a service has to become ready at the first start.
    """

    first_delay: float = 0.2
    longest_delay: float = 5.0
    stable_after: float = 30.0
    start_attempts: int = 3
    start_seconds: float = 60.0

    def delay(self, restart: int) -> float:
        """Seconds before restart number 1, 2, ..."""
        return float(min(self.first_delay * 2 ** min(restart - 1, 16), self.longest_delay))


class Keeper:
    """One service and the task that keeps it running.

    Attributes:
        service: What it keeps running.
        ready: Set from when the service first answers.
        ended: Set when its task is over and its process gone.
    """

    def __init__(
        self,
        service: Service,
        log: ServiceLog,
        guard: Guard,
        say: Callable[[str], None],
        policy: RestartPolicy,
    ) -> None:
        self.service = service
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self._log = log
        self._guard = guard
        self._say = say
        self._policy = policy
        self._child: Child | None = None
        self._restarts = 0

    @property
    def pid(self) -> int | None:
        """Process id of the service, None while it does not run."""
        return self._child.pid if self._child else None

    async def run(self, before: Sequence["Keeper"], dependents: Sequence["Keeper"]) -> NoReturn:
        """Keep the service running until cancelled; then end it after those that need it.

        Raises:
            LocalCloudError: It cannot be started.
        """
        try:
            for other in before:
                await other.ready.wait()
            while True:
                await self._run_once()
        except asyncio.CancelledError:
            for other in dependents:
                await other.ended.wait()
            raise
        finally:
            if self._child:
                await self._child.stop(self.service.grace)
                self._child = None
            self.ended.set()

    def kill(self) -> None:
        """End the process at once; for who cannot wait."""
        if self._child:
            self._child.kill()

    async def _run_once(self) -> None:
        """Start the process and see it end, then wait before the next start."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._child = await Child.start(self.service, self._log, self._guard)
        becoming_ready = asyncio.create_task(self._become_ready(started))
        try:
            code = await self._child.wait()
        finally:
            becoming_ready.cancel()
        self._child = None
        if loop.time() - started > self._policy.stable_after:
            self._restarts = 0
        self._restarts += 1
        if not self.ready.is_set():
            self._give_up_if_hopeless(code)
        delay = self._policy.delay(self._restarts)
        self._say(
            f"{self.service.name} ended ({ending(code)});"
            f" starting it again in {delay:.1f} s (restart {self._restarts})"
        )
        await asyncio.sleep(delay)

    async def _become_ready(self, started: float) -> None:
        """Ask until the service answers; a first start that takes too long is cut short."""
        loop = asyncio.get_running_loop()
        while not await asyncio.to_thread(self.service.ready):
            if not self.ready.is_set() and loop.time() - started > self._policy.start_seconds:
                self._say(f"{self.service.name} does not answer; ending it")
                self.kill()
            await asyncio.sleep(READY_POLL_SECONDS)
        again = "again " if self._restarts else ""
        self._say(f"{self.service.name} is ready {again}({loop.time() - started:.1f} s)")
        self.ready.set()

    def _give_up_if_hopeless(self, code: int) -> None:
        """Decide whether a service that never was ready gets another attempt.

        Raises:
            PortInUseError: It said that its port is taken.
            LocalCloudError: It has had its attempts.
        """
        last = " ".join(self._log.tail(1)).rstrip(".") or "it said nothing"
        if code == EXIT_PORT_IN_USE:
            raise PortInUseError(f"{last}. Choose other ports with --port-offset N")
        if self._restarts >= self._policy.start_attempts:
            raise LocalCloudError(
                f"{self.service.name} cannot be started ({ending(code)}): {last}."
                f" Its log: {self._log.path}"
            )
