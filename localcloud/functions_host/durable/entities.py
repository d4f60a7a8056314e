"""Runs entities: a batch of operations, then state, replies and queue in one transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.durable.commit import post_operation
from localcloud.functions_host.durable.events import EventType, event
from localcloud.functions_host.durable.hub import FINISHED, Effects, Hub
from localcloud.functions_host.errors import InvocationError, WorkerLostError
from localcloud.functions_host.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.functions_host.durable.store import Message


class EntityRunner:
    """Serves the operations that wait for an entity."""

    def __init__(self, hub: Hub, batch: int, publish: Callable[[Effects], None]) -> None:
        self._hub = hub
        self._batch = batch
        self._publish = publish

    async def run(self, entity_id: str) -> None:
        """Serve batch after batch until none waits."""
        while messages := self._hub.store.messages(entity_id, limit=self._batch):
            operations = [json.loads(message.body) for message in messages]
            state = self._hub.store.entity_state(entity_id)
            try:
                result = await self._call(entity_id, state, operations)
            except WorkerLostError:
                logger.warning("the batch of %s runs again: the worker died", entity_id)
                continue
            self._commit(entity_id, messages, operations, result)

    async def _call(
        self, entity_id: str, state: str | None, operations: list[dict[str, Any]]
    ) -> dict[str, Any]:
        name, _, key = entity_id[1:].partition("@")
        request = {
            "self": {"name": name, "key": key},
            "exists": state is not None,
            "state": state,
            "batch": [
                {"name": o["op"], "input": o.get("input"), "isSignal": bool(o.get("signal"))}
                for o in operations
            ],
        }
        function = self._hub.functions.entities.get(name)
        if function is None:
            return _all_failed(state, operations, f"The entity function '{name}' is gone.")
        try:
            _, value = await self._hub.invoker.invoke(function, ["json", json.dumps(request)])
        except InvocationError as error:
            logger.warning("entity %s failed: %s", entity_id, error.message)
            return _all_failed(state, operations, error.message)
        answer: dict[str, Any] = json.loads(value)
        return answer

    def _commit(
        self,
        entity_id: str,
        messages: list[Message],
        operations: list[dict[str, Any]],
        result: dict[str, Any],
    ) -> None:
        store, effects, now = self._hub.store, Effects(), self._hub.timestamp()
        with store.transaction():
            store.consume(message.id for message in messages)
            exists = result["entityExists"]
            store.save_entity(entity_id, result["entityState"] or "null" if exists else None)
            instance = store.instance(entity_id)
            if instance is not None:
                store.save_instance(instance.with_(updated=now))
            for operation, outcome in zip(operations, result["results"], strict=True):
                if not operation.get("signal"):
                    self._reply(effects, operation, outcome, now)
            for signal in result["signals"]:
                self._forward(effects, signal)
        self._publish(effects)

    def _reply(
        self, effects: Effects, operation: dict[str, Any], outcome: dict[str, Any], now: str
    ) -> None:
        caller = self._hub.store.instance(operation["parent"])
        if caller is None or caller.status in FINISHED:
            return
        answer = {"result": outcome["result"]}
        if outcome["isError"]:
            answer["exceptionType"] = "Error"
        told = event(EventType.EVENT_RAISED, now, Name=operation["id"], Input=json.dumps(answer))
        self._hub.post(effects, caller.id, operation["parentExecution"], told)

    def _forward(self, effects: Effects, signal: dict[str, Any]) -> None:
        target = signal["target"]
        message = {"op": signal["name"], "id": "", "input": signal.get("input"), "signal": True}
        post_operation(self._hub, effects, f"@{target['name'].lower()}@{target['key']}", message)


def _all_failed(
    state: str | None, operations: list[dict[str, Any]], message: str
) -> dict[str, Any]:
    failed = {"isError": True, "duration": 0, "startTime": 0, "result": json.dumps(message)}
    return {
        "entityExists": state is not None,
        "entityState": state,
        "results": [failed] * len(operations),
        "signals": [],
    }
