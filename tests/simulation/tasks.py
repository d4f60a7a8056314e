"""What an orchestration awaits, and what is remembered of it."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tests.simulation.context import Context


class WorkerDied(Exception):  # noqa: N818 - an event of the world, not a mistake
    """The worker died in the middle of an activity: the host tries it again."""


class NotDeterministicError(AssertionError):
    """A replayed orchestrator asked for something else than the first time."""


@dataclass(eq=False)
class Leaf:
    """A task of its own: an activity, a timer, a sub-orchestration, an event.

    Attributes:
        label: What it is, for people and for the comparison of replays.
        begin: What is done when it is first awaited.
        number: Its place among the tasks of an execution; negative before it is awaited.
        attempts: How often an activity has failed.
        result: What came of it; an exception where it failed.
    """

    label: str
    begin: Callable[["Leaf"], None]
    number: int = -1
    attempts: int = 0
    is_completed: bool = False
    result: Any = None
    cancelled: bool = False

    def cancel(self) -> None:
        """A timer rings no more; raises, as the SDK's does, where it has rung."""
        if self.is_completed:
            raise ValueError("Cannot cancel a completed task.")
        self.cancelled = True

    @property
    def leaves(self) -> Sequence["Leaf"]:
        """Itself."""
        return (self,)

    def value(self) -> Any:
        """The result.

        Raises:
            Exception: It failed.
        """
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Group:
    """Several tasks awaited together."""

    def __init__(self, children: list[Leaf], *, whole: bool) -> None:
        """All of them, or any one."""
        self.children = children
        self._whole = whole

    @property
    def leaves(self) -> Sequence[Leaf]:
        """Its tasks."""
        return self.children

    @property
    def is_completed(self) -> bool:
        """Whether what is waited for has happened."""
        completed = (child.is_completed for child in self.children)
        return all(completed) if self._whole else any(completed)

    def value(self) -> Any:
        """The results; or the task that is complete.

        Raises:
            Exception: One of all failed.
        """
        if self._whole:
            return [child.value() for child in self.children]
        return next(child for child in self.children if child.is_completed)


type Task = Leaf | Group


class Entry(NamedTuple):
    """What is remembered of an execution: that a task ended, or that the generator went on.

    Attributes:
        number: The task; negative for a step of the generator.
        label: Of the task.
        result: Of the task.
        at: When.
    """

    number: int
    label: str
    result: Any
    at: datetime


@dataclass
class Instance:
    """One orchestration.

    Attributes:
        id: Its instance id.
        name: Of its function.
        data: Its input.
        parent: Who started it, and as which task.
        status: As the durable client says it.
        output: What it ended with.
        custom_status: The last one.
        executions: How often it was begun: continue-as-new begins it anew.
        log: What is remembered of this execution.
        events: Events that nobody has waited for yet.
    """

    id: str
    name: str
    data: Any
    parent: tuple["Instance", Leaf] | None = None
    status: str = "Running"
    output: Any = None
    custom_status: Any = None
    executions: int = 1
    log: list[Entry] = field(default_factory=list)
    events: dict[str, list[Any]] = field(default_factory=dict)
    leaves: list[Leaf] = field(default_factory=list)
    awaited: Task | None = None
    generator: Generator[Any, Any, Any] | None = None
    context: "Context | None" = None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "Running"

    def has(self, leaf: Leaf) -> bool:
        """Whether a task is one of this host's: those of a host that died are heard no more."""
        return leaf.number < len(self.leaves) and self.leaves[leaf.number] is leaf
