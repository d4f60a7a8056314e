"""The host's admin API, as far as tools use it: status, functions, and running one by hand."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Protocol

from localcloud.functions_host.triggers.http import HttpAnswer, HttpCall

if TYPE_CHECKING:
    from localcloud.functions_host.functions import Catalogue
    from localcloud.functions_host.keys import Keys

_VERSION = "4.1000.0"
_JSON = {"content-type": "application/json; charset=utf-8"}


class ManualRun(Protocol):
    """Runs a function that is not triggered by HTTP."""

    def run_now(self, name: str) -> bool:
        """Start the function; False when it cannot be run by hand."""


class Admin:
    """Answers below ``/admin/``; all but the ping wants the master key."""

    def __init__(self, catalogue: Catalogue, keys: Keys, manual: ManualRun) -> None:
        self._catalogue = catalogue
        self._keys = keys
        self._manual = manual

    async def handle(self, call: HttpCall) -> HttpAnswer:
        """Answer one request."""
        segments = call.path.strip("/").split("/")[1:]
        if segments == ["host", "ping"]:
            return HttpAnswer(200)
        if not self._keys.opens("admin", "", call.given_key()):
            return HttpAnswer(401)
        match call.method, segments:
            case "GET", ["host", "status"]:
                return _json(200, {
                    "id": "spokewright-local", "state": "Running", "version": _VERSION,
                    "versionDetails": _VERSION, "processId": os.getpid(), "errors": [],
                })  # fmt: skip
            case "GET", ["functions"]:
                functions = self._catalogue.functions
                return _json(200, [
                    {"name": f.name, "config": {"bindings": list(f.bindings)}} for f in functions
                ])  # fmt: skip
            case "POST", ["functions", name]:
                return HttpAnswer(202 if self._manual.run_now(name) else 404)
            case _:
                return HttpAnswer(404)


def _json(status: int, body: Any) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(body).encode(), dict(_JSON))
