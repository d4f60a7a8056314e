"""The orchestrator's actions, run against its history as Azure's extension runs them.

The SDK returns the full list of actions at every episode. The extension starts them one after the
other and does not start the next before the present one is complete; only what a compound action
holds starts together. This module does the same, purely: history and actions in, decisions out.
Task ids are given in the order of starting, which is how both sides agree on them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.clock import from_text, to_text
from localcloud.functions_host.durable.events import (
    NAMES,
    SCHEDULING,
    SUCCESSES,
    Event,
    EventType,
    finished_task,
)
from localcloud.functions_host.durable.tasks import Action, Compound, Ended, Retried, Task

if TYPE_CHECKING:
    from datetime import datetime

HTTP_ACTIVITY = "BuiltIn::HttpActivity"


class ActionType(IntEnum):
    """The protocol's numbers."""

    ACTIVITY = 0
    ACTIVITY_WITH_RETRY = 1
    SUB_ORCHESTRATOR = 2
    SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    TIMER = 5
    EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    CALL_HTTP = 8
    SIGNAL_ENTITY = 9
    WHEN_ANY = 11
    WHEN_ALL = 12


_RECORDED_AS = {
    ActionType.ACTIVITY: EventType.TASK_SCHEDULED,
    ActionType.ACTIVITY_WITH_RETRY: EventType.TASK_SCHEDULED,
    ActionType.CALL_HTTP: EventType.TASK_SCHEDULED,
    ActionType.SUB_ORCHESTRATOR: EventType.SUB_ORCHESTRATION_CREATED,
    ActionType.SUB_ORCHESTRATOR_WITH_RETRY: EventType.SUB_ORCHESTRATION_CREATED,
}


class OrchestrationFailure(Exception):  # noqa: N818 - Azure's word: an outcome, not a bug
    """The orchestrator asked for what cannot be done; the orchestration fails with this message."""


@dataclass(frozen=True)
class Decision:
    """Something to start: an activity, a sub-orchestration, a timer or a message to an entity.

    Attributes:
        kind: the type of the event that will record it.
        id: the task's id.
        action: the action that asked for it.
        fire_at: for a timer, its time as text.
        chain: for an attempt or a timer of a retried task, the id of its first attempt.
    """

    kind: EventType
    id: int
    action: Action
    fire_at: str = ""
    chain: int | None = None


@dataclass
class Outcome:
    """What one episode comes to.

    Attributes:
        decisions: what to start, in the order of ids.
        drained: every action is complete, so that the orchestration may end.
        continued: the input of the next execution, when continue-as-new was reached.
        barrier: tasks of the ``whenAll`` that holds the orchestrator up; it cannot go on before
            all of these have succeeded, or something else happens.
    """

    decisions: list[Decision]
    drained: bool
    continued: list[Any] = field(default_factory=list)
    barrier: frozenset[int] = frozenset()


