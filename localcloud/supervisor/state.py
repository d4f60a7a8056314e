"""The state directory: one local cloud at a time, and secrets that only its owner reads."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from localcloud.supervisor.errors import LocalCloudError

LOCK = "lock"
OWNER_ONLY = 0o600
TAKEOVER_SECONDS = 30.0
TAKEOVER_POLL_SECONDS = 0.1


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def identity_header(state: Path) -> str:
    """The secret that callers of the identity endpoint present; made at the first start."""
    path = state / "secrets.json"
    with suppress(FileNotFoundError, ValueError, KeyError):
        return str(json.loads(path.read_text(encoding="utf-8"))["identityHeader"])
    value = secrets.token_urlsafe(32)
    write_private(path, json.dumps({"identityHeader": value}) + "\n")
    return value


@contextmanager
def locked(state: Path) -> Iterator[int]:
    """Hold the state directory for this process; yields the descriptor that holds the lock.

    The reaper inherits the descriptor, so the lock says that nothing of this state runs any more,
    not only that the supervisor has gone.

    Raises:
        LocalCloudError: Another local cloud runs on it.
    """
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(state / LOCK, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    try:
        _acquire(descriptor, state)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, state: Path) -> None:
    """Take the lock; wait for it only where its owner was killed and its children still end."""
    deadline = time.monotonic() + TAKEOVER_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(descriptor)
            if _is_running(owner) or time.monotonic() > deadline:
                raise LocalCloudError(
                    f"the state directory {state} is in use by another local cloud"
                    f" (process {owner}). End that one, or choose another with --state DIR"
                ) from None
            time.sleep(TAKEOVER_POLL_SECONDS)
        else:
            return


def _owner(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0).decode().strip()
    return int(text) if text.isdigit() else 0


def _is_running(pid: int) -> bool:
    """Whether the process exists; an unknown one (0) counts, as it is only just starting."""
    if not pid:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
