"""Ends the children of a supervisor that was killed before it could do so itself.

Run by path, in a session of its own, with the supervisor's pipe as standard input: a line `+ID`
names a process group that runs, `-ID` one that has ended. When the pipe closes, the groups that are
left get SIGTERM and, after a grace period, SIGKILL. It imports little, so that it starts at once.
"""

import contextlib
import os
import signal
import sys
import time

POLL_SECONDS = 0.05


def _signal(groups: set[int], number: int) -> set[int]:
    """Send the signal to each group; returns those that still exist."""
    alive = set()
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
            alive.add(group)
    return alive


def end(groups: set[int], grace: float) -> None:
    """End the process groups: politely, then for good."""
    deadline = time.monotonic() + grace
    remaining = _signal(groups, signal.SIGTERM)
    while remaining and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        remaining = _signal(remaining, 0)
    _signal(remaining, signal.SIGKILL)


def main() -> None:
    """Follow the supervisor's list until its pipe closes, then end what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change, group = line[0], int(line[1:])
        groups.add(group) if change == "+" else groups.discard(group)
    end(groups, grace=float(sys.argv[1]))


if __name__ == "__main__":
    main()
