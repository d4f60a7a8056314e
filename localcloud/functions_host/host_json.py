"""``host.json``: what of it the local host acts upon, checked, with every fault told at once."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from localcloud.functions_host.errors import HostError
from localcloud.functions_host.service_bus_options import ServiceBusOptions, read_service_bus
from localcloud.functions_host.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,44}")
_TIMEOUT = re.compile(r"-1|(\d+\.)?\d{1,2}:\d{2}:\d{2}")
_KNOWN = {
    "$schema", "version", "aggregator", "applicationInsights", "concurrency", "customHandler",
    "extensionBundle", "extensions", "functionTimeout", "functions", "healthMonitor", "logging",
    "managedDependency", "singleton", "telemetryMode", "watchDirectories", "watchFiles",
}  # fmt: skip
_PER_PROCESSOR = 10  # the extension's default outside the Consumption plan
_DEFAULT_BATCH = 50


@dataclass(frozen=True)
class HostConfig:
    """The settings of ``host.json`` that shape this host.

    Attributes:
        hub: the task hub, which names the engine's database.
        route_prefix: the first segment of every HTTP function's URL; may be empty.
        max_activities: activities that run at the same time.
        max_orchestrators: orchestrator and entity episodes that run at the same time.
        entity_batch: operations that one entity call gets at most.
        overridable: which existing instances a start with the same id replaces.
        service_bus: how messages of Service Bus are received.
        notes: what was read and has no effect here, for the log.
    """

    hub: str = "TestHubName"
    route_prefix: str = "api"
    max_activities: int = _PER_PROCESSOR
    max_orchestrators: int = _PER_PROCESSOR
    entity_batch: int = _DEFAULT_BATCH
    overridable: Literal["AnyState", "NonRunningStates"] = "NonRunningStates"
    service_bus: ServiceBusOptions = field(default_factory=ServiceBusOptions)
    notes: tuple[str, ...] = field(default=())


def read_host_json(app: Path, settings: Mapping[str, str]) -> HostConfig:
    """Read and check the app's ``host.json``.

    Raises:
        HostError: the file is missing or wrong; the message lists every fault.
    """
    path = app / "host.json"
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise HostError(f"No host.json in {app}: this is not a function app.") from error
    except ValueError as error:
        raise HostError(f"host.json is not valid JSON: {error}.") from error
    if not isinstance(document, dict):
        raise HostError("host.json must be a JSON object.")
    return _Reader(document, settings).config()


class _Reader:
    """Collects the faults of one document while reading it."""

    def __init__(self, document: dict[str, Any], settings: Mapping[str, str]) -> None:
        self._document = document
        self._settings = settings
        self._faults: list[str] = []
        self._notes: list[str] = []

    def config(self) -> HostConfig:
        document = self._document
        if document.get("version") != "2.0":
            self._faults.append('version: must be "2.0"')
        if not _TIMEOUT.fullmatch(str(document.get("functionTimeout", "-1"))):
            self._faults.append('functionTimeout: must be a time span such as "00:10:00", or -1')
        unknown = sorted(set(document) - _KNOWN)
        if unknown:
            self._notes.append(f"unknown in host.json and ignored: {', '.join(unknown)}")
        extensions = self._object(document, "extensions", "extensions")
        http = self._object(extensions, "http", "extensions.http")
        prefix = http.get("routePrefix", "api")
        if not isinstance(prefix, str):
            self._faults.append("extensions.http.routePrefix: must be a string")
        config = self._durable(self._object(extensions, "durableTask", "extensions.durableTask"))
        bus = self._object(extensions, "serviceBus", "extensions.serviceBus")
        config["service_bus"] = read_service_bus(bus, self._faults, self._notes)
        if self._faults:
            raise HostError("host.json is wrong: " + "; ".join(self._faults) + ".")
        return HostConfig(**config, route_prefix=str(prefix).strip("/"), notes=tuple(self._notes))

    def _durable(self, durable: dict[str, Any]) -> dict[str, Any]:
        processors = os.cpu_count() or 1
        default = _PER_PROCESSOR * processors
        if durable.get("extendedSessionsEnabled"):
            self._notes.append(
                "extendedSessionsEnabled is ignored: Python has no extended sessions"
            )
        if durable.get("storageProvider"):
            self._notes.append("storageProvider is accepted; this host always stores in SQLite")
        overridable = durable.get("overridableExistingInstanceStates", "NonRunningStates")
        if overridable not in {"AnyState", "NonRunningStates"}:
            self._faults.append(
                "extensions.durableTask.overridableExistingInstanceStates: "
                "must be AnyState or NonRunningStates"
            )
        return {
            "hub": self._hub(durable),
            "max_activities": self._count(durable, "maxConcurrentActivityFunctions", default),
            "max_orchestrators": self._count(
                durable, "maxConcurrentOrchestratorFunctions", default
            ),
            "entity_batch": self._count(durable, "maxEntityOperationBatchSize", _DEFAULT_BATCH),
            "overridable": overridable,
        }

    def _hub(self, durable: dict[str, Any]) -> str:
        name = durable.get("hubName", "TestHubName")
        try:
            name = resolve(str(name), self._settings, "extensions.durableTask.hubName")
        except HostError as error:
            self._faults.append(str(error).rstrip("."))
            return ""
        if not _HUB_NAME.fullmatch(name):
            self._faults.append(
                f"extensions.durableTask.hubName: {name!r} must be 3 to 45 letters and digits "
                "and start with a letter"
            )
        return str(name)

    def _count(self, durable: dict[str, Any], name: str, default: int) -> int:
        value = durable.get(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self._faults.append(f"extensions.durableTask.{name}: must be a whole number above 0")
            return default
        return value

    def _object(self, parent: dict[str, Any], name: str, path: str) -> dict[str, Any]:
        value = parent.get(name, {})
        if isinstance(value, dict):
            return value
        self._faults.append(f"{path}: must be an object")
        return {}
