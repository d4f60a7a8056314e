"""A durable world in memory: the genuine SDK replays the orchestrators, on a clock of its own.

Every episode replays the whole history, as in Azure, and the actions are awaited in the order in
which the durable extension awaits them, so an orchestrator that is not deterministic, or that
relies on another order, fails here.
"""

import heapq
import itertools
import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext
from azure.durable_functions.orchestrator import Orchestrator

from localcloud.functions_host.clock import from_text, to_text
from localcloud.functions_host.durable import episode
from localcloud.functions_host.durable.events import NAMES, Event, EventType, encode, event
from localcloud.functions_host.durable.shim import Decision

type Activity = Callable[[Any], Any]
type OrchestratorFunction = Callable[[DurableOrchestrationContext], Generator[Any, Any, Any]]

START = datetime(2026, 1, 1, tzinfo=UTC)


class Crash(Exception):  # noqa: N818 - what an activity raises when its worker dies
    """An activity ended without an answer."""


@dataclass
class Instance:
    """One orchestration."""

    name: str
    raw_input: str
    parent: tuple[str, int] | None = None
    history: episode.History = field(default_factory=episode.History)
    status: str = "Running"
    output: Any = None
    reason: str = ""
    custom_statuses: list[Any] = field(default_factory=list)
    executions: int = 1
    started: bool = False


