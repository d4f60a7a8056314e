"""The supervisor's side of the reaper: which process groups it would have to end."""

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

REAPER = Path(__file__).with_name("reaper.py")


class Guard:
    """Keeps a reaper beside the supervisor and tells it of every child's process group.

    Attributes:
        grace: Seconds that the children of a killed supervisor have to end.
        keep: Descriptors that stay open until the reaper has done its work (the state's lock).
    """

    def __init__(self, *, grace: float = 10.0, keep: tuple[int, ...] = ()) -> None:
        self.grace = grace
        self.keep = keep
        self._groups: set[int] = set()
        self._reaper: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._start()
        self._watch = asyncio.create_task(self._keep_reaper())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watch:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._reaper and self._reaper.stdin:
            self._reaper.stdin.close()
            await self._reaper.wait()

    def add(self, group: int) -> None:
        """A process group runs."""
        self._groups.add(group)
        self._tell(f"+{group}")

    def remove(self, group: int) -> None:
        """A process group has ended."""
        self._groups.discard(group)
        self._tell(f"-{group}")

    async def _start(self) -> None:
        self._reaper = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(REAPER), str(self.grace)),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self.keep,
        )
        for group in self._groups:
            self._tell(f"+{group}")

    def _tell(self, line: str) -> None:
        if self._reaper and self._reaper.stdin and not self._reaper.stdin.is_closing():
            self._reaper.stdin.write(f"{line}\n".encode())

    async def _keep_reaper(self) -> None:
        """Start another reaper should this one be killed: it is never missing for long."""
        while self._reaper:
            await self._reaper.wait()
            await self._start()
