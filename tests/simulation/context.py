"""The context that an orchestrator is given: what it asks for becomes a task."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

from azure.durable_functions import RetryOptions

from tests.simulation.tasks import Group, Instance, Leaf

CUSTOM_STATUS_BYTES: Final = 16 * 1024
"""What the durable extension keeps of a custom status, in UTF-16."""

type Begin = Callable[[Leaf], None]


class Host(Protocol):
    """Who carries out what is asked for; each answers with what is done once it is awaited."""

    on_status: Callable[[str, Any], None] | None

    def timer(self, instance: Instance, until: datetime) -> Begin:
        """Ring at a time."""
        ...

    def event(self, instance: Instance, name: str) -> Begin:
        """Take an event that is there, or wait for it."""
        ...

    def child(self, instance: Instance, name: str, data: Any, instance_id: str) -> Begin:
        """Start another orchestration, once."""
        ...

    def activity(self, instance: Instance, name: str, data: Any, options: RetryOptions) -> Begin:
        """Call an activity, and again when it crashes."""
        ...


class Context:
    """As much of the SDK's context as our orchestrators use."""

    def __init__(self, host: Host, instance: Instance, now: datetime) -> None:
        self._host = host
        self._instance = instance
        self.current_utc_datetime = now
        self.instance_id = instance.id
        self.continued: list[Any] = []

    def get_input(self, _expected_type: type[Any] | None = None) -> Any:
        """The input."""
        return self._instance.data

    def set_custom_status(self, status: Any) -> None:
        """Show how far it has come."""
        size = len(json.dumps(status)) * 2
        assert size <= CUSTOM_STATUS_BYTES, f"{self.instance_id}: a custom status of {size} bytes"
        self._instance.custom_status = status
        if self._host.on_status is not None:
            self._host.on_status(self.instance_id, status)

    def continue_as_new(self, data: Any) -> None:
        """Begin anew once the generator returns."""
        self.continued.append(data)

    def create_timer(self, until: datetime) -> Leaf:
        """A durable wait."""
        return Leaf(f"timer {until.isoformat()}", self._host.timer(self._instance, until))

    def wait_for_external_event(self, name: str) -> Leaf:
        """A wait for an event."""
        return Leaf(f"event {name}", self._host.event(self._instance, name))

    def call_activity_with_retry(
        self, name: str, options: RetryOptions, data: Any, **_more: Any
    ) -> Leaf:
        """An activity, tried again by the host when it crashes."""
        label = f"activity {name} {_named(data)}"
        return Leaf(label, self._host.activity(self._instance, name, data, options))

    def call_sub_orchestrator(self, name: str, data: Any, instance_id: str, **_more: Any) -> Leaf:
        """Another orchestration, whose end is waited for."""
        begin = self._host.child(self._instance, name, data, instance_id)
        return Leaf(f"orchestrator {name} {instance_id}", begin)

    def task_all(self, tasks: list[Leaf]) -> Group:
        """All of them; the extension, too, lets the next action wait for the last of them."""
        return Group(tasks, whole=True)

    def task_any(self, tasks: list[Leaf]) -> Group:
        """The first of them."""
        return Group(tasks, whole=False)


def _named(data: Any) -> str:
    """What of an input tells one call from another."""
    found = data if isinstance(data, dict) else {}
    parts = (found.get(name) for name in ("key", "direction", "event", "lane"))
    return " ".join(str(part) for part in parts if part)