class DurableWorld:
    """Runs orchestrators against activities that are plain functions.

    Attributes:
        now: The time, which passes only when nothing else is to be done.
        activities: What is called, by name.
        calls: Every activity call: name and payload.
        instances: The orchestrations by id.
    """

    def __init__(
        self,
        orchestrators: Mapping[str, OrchestratorFunction],
        activities: Mapping[str, Activity],
        seconds: Callable[[str, Any], float] = lambda _name, _payload: 0.01,
    ) -> None:
        """Begin with nothing started.

        Args:
            orchestrators: By name.
            activities: By name; each gets its payload and returns its result.
            seconds: How long a call of an activity takes.
        """
        self._orchestrators = orchestrators
        self.activities = dict(activities)
        self._seconds = seconds
        self._agenda: list[tuple[datetime, int, str, Event]] = []
        self._numbers = itertools.count()
        self.now = START
        self.calls: list[tuple[str, Any]] = []
        self.instances: dict[str, Instance] = {}

    def start(self, name: str, instance_id: str, data: Any) -> None:
        """Start an orchestration."""
        self._create(Instance(name, json.dumps(json.dumps(data))), instance_id)

    def raise_event(self, instance_id: str, name: str, data: Any) -> None:
        """Raise an event, now, encoded as the durable client does.

        Raises:
            LookupError: There is no such orchestration, or it has ended.
        """
        if instance_id not in self.instances:
            raise LookupError(f"No instance with ID {instance_id} found.")
        if self.instances[instance_id].status != "Running":
            raise LookupError(f"Instance with ID {instance_id} is gone")
        found = self._event(EventType.EVENT_RAISED, Name=name, Input=json.dumps(json.dumps(data)))
        self._later(0, instance_id, found)

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Let time pass until nothing is left to do, or a condition holds."""
        while self._agenda and not until():
            moment, _, instance_id, item = heapq.heappop(self._agenda)
            self.now = max(self.now, moment)
            self._deliver(instance_id, item)

    def _deliver(self, instance_id: str, item: Event) -> None:
        instance = self.instances[instance_id]
        if instance.status == "Running":
            self._episode(instance_id, instance, item)

    def _create(self, instance: Instance, instance_id: str) -> None:
        assert instance_id not in self.instances, f"{instance_id} was started twice"
        self.instances[instance_id] = instance
        self._later(0, instance_id, self._started(instance))

    def _started(self, instance: Instance) -> Event:
        return self._event(
            EventType.EXECUTION_STARTED,
            Name=instance.name,
            Version="",
            Input=json.loads(instance.raw_input),
        )

    def _event(self, kind: EventType, event_id: int = -1, **fields: Any) -> Event:
        return event(kind, to_text(self.now), event_id, **fields)

    def _later(self, seconds: float, instance_id: str, item: Event) -> None:
        moment = self.now + timedelta(seconds=seconds)
        stamped = item | {"Timestamp": to_text(moment)}
        heapq.heappush(self._agenda, (moment, next(self._numbers), instance_id, stamped))

    def _episode(self, instance_id: str, instance: Instance, item: Event) -> None:
        new = [self._event(EventType.ORCHESTRATOR_STARTED), item]
        body = episode.request(
            instance.history,
            [encode(one) for one in new],
            instance_id,
            instance.raw_input,
            instance.parent[0] if instance.parent else None,
        )
        answer = self._replay(instance.name, body)
        events = [*instance.history.events, *new]
        verdict = episode.judge(
            instance.name, instance_id, str(instance.executions), events, answer
        )
        for one in new:
            instance.history.append(one)
        if verdict.custom_status is not None:
            instance.custom_statuses.append(json.loads(verdict.custom_status))
        for decision in verdict.decisions:
            self._decide(instance_id, instance, decision)
        instance.history.append(self._event(EventType.ORCHESTRATOR_COMPLETED))
        if verdict.status != "Running":
            self._end(instance_id, instance, verdict)

    def _replay(self, name: str, body: str) -> episode.Answer:
        context = DurableOrchestrationContext.from_json(body)
        try:
            text = Orchestrator(self._orchestrators[name]).handle(context)
        except Exception as error:  # noqa: BLE001 - this is how the SDK hands a failure over
            return episode.parse_failure(name, str(error), "")
        return episode.parse_answer(text)

    def _decide(self, instance_id: str, instance: Instance, decision: Decision) -> None:
        fields: dict[str, Any] = {"Name": decision.action.get("functionName")}
        if decision.kind is EventType.TIMER_CREATED:
            fields = {"FireAt": decision.fire_at}
        instance.history.append(self._event(decision.kind, decision.id, **fields))
        match decision.kind:
            case EventType.TASK_SCHEDULED:
                self._call(instance_id, decision)
            case EventType.TIMER_CREATED:
                self._set_timer(instance_id, decision)
            case EventType.SUB_ORCHESTRATION_CREATED:
                child = Instance(
                    decision.action["functionName"],
                    json.dumps(decision.action["input"]),
                    parent=(instance_id, decision.id),
                )
                self._create(child, decision.action["instanceId"])
            case _:
                raise AssertionError(f"{NAMES[decision.kind]} is not expected here")

    def _set_timer(self, instance_id: str, decision: Decision) -> None:
        fire_at = from_text(decision.fire_at)
        fired = self._event(EventType.TIMER_FIRED, TimerId=decision.id, FireAt=decision.fire_at)
        self._later(max(0.0, (fire_at - self.now).total_seconds()), instance_id, fired)

    def _call(self, instance_id: str, decision: Decision) -> None:
        name = decision.action["functionName"]
        payload = json.loads(decision.action["input"])
        self.calls.append((name, payload))
        seconds = self._seconds(name, payload)
        try:
            result = json.dumps(self.activities[name](payload))
        except Crash as error:
            done = self._event(
                EventType.TASK_FAILED,
                TaskScheduledId=decision.id,
                Reason=str(error),
                Details="",
            )
        else:
            done = self._event(EventType.TASK_COMPLETED, TaskScheduledId=decision.id, Result=result)
        self._later(seconds, instance_id, done)

    def _end(self, instance_id: str, instance: Instance, verdict: episode.Verdict) -> None:
        if verdict.status == "ContinuedAsNew":
            instance.raw_input = verdict.output or "null"
            instance.history = episode.History()
            instance.executions += 1
            self._forget_timers(instance_id)
            self._later(0, instance_id, self._started(instance))
            return
        instance.status = verdict.status
        instance.output = json.loads(verdict.output) if verdict.output else None
        instance.reason = verdict.reason
        if instance.parent is not None:
            self._tell_parent(instance, verdict)

    def _forget_timers(self, instance_id: str) -> None:
        """Timers of an execution that is over ring for nobody."""
        self._agenda = [
            one
            for one in self._agenda
            if one[2] != instance_id or one[3]["EventType"] != EventType.TIMER_FIRED
        ]
        heapq.heapify(self._agenda)

    def _tell_parent(self, instance: Instance, verdict: episode.Verdict) -> None:
        assert instance.parent is not None
        parent, task = instance.parent
        if verdict.status == "Completed":
            told = self._event(
                EventType.SUB_ORCHESTRATION_COMPLETED, TaskScheduledId=task, Result=verdict.output
            )
        else:
            told = self._event(
                EventType.SUB_ORCHESTRATION_FAILED,
                TaskScheduledId=task,
                Reason=verdict.reason,
                Details=verdict.details,
            )
        self._later(0, parent, told)
