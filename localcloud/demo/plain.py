"""An operation as lines that are written once: for logs, pipes and build servers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from localcloud.demo.live import duration, situation
from localcloud.demo.models import Operation, Resource, Step


class PlainView:
    """Writes one line for each change of an operation.

    Args:
        write: Where to.
        prefix: Begins each line; tells several operations apart.
    """

    def __init__(self, write: Callable[[str], None], prefix: str = "") -> None:
        self._out = write
        self._prefix = prefix
        self._seen: dict[str, str] = {}

    def update(self, operation: Operation) -> None:
        """Write what has changed since the last time."""
        now = datetime.now(UTC)
        for step in operation.steps:
            for line in self._changes(step, now):
                self._write(line)

    def refused(self, trouble: str) -> None:
        """Write why there is nothing more to tell."""
        for line in trouble.splitlines():
            self._write(line)

    def _write(self, line: str) -> None:
        self._out(self._prefix + line)

    def _changes(self, step: Step, now: datetime) -> Iterator[str]:
        if self._changed(f"step {step.number}", step.state) and step.state == "running":
            yield f"{step.number}. {step.name}: running"
        for item in step.resources:
            if self._changed(item.key, _news(item)) and item.state != "waiting":
                yield f"   {item.label}: {_told(item, now)}"
        if self._changed(f"end {step.number}", step.state) and step.state in {"done", "failed"}:
            yield f"{step.number}. {step.name}: {step.state} {duration(step.seconds)}".rstrip()

    def _changed(self, key: str, state: str) -> bool:
        before = self._seen.get(key)
        self._seen[key] = state
        return before != state


def _news(item: Resource) -> str:
    """What has to differ for a resource to be worth another line."""
    cause = item.wait.cause if item.wait else ""
    return f"{item.state} {item.attempts if item.attempts > 1 else ''} {cause}"


def _told(item: Resource, now: datetime) -> str:
    if item.state == "done":
        return f"done {duration(item.seconds)}".rstrip()
    return situation(item, now)
