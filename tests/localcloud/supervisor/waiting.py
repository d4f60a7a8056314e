"""Looks at other processes, and waits for what they do, each wait with a time-out."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.01


def exists(pid: int) -> bool:
    """Whether the process is there and has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Return as soon as it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"not in {PATIENCE_SECONDS:g} s: {what}"
        time.sleep(POLL_SECONDS)


async def until(holds: Callable[[], bool], what: str) -> None:
    """Return as soon as it holds, letting others run meanwhile."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"not in {PATIENCE_SECONDS:g} s: {what}"
        await asyncio.sleep(POLL_SECONDS)


def children_of(pid: int) -> list[int]:
    """The process ids of a process's children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(child) for child in children.split()]


def command_of(pid: int) -> str:
    """The command line of a process, empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""
