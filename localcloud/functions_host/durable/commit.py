"""Writes what an episode decided, inside the caller's transaction."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.durable.events import Event, EventType, encode, event
from localcloud.functions_host.durable.failures import unknown_function
from localcloud.functions_host.durable.hub import FINISHED, Effects, Hub
from localcloud.functions_host.durable.shim import (
    HTTP_ACTIVITY,
    Decision,
    OrchestrationFailure,
    request_id,
)
from localcloud.functions_host.durable.store import Instance, Timer

if TYPE_CHECKING:
    from localcloud.functions_host.functions import Function


def new_execution_id() -> str:
    """Make an execution's id."""
    return uuid.uuid4().hex


def check(hub: Hub, instance: Instance, decisions: tuple[Decision, ...]) -> None:
    """Refuse decisions that name what is not there.

    Azure's extension forgets such a failure and leaves the orchestration waiting for ever; here
    it fails, with the extension's own words.

    Raises:
        OrchestrationFailure: a decision is impossible.
    """
    for decision in decisions:
        action = decision.action
        match decision.kind:
            case EventType.TASK_SCHEDULED:
                if "functionName" in action:  # a call_http has none
                    _known(hub.functions.activities, "activity", action["functionName"])
            case EventType.SUB_ORCHESTRATION_CREATED:
                _known(hub.functions.orchestrators, "orchestrator", action["functionName"])
                _check_child_id(instance, action.get("instanceId"))
            case EventType.EVENT_SENT:
                entity = str(action["instanceId"])
                _known(hub.functions.entities, "entity", entity[1:].partition("@")[0])


def _known(functions: dict[str, Function], kind: str, name: str) -> None:
    if name.lower() not in functions:
        known = sorted(function.name for function in functions.values())
        raise OrchestrationFailure(unknown_function(kind, name, known))


def _check_child_id(instance: Instance, child: str | None) -> None:
    if not child:
        return
    if child.lower() in {instance.id.lower(), (instance.parent or "").lower()}:
        raise OrchestrationFailure(
            "The instance ID of a sub-orchestration must be different than the instance ID of a "
            "parent orchestration."
        )
    if child.startswith("@"):
        raise OrchestrationFailure("Orchestration instance ids must not start with @")


def carry_out(hub: Hub, instance: Instance, decision: Decision, effects: Effects) -> Event:
    """Start what was decided and return the event that records it."""
    match decision.kind:
        case EventType.TASK_SCHEDULED:
            return _schedule_activity(hub, instance, decision, effects)
        case EventType.SUB_ORCHESTRATION_CREATED:
            return _create_child(hub, instance, decision, effects)
        case EventType.TIMER_CREATED:
            timer = Timer(instance.id, instance.execution, decision.id, decision.fire_at)
            hub.store.add_timer(timer)
            effects.timers.append(timer)
            return _record(hub, decision, FireAt=decision.fire_at)
        case _:
            return _send_to_entity(hub, instance, decision, effects)


def _record(hub: Hub, decision: Decision, **fields: Any) -> Event:
    if decision.chain is not None:
        fields["RetryOf"] = decision.chain  # ours, for rewind; the SDK takes any field
    return event(decision.kind, hub.timestamp(), decision.id, **fields)


def _schedule_activity(hub: Hub, instance: Instance, decision: Decision, effects: Effects) -> Event:
    name, argument = (
        decision.action.get("functionName", HTTP_ACTIVITY),
        decision.action.get("input"),
    )
    if name == HTTP_ACTIVITY:
        argument = json.dumps(decision.action["httpRequest"])
    activity = hub.store.add_activity(instance.id, instance.execution, decision.id, name, argument)
    effects.activities.append(activity)
    return _record(hub, decision, Name=name, Version="")


def _create_child(hub: Hub, instance: Instance, decision: Decision, effects: Effects) -> Event:
    action = decision.action
    child = action.get("instanceId") or f"{instance.execution}:{decision.id}"
    existing = hub.store.instance(child)
    recorded = _record(hub, decision, Name=action["functionName"], InstanceId=child, Version="")
    if existing is not None and existing.status not in FINISHED:
        reason = f"An Orchestration instance with the status {existing.status} already exists."
        failed = event(
            EventType.SUB_ORCHESTRATION_FAILED, hub.timestamp(),
            TaskScheduledId=decision.id, Reason=reason, Details=reason,
        )  # fmt: skip
        hub.post(effects, instance.id, instance.execution, failed)
        return recorded
    create(
        hub, effects, name=action["functionName"], instance_id=child,
        raw_input=json.dumps(action.get("input")), version=action.get("version"),
        parent=(instance.id, instance.execution, decision.id),
    )  # fmt: skip
    return recorded


def create(
    hub: Hub,
    effects: Effects,
    *,
    name: str,
    instance_id: str,
    raw_input: str | None,
    version: str | None = None,
    parent: tuple[str, str, int] | None = None,
) -> Instance:
    """Create an instance, in place of a finished one with its id, and post its start."""
    now = hub.timestamp()
    function = hub.functions.orchestrators[name.lower()]
    hub.store.delete_instance(instance_id)
    by, execution, task = parent or (None, None, None)
    created = Instance(
        instance_id, new_execution_id(), function.name, "Pending", raw_input, None, None, now, now,
        parent=by, parent_execution=execution, parent_task=task, version=version,
    )  # fmt: skip
    hub.store.save_instance(created)
    post_start(hub, effects, created, now)
    return created


def post_start(hub: Hub, effects: Effects, instance: Instance, now: str) -> None:
    """Post the first event of an execution."""
    started = event(
        EventType.EXECUTION_STARTED, now, Name=instance.name, Input=instance.input,
        Version=instance.version or "", Tags=None, Correlation=None,
        OrchestrationInstance={"InstanceId": instance.id, "ExecutionId": instance.execution},
        ParentInstance=instance.parent,
    )  # fmt: skip
    hub.post(effects, instance.id, instance.execution, started)


def _send_to_entity(hub: Hub, instance: Instance, decision: Decision, effects: Effects) -> Event:
    action = decision.action
    target = str(action["instanceId"])
    message = {
        "op": action["operation"],
        "id": request_id(instance.id, instance.execution, decision.id),
        "parent": instance.id,
        "parentExecution": instance.execution,
    }
    if action.get("input") is not None:
        message["input"] = json.dumps(action["input"])
    if action["actionType"] == 9:  # noqa: PLR2004 - signal
        message["signal"] = True
    post_operation(hub, effects, target, message)
    return _record(hub, decision, InstanceId=target, Name="op", Input=json.dumps(message))


def post_operation(hub: Hub, effects: Effects, entity_id: str, message: dict[str, Any]) -> None:
    """Leave an operation for an entity, which is listed as an instance from then on."""
    if hub.store.instance(entity_id) is None:
        now = hub.timestamp()
        name = "@" + entity_id[1:].partition("@")[0]
        hub.store.save_instance(Instance(
            entity_id, new_execution_id(), name, "Running", None, None, None, now, now,
        ))  # fmt: skip
    hub.store.post(entity_id, None, encode(message))
    effects.delivered.append((entity_id, None))
