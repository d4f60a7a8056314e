"""What an orchestrator can await, as the extension's side sees it: tasks and their compounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from localcloud.functions_host.durable.events import EventType

type Action = dict[str, Any]


class Ended(Protocol):
    """Is told that what was started is over."""

    def __call__(self, *, failed: bool) -> None:
        """Take note."""


class Starter(Protocol):
    """Starts things under the next task id."""

    now: datetime

    def start(
        self, kind: EventType, action: Action, ended: Ended | None, chain: int | None = None
    ) -> int:
        """Start something and return its id; ``ended`` is called when it is over."""

    def start_timer(
        self, fire_at: datetime, action: Action, ended: Ended, chain: int | None = None
    ) -> None:
        """Start a timer."""


class Task:
    """Something that can be awaited; it tells its parent when it is complete."""

    def __init__(self) -> None:
        self.done = False
        self.failed = False
        self.parent: Compound | None = None

    def finish(self, *, failed: bool = False) -> None:
        """Complete the task, once."""
        if not self.done:
            self.done, self.failed = True, failed
            if self.parent is not None:
                self.parent.child_finished()


class Compound(Task):
    """``whenAny`` or ``whenAll`` of tasks that started together."""

    def __init__(self, children: list[Task], *, wanted: int) -> None:
        super().__init__()
        self.children = children
        self.all = wanted == len(children)
        self._missing = wanted
        for child in children:
            child.parent = self
            if child.done:
                self.child_finished()
        if wanted == 0:
            self.finish()

    def child_finished(self) -> None:
        """Count a child; complete when as many as wanted are."""
        self._missing -= 1
        if self._missing == 0:
            self.finish()


class Retried(Task):
    """A task with retries: each failure is followed by a timer, the last one too."""

    def __init__(self, starter: Starter, kind: EventType, action: Action) -> None:
        super().__init__()
        options = action["retryOptions"]
        self._starter = starter
        self._kind = kind
        self._action = action
        self._left = int(options["maxNumberOfAttempts"])
        self._interval = timedelta(milliseconds=float(options["firstRetryIntervalInMilliseconds"]))
        self._chain: int | None = None
        self._attempt()

    def _attempt(self) -> None:
        self._left -= 1
        attempt = self._starter.start(self._kind, self._action, self._ended, self._chain)
        self._chain = attempt if self._chain is None else self._chain

    def _ended(self, *, failed: bool) -> None:
        if not failed:
            self.finish()
            return
        delay = self._interval if self._left > 0 else timedelta()
        self._starter.start_timer(self._starter.now + delay, {}, self._waited, self._chain)

    def _waited(self, *, failed: bool) -> None:  # noqa: ARG002 - a timer cannot fail
        if self._left > 0:
            self._attempt()
        else:
            self.finish(failed=True)
