"""What the supervisor knows about a part of the local cloud, and the process that runs it."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from localcloud.supervisor.guard import Guard
from localcloud.supervisor.logs import ServiceLog

# The child waits for a word on its standard input and only then becomes the program: by then the
# guard knows it, so that there is no moment at which a killed supervisor leaves it behind.
LAUNCH = 'read -r go && exec "$@" </dev/null'


@dataclass(frozen=True, slots=True)
class Service:
    """One part, a process of its own.

    Attributes:
        name: Short and unique; also the name of its log.
        command: Program and arguments.
        ready: Whether it answers now; called from a thread, never raises.
        environment: The whole environment of the process.
        after: Services that have to be ready before this one starts, and that end after it.
        grace: Seconds between SIGTERM and SIGKILL.
        directory: Where it runs.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    after: tuple[str, ...] = ()
    grace: float = 10.0
    directory: Path | None = None


class Child:
    """A running service: its process, in a session of its own."""

    def __init__(self, process: asyncio.subprocess.Process, guard: Guard) -> None:
        self._process = process
        self._guard = guard

    @classmethod
    async def start(cls, service: Service, log: ServiceLog, guard: Guard) -> Self:
        """Start the service's process, known to the guard before it runs."""
        with log.open() as output:
            process = await asyncio.create_subprocess_exec(
                *("/bin/sh", "-c", LAUNCH, service.name, *service.command),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=dict(service.environment),
                cwd=service.directory,
                start_new_session=True,
            )
        guard.add(process.pid)
        if process.stdin:
            process.stdin.write(b"go\n")
            process.stdin.close()
        return cls(process, guard)

    @property
    def pid(self) -> int:
        """Process id, which is that of its process group too."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for its end, end what it left behind, and return its code (-N: by signal N)."""
        code = await self._process.wait()
        self.kill()
        self._guard.remove(self.pid)
        return code

    async def stop(self, grace: float) -> None:
        """Ask it to end and, when the grace period is over, end it with all it started."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await self._process.wait()
        except TimeoutError:
            self.kill()
        await self.wait()

    def kill(self) -> None:
        """End whatever of its process group still runs, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
