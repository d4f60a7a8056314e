"""What a durable client can ask of the engine; refusals as Azure's extension words them."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.functions_host.durable import commit, rewind
from localcloud.functions_host.durable.events import Event, EventType, encode, event
from localcloud.functions_host.durable.failures import unknown_function
from localcloud.functions_host.durable.hub import FINISHED, Effects

if TYPE_CHECKING:
    from localcloud.functions_host.durable.engine import Engine
    from localcloud.functions_host.durable.store import Instance

_LONGEST_ID = 256
_FORBIDDEN = frozenset("/\\#?")


class ArgumentError(Exception):
    """An argument is wrong (System.ArgumentException; HTTP 400)."""

    kind = "System.ArgumentException"


class InvalidOperationError(Exception):
    """The instance's state forbids it (System.InvalidOperationException; HTTP 500)."""

    kind = "System.InvalidOperationException"


class AlreadyExistsError(InvalidOperationError):
    """An instance with this id is running."""

    kind = "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException"


class DurableClient:
    """The operations on instances and entities; every one is committed when it returns."""

    def __init__(self, engine: Engine, overridable: str) -> None:
        self.engine = engine
        self._hub = engine.hub
        self._overridable = overridable

    def find(self, instance_id: str) -> Instance | None:
        """Find an instance."""
        return self._hub.store.instance(instance_id)

    def start(
        self,
        name: str,
        instance_id: str | None,
        raw_input: str | None,
        version: str | None = None,
    ) -> str:
        """Start an orchestration and return its id.

        Raises:
            ArgumentError: the function is unknown or the id is not allowed.
            AlreadyExistsError: an instance with this id is not finished.
        """
        if name.lower() not in self._hub.functions.orchestrators:
            known = sorted(f.name for f in self._hub.functions.orchestrators.values())
            raise ArgumentError(unknown_function("orchestrator", name, known))
        instance_id = instance_id or uuid.uuid4().hex
        _check_id(instance_id)
        existing = self.find(instance_id)
        if existing and existing.status not in FINISHED and self._overridable != "AnyState":
            raise AlreadyExistsError(
                f"An Orchestration instance with the status {existing.status} already exists."
            )
        effects = Effects()
        with self._hub.store.transaction():
            commit.create(
                self._hub, effects, name=name, instance_id=instance_id, raw_input=raw_input,
                version=version,
            )  # fmt: skip
        self.engine.forget(instance_id)
        self.engine.publish(effects)
        return instance_id

    def raise_event(self, instance: Instance, name: str, raw_input: str) -> None:
        """Raise an event for an instance that is not finished."""
        self._tell(instance.id, self._event(EventType.EVENT_RAISED, Name=name, Input=raw_input))

    def terminate(self, instance: Instance, reason: str) -> None:
        """End an instance at once; what it has started goes on, unheard, as in Azure."""
        kind = EventType.EXECUTION_TERMINATED
        self._tell(instance.id, self._event(kind, Input=json.dumps(reason), Reason=reason))

    def suspend(self, instance: Instance, reason: str) -> None:
        """Have an instance wait, whatever comes in.

        Raises:
            InvalidOperationError: it is suspended already.
        """
        if instance.status == "Suspended":
            raise _forbidden("suspend", instance)
        self._tell(instance.id, self._event(EventType.EXECUTION_SUSPENDED, Input=reason))

    def resume(self, instance: Instance, reason: str) -> None:
        """Let a suspended instance go on.

        Raises:
            InvalidOperationError: it is not suspended.
        """
        if instance.status != "Suspended":
            raise _forbidden("resume", instance)
        self._tell(instance.id, self._event(EventType.EXECUTION_RESUMED, Input=reason))

    def rewind(self, instance: Instance) -> None:
        """Take a failed instance back to before its failures, and its failed children too.

        Raises:
            InvalidOperationError: it has not failed.
        """
        if instance.status != "Failed":
            raise InvalidOperationError(
                "The rewind operation is only supported on failed orchestration instances."
            )
        effects = Effects()
        with self._hub.store.transaction():
            rewound = rewind.rewind(self._hub, instance, effects)
        for item in rewound:
            self.engine.forget(item)
        self.engine.publish(effects)

    def restart(self, instance_id: str, *, new_id: bool) -> str:
        """Start an instance's function again with the same input and return the id.

        Raises:
            ArgumentError: there is no such instance.
            AlreadyExistsError: it shall keep its id and is not finished.
        """
        instance = self.find(instance_id)
        if instance is None:
            raise ArgumentError(
                f"An orchestration with the instanceId {instance_id} was not found."
            )
        again = None if new_id else instance.id
        return self.start(instance.name, again, instance.input, instance.version)

    def purge(self, instances: list[Instance]) -> int:
        """Forget finished instances and entities; tell how many."""
        gone = [i.id for i in instances if i.status in FINISHED or i.id.startswith("@")]
        with self._hub.store.transaction():
            for instance_id in gone:
                self._hub.store.delete_instance(instance_id)
        for instance_id in gone:
            self.engine.forget(instance_id)
        return len(gone)

    def signal(self, name: str, key: str, operation: str, raw_input: str | None) -> None:
        """Signal an entity.

        Raises:
            ArgumentError: the entity function is unknown or the key is not allowed.
        """
        if name.lower() not in self._hub.functions.entities:
            known = sorted(f.name for f in self._hub.functions.entities.values())
            raise ArgumentError(unknown_function("entity", name, known))
        _check_characters(key, "Entity keys")
        message: dict[str, Any] = {"op": operation, "id": str(uuid.uuid4()), "signal": True}
        if raw_input is not None:
            message["input"] = raw_input
        effects = Effects()
        with self._hub.store.transaction():
            commit.post_operation(self._hub, effects, f"@{name.lower()}@{key}", message)
        self.engine.publish(effects)

    def entity_state(self, name: str, key: str) -> str | None:
        """Read an entity's state as a JSON text; None when it does not exist."""
        return self._hub.store.entity_state(f"@{name.lower()}@{key}")

    def _event(self, kind: EventType, **fields: Any) -> Event:
        return event(kind, self._hub.timestamp(), **fields)

    def _tell(self, instance_id: str, item: Event) -> None:
        with self._hub.store.transaction():
            self._hub.store.post(instance_id, None, encode(item))
        self.engine.publish(Effects(delivered=[(instance_id, item)]))


def _forbidden(what: str, instance: Instance) -> InvalidOperationError:
    return InvalidOperationError(
        f"Cannot {what} the orchestration instance {instance.id} because instance is in the "
        f"{instance.status} state."
    )


def _check_id(instance_id: str) -> None:
    if instance_id.startswith("@"):
        raise ArgumentError("Orchestration instance ids must not start with @.")
    _check_characters(instance_id, "Orchestration instance ids")
    if len(instance_id) > _LONGEST_ID:
        raise ArgumentError(f"Instance ID lengths must not exceed {_LONGEST_ID} characters.")


def _check_characters(text: str, what: str) -> None:
    if any(character in _FORBIDDEN or not character.isprintable() for character in text):
        raise ArgumentError(f"{what} must not contain /, \\, #, ?, or control characters.")
