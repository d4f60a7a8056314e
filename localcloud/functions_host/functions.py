"""The functions of the app, as the worker described them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_IN = "IN"


@dataclass(frozen=True)
class Function:
    """One function: its name, the worker's id for it, and its bindings as data."""

    name: str
    id: str
    bindings: tuple[dict[str, Any], ...]

    @classmethod
    def described(cls, description: dict[str, Any]) -> Function:
        """Read the worker's description; the bindings arrive as JSON texts."""
        bindings = tuple(json.loads(raw) for raw in description["bindings"])
        return cls(description["name"], description["id"], bindings)

    @cached_property
    def trigger(self) -> dict[str, Any]:
        """The binding that starts the function."""
        return next((b for b in self.bindings if str(b["type"]).endswith("Trigger")), {"type": ""})

    @property
    def trigger_type(self) -> str:
        """The type of that binding, such as ``httpTrigger``."""
        return str(self.trigger["type"])

    @cached_property
    def durable_clients(self) -> tuple[str, ...]:
        """The parameters that want a durable client."""
        return tuple(str(b["name"]) for b in self.bindings if b["type"] == "durableClient")

    @cached_property
    def other_inputs(self) -> tuple[dict[str, Any], ...]:
        """Input bindings that this host cannot fill."""
        return tuple(
            b
            for b in self.bindings
            if b["direction"] == _IN and b is not self.trigger and b["type"] != "durableClient"
        )

    @cached_property
    def http_output(self) -> str | None:
        """The parameter or ``$return`` that carries the HTTP response."""
        return next((str(b["name"]) for b in self.bindings if b["type"] == "http"), None)


class Catalogue:
    """All functions of the app, found by trigger and by name, as Functions does: without case."""

    def __init__(self, functions: list[Function]) -> None:
        self.functions = sorted(functions, key=lambda function: function.name.lower())

    def of(self, trigger_type: str) -> list[Function]:
        """List the functions of one trigger type."""
        return [f for f in self.functions if f.trigger_type == trigger_type]

    def durable(self, trigger_type: str, argument: str) -> dict[str, Function]:
        """Map durable names, in lower case, to functions; a trigger may give another name."""
        return {str(f.trigger.get(argument) or f.name).lower(): f for f in self.of(trigger_type)}
