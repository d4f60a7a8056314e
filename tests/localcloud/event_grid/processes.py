"""Event Grid as a process, beside a live Resource Manager and a live Functions host."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests.localcloud.arm.conftest import HUB_FILE, Live
from tests.localcloud.arm.test_process import free_port
from tests.localcloud.functions_host.harness import HostProcess

PATIENCE = 30.0  # seconds that a test waits for something before it fails
EVENT_GRID = "2025-02-15"


def until(holds: Callable[[], bool]) -> None:
    """Ask until something holds."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "it does not come to hold"
        pause.wait(0.01)


class GridProcess:
    """The process, which can be killed and started again."""

    def __init__(
        self, directory: Path, live: Live, host: HostProcess | None = None, speed: float = 1000.0
    ) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.live = live
        keys = (host.state if host is not None else directory) / "keys.json"
        self.command = [
            sys.executable, "-m", "localcloud.event_grid", "--port", str(self.port),
            "--state", str(directory / "event_grid"), "--arm", live.url, "--ca", str(live.ca),
            "--identity-state", str(directory / "identity"), "--hub", str(HUB_FILE),
            "--functions", host.base if host is not None else "http://127.0.0.1:1",
            "--function-keys", str(keys), "--speed", str(speed),
        ]  # fmt: skip
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL, text=True)
        until(self._answers)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.base}/_local/health", timeout=5).ok
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        """Kill it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """End it as the supervisor would."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def get(self, path: str) -> Any:
        """Ask a control route."""
        return requests.get(f"{self.base}/_local/{path}", timeout=10).json()

    def fates(self) -> list[dict[str, Any]]:
        """What became of every event."""
        found: list[dict[str, Any]] = []
        while page := self.get(f"events?since={found[-1]['n'] if found else 0}"):
            found += page
        return found

    def subscribed(self, path: str, body: Any) -> dict[str, Any]:
        """Make an event subscription, and wait until it has been provisioned, or has failed."""
        answer = self.live.call("PUT", path, EVENT_GRID, body)
        assert answer.status_code == 201, answer.text
        until(lambda: self.state_of(path) in {"Succeeded", "Failed"})
        made: dict[str, Any] = self.live.call("GET", path, EVENT_GRID).json()
        return made

    def state_of(self, path: str) -> str:
        """The provisioning state of an event subscription."""
        shown = self.live.call("GET", path, EVENT_GRID).json()
        return str(shown["properties"]["provisioningState"])


def noted(host: HostProcess) -> list[list[Any]]:
    """What the host's functions noted of events."""
    path = host.ledger.with_name(f"{host.ledger.name}.events")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