class Shim:
    """One run of the actions against one history."""

    def __init__(self, actions: list[Action], instance: str, execution: str) -> None:
        self._actions = actions
        self._names = (instance, execution)
        self._next = 0
        self._current: Task | None = None
        self._open: dict[int, Ended] = {}
        self._listening: dict[str, list[Task]] = {}
        self._buffered: dict[str, int] = {}
        self._unconfirmed: dict[int, Decision] = {}
        self._sequence = 0
        self._continued: list[Any] = []
        self.now = from_text("1970-01-01T00:00:00Z")

    def run(self, history: list[Event]) -> Outcome:
        """Follow the history, then tell what is new.

        Raises:
            OrchestrationFailure: an action is impossible, or the orchestrator is not deterministic.
        """
        for item in history:
            self._process(item)
        drained = self._next >= len(self._actions) and (self._current is None or self._current.done)
        decisions = [self._unconfirmed[task] for task in sorted(self._unconfirmed)]
        return Outcome(decisions, drained, self._continued, self._barrier())

    def _process(self, item: Event) -> None:
        kind = item["EventType"]
        if kind == EventType.ORCHESTRATOR_STARTED:
            self.now = from_text(item["Timestamp"])
        elif kind == EventType.EXECUTION_STARTED:
            self._advance()
        elif kind in SCHEDULING:
            self._confirm(item)
        elif kind == EventType.EVENT_RAISED:
            self._raise_event(item["Name"])
        else:
            task = finished_task(item)
            if task is not None and task in self._open:
                self._open.pop(task)(failed=kind not in SUCCESSES)
                self._advance()

    def _advance(self) -> None:
        while self._current is None or self._current.done:
            if self._next >= len(self._actions):
                return
            action = self._actions[self._next]
            self._next += 1
            self._current = self._invoke(action)

    def _confirm(self, item: Event) -> None:
        decision = self._unconfirmed.pop(item["EventId"], None)
        name = item.get("Name")
        if decision is None or decision.kind != item["EventType"]:
            now = "nothing (yet?)" if decision is None else f"a {NAMES[decision.kind]}"
            what = NAMES[EventType(item["EventType"])]
            raise OrchestrationFailure(
                f"Non-Deterministic workflow detected: a previous execution of this orchestration "
                f"recorded a {what} with sequence ID {item['EventId']} and name '{name}', but the "
                f"current replay produced {now}. Was the orchestrator code changed?"
            )
        wanted = str(decision.action.get("functionName", name))
        named = decision.kind in {EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED}
        if named and wanted.lower() != str(name).lower():
            raise OrchestrationFailure(
                f"Non-Deterministic workflow detected: a previous execution of this orchestration "
                f"scheduled '{name}' with sequence ID {item['EventId']}, but the current replay "
                f"scheduled '{wanted}'. Was the orchestrator code changed?"
            )

    def _raise_event(self, name: str) -> None:
        listeners = self._listening.get(name)
        if listeners:
            listeners.pop().finish()
            self._advance()
        else:
            self._buffered[name] = self._buffered.get(name, 0) + 1

    def _invoke(self, action: Action) -> Task:
        kind = ActionType(action["actionType"])
        task: Task
        match kind:
            case ActionType.ACTIVITY | ActionType.CALL_HTTP | ActionType.SUB_ORCHESTRATOR:
                task = self._simple(_RECORDED_AS[kind], action)
            case ActionType.ACTIVITY_WITH_RETRY | ActionType.SUB_ORCHESTRATOR_WITH_RETRY:
                task = Retried(self, _RECORDED_AS[kind], action)
            case ActionType.TIMER:
                task = self._timer(action)
            case ActionType.EXTERNAL_EVENT:
                task = self._listen(action["externalEventName"])
            case ActionType.CALL_ENTITY:
                task = self._call_entity(action)
            case ActionType.WHEN_ANY | ActionType.WHEN_ALL:
                task = self._compound(action)
            case ActionType.SIGNAL_ENTITY | ActionType.CONTINUE_AS_NEW:
                task = self._fire_and_forget(kind, action)
        return task

    def _simple(self, kind: EventType, action: Action) -> Task:
        task = Task()
        self.start(kind, action, task.finish)
        return task

    def _timer(self, action: Action) -> Task:
        task = Task()
        self.start_timer(from_text(action["fireAt"]), action, task.finish)
        if action.get("isCanceled"):
            task.finish()
        return task

    def _listen(self, name: str) -> Task:
        task = Task()
        if self._buffered.get(name):
            self._buffered[name] -= 1
            task.finish()
        else:
            # The extension keeps a stack: the youngest waiter gets the event.
            self._listening.setdefault(name, []).append(task)
        return task

    def _call_entity(self, action: Action) -> Task:
        task = Task()
        number = self.start(EventType.EVENT_SENT, action, None)
        self._listening[request_id(*self._names, number)] = [task]
        return task

    def _compound(self, action: Action) -> Task:
        children = [self._invoke(child) for child in action["compoundActions"]]
        if action["actionType"] == ActionType.WHEN_ALL:
            return Compound(children, wanted=len(children))
        if not children:
            raise OrchestrationFailure("The tasks argument of whenAny contains no tasks.")
        return Compound(children, wanted=1)

    def _fire_and_forget(self, kind: ActionType, action: Action) -> Task:
        if kind is ActionType.SIGNAL_ENTITY:
            self.start(EventType.EVENT_SENT, action, None)
        else:
            self._continued = [action.get("input")]
        task = Task()
        task.finish()
        return task

    def start(
        self, kind: EventType, action: Action, ended: Ended | None, chain: int | None = None
    ) -> int:
        """Start something under the next id; ``ended(failed=...)`` is called when it is over."""
        task, self._sequence = self._sequence, self._sequence + 1
        self._unconfirmed[task] = Decision(kind, task, action, chain=chain)
        if ended is not None:
            self._open[task] = ended
        return task

    def start_timer(
        self, fire_at: datetime, action: Action, ended: Ended, chain: int | None = None
    ) -> None:
        """Start a timer under the next id."""
        task = self.start(EventType.TIMER_CREATED, action, ended)
        decision = Decision(EventType.TIMER_CREATED, task, action, to_text(fire_at), chain)
        self._unconfirmed[task] = decision

    def _barrier(self) -> frozenset[int]:
        if self._next < len(self._actions) or self._current is None or self._current.done:
            return frozenset()
        leaves: list[Task] = []
        if not _collect(self._current, leaves):
            return frozenset()
        plain = {leaf.finish for leaf in leaves}
        return frozenset(task for task, ended in self._open.items() if ended in plain)


def request_id(instance: str, execution: str, task: int) -> str:
    """Name the request to an entity, and the event that answers it: the same at every replay."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{instance}_{execution}_{task}"))


def _collect(task: Task, leaves: list[Task]) -> bool:
    """Collect the plain unfinished tasks of a ``whenAll``; False when one of it has failed."""
    if not isinstance(task, Compound) or not task.all:
        return False
    for child in task.children:
        if child.failed:
            return False
        if type(child) is Task and not child.done:
            leaves.append(child)
    return True
