"""Log files of the children: written by the child itself, bounded and followed by the supervisor.

A child writes straight to its file (opened for appending), not through the supervisor, so that
neither a slow nor a killed supervisor can block or break it.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 10_000_000
FOLLOW_SECONDS = 0.25
WARNING = re.compile(r"\b(WARN(ING)?|ERROR|CRITICAL|FATAL)\b|^Traceback|^\w*(Error|Exception): ")


class ServiceLog:
    """One service's log file and the one before it (`NAME.log.1`)."""

    def __init__(self, path: Path, limit: int = LIMIT_BYTES) -> None:
        self.path = path
        self.limit = limit
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._read_to = path.stat().st_size

    def open(self) -> BinaryIO:
        """The file, as a child's standard output and error."""
        return self.path.open("ab")

    def tail(self, lines: int = 5) -> list[str]:
        """The last lines, without the empty ones."""
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            file.seek(max(0, size - 16_384))
            text = file.read().decode(errors="replace")
        return [line for line in text.splitlines() if line.strip()][-lines:]

    def new_lines(self) -> Iterator[str]:
        """Whole lines that were written since the last call."""
        with self.path.open("rb") as file:
            file.seek(self._read_to)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read_to += len(whole) + len(newline)
        yield from whole.decode(errors="replace").splitlines()

    def bound(self) -> None:
        """Move a full file's content aside; the child goes on writing at the new start."""
        if self.path.stat().st_size <= self.limit:
            return
        shutil.copyfile(self.path, self.path.with_name(f"{self.path.name}.1"))
        os.truncate(self.path, 0)
        self._read_to = 0


async def follow(logs: Iterable[ServiceLog], warn: Callable[[str], None] | None) -> None:
    """Keep the files bounded and pass warnings on, until cancelled."""
    watched = list(logs)
    while True:
        for log in watched:
            for line in log.new_lines():
                if warn and WARNING.search(line):
                    warn(f"{log.path.stem}: {line}")
            log.bound()
        await asyncio.sleep(FOLLOW_SECONDS)
