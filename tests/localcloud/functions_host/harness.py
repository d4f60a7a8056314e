"""Runs the host as a process for tests, and talks to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[3]
APP = Path(__file__).resolve().parent / "app"
PATIENCE = 30.0  # seconds that a test waits for something before it fails


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class HostProcess:
    """A host with its own state directory; it can be killed and started again."""

    def __init__(
        self, state: Path, app: Path = APP, port: int = 0, settings: dict[str, str] | None = None
    ) -> None:
        self.state = state
        self.ledger = state / "ledger"
        self._app = app
        self._port = port
        self._settings = settings or {}
        self.lines: list[str] = []
        self._news = threading.Condition()
        self.process: subprocess.Popen[str] | None = None
        self.base = ""

    def start(self) -> None:
        """Start the process and wait until it serves."""
        self.launch()
        line = self.wait_for_line("host is running on ")
        self.base = line.partition("running on ")[2].partition(",")[0]

    def launch(self) -> None:
        """Start the process."""
        self.lines.clear()
        environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "LEDGER": str(self.ledger),
            "PYTHON_THREADPOOL_THREAD_COUNT": "8", **self._settings,
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "localcloud.functions_host", "--app", str(self._app),
             "--port", str(self._port), "--state", str(self.state)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with self._news:
                    self.lines.append(line.rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def wait_for_line(self, text: str, count: int = 1) -> str:
        """Wait until the log has so many lines with a text; return the last of them."""
        deadline = time.monotonic() + PATIENCE
        with self._news:
            while True:
                found = [line for line in self.lines if text in line]
                if len(found) >= count:
                    return found[count - 1]
                if not self._reader.is_alive() or time.monotonic() > deadline:
                    raise AssertionError(f"no line with {text!r} in:\n" + "\n".join(self.lines))
                self._news.wait(1)

    def log(self) -> str:
        """Return what was logged so far."""
        with self._news:
            return "\n".join(self.lines)

    def wait(self) -> int:
        """Wait for the end of the process and return its exit code."""
        assert self.process is not None
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def kill(self) -> None:
        """Kill the process as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.wait()

    def stop(self) -> int:
        """End the process as a user would."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def worker_pid(self) -> int | None:
        """Return the worker child's process id."""
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        children = path.read_text().split()
        return int(children[0]) if children else None

    def keys(self) -> dict[str, Any]:
        """Read the host's keys."""
        keys: dict[str, Any] = json.loads((self.state / "keys.json").read_text())
        return keys

    def call(
        self, method: str, path: str, *, body: Any = None, key: str | None = "master",
        headers: dict[str, str] | None = None, chunks: Iterable[bytes] | None = None,
    ) -> Answer:  # fmt: skip
        """Send a request; ``key`` is master, default, durable, events, a literal or None."""
        known = {
            "master": lambda: self.keys()["masterKey"],
            "default": lambda: self.keys()["functionKeys"]["default"],
            "durable": lambda: self.keys()["systemKeys"]["durabletask_extension"],
            "events": lambda: self.keys()["systemKeys"]["eventgrid_extension"],
        }
        data: Any = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        data = data if chunks is None else chunks
        request = urllib.request.Request(  # noqa: S310 - our own host
            path if path.startswith("http") else self.base + path, data=data, method=method
        )
        if data is not None:
            request.add_header("content-type", "application/json")
        if key is not None:
            value = known[key]() if key in known else key
            request.add_header("x-functions-key", value)
        for name, content in (headers or {}).items():
            request.add_header(name, content)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
                return Answer(response.status, response.read(), _lower(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), _lower(error.headers))

    def webhook(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request to the durable webhooks."""
        return self.call(method, f"/runtime/webhooks/durabletask/{path}", **options)

    def run(self, function: str, value: Any = None, instance: str = "") -> Answer:
        """Start an orchestration and wait for its end."""
        name = f"{function}/{instance}" if instance else function
        path = f"orchestrators/{name}?timeout={PATIENCE}&pollingInterval=1"
        return self.webhook("POST", path, body=json.dumps(value))

    def status(self, instance: str, query: str = "") -> dict[str, Any]:
        """Return an instance's status document."""
        document: dict[str, Any] = self.webhook("GET", f"instances/{instance}{query}").json
        return document

    def wait_for_status(self, instance: str, *wanted: str) -> dict[str, Any]:
        """Wait until an instance is in one of some states."""
        deadline = time.monotonic() + PATIENCE
        pause = threading.Event()
        while True:
            answer = self.webhook("GET", f"instances/{instance}")
            if answer.status < 400 and answer.json["runtimeStatus"] in wanted:
                document: dict[str, Any] = answer.json
                return document
            assert time.monotonic() < deadline, f"{instance}: {answer.body!r}"
            pause.wait(0.02)


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
