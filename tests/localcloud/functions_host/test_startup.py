"""Starting and ending: configuration faults, load errors, ports, keys and signals."""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.functions_host.errors import HostError
from localcloud.functions_host.host_json import read_host_json
from localcloud.functions_host.keys import load_keys
from localcloud.functions_host.settings import read_app_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.localcloud.functions_host.harness import HostProcess


def _app(path: Path, code: str = "", host_json: Any = None) -> Path:
    app = path / "app"
    app.mkdir()
    (app / "host.json").write_text(json.dumps(host_json or {"version": "2.0"}))
    (app / "function_app.py").write_text(code)
    return app


def test_a_host_lists_its_functions_and_ends_on_sigterm(
    new_host: Callable[..., HostProcess],
) -> None:
    """URLs with methods for HTTP functions, the trigger for others; exit code 0."""
    host = new_host()
    host.start()
    text = host.log()
    assert (
        f"echo: [GET,POST] {host.base}/api/echo/{{kind:alpha}}/{{id:int?}} (function key)" in text
    )
    assert f"open_door: {host.base}/api/open" in text
    assert "journey: orchestrationTrigger" in text
    worker = host.worker_pid()
    assert host.stop() == 0
    assert worker is not None
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_sigint_ends_the_host_while_work_is_under_way(new_host: Callable[..., HostProcess]) -> None:
    """What was under way goes on after the next start."""
    host = new_host()
    host.start()
    host.webhook("POST", "orchestrators/journey/j", body="null")
    assert host.process is not None
    host.process.send_signal(signal.SIGINT)
    assert host.wait() == 0
    host.start()
    assert host.wait_for_status("j", "Completed")["output"]["total"] >= 3


def test_a_host_that_is_loading_ends_on_sigterm_too(
    new_host: Callable[..., HostProcess], tmp_path: Path
) -> None:
    """However long the app takes to import."""
    code = "import time\nprint('loading', flush=True)\ntime.sleep(600)\n"
    host = new_host(app=_app(tmp_path, code))
    host.launch()
    host.wait_for_line("loading")
    assert host.stop() == 0


def test_a_request_under_way_does_not_hold_up_the_end(
    new_host: Callable[..., HostProcess],
) -> None:
    """Nor does a function that blocks its thread."""
    host = new_host()
    host.start()
    with socket.create_connection(("127.0.0.1", int(host.base.rpartition(":")[2]))) as client:
        key = host.keys()["masterKey"]
        client.sendall(f"GET /api/slow?code={key} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        host.wait_for_line("slow has begun")
        assert host.stop() == 0


def test_a_killed_host_takes_its_worker_along(new_host: Callable[..., HostProcess]) -> None:
    """No orphan goes on working."""
    host = new_host()
    host.start()
    worker = host.worker_pid()
    assert worker is not None
    host.kill()
    descriptor = None
    try:
        descriptor = os.pidfd_open(worker)
        signal.pidfd_send_signal(descriptor, 0)
        import select  # noqa: PLC0415 - this test only

        assert select.select([descriptor], [], [], 10)[0]
    except ProcessLookupError:
        pass
    finally:
        if descriptor is not None:
            os.close(descriptor)


def test_a_port_in_use_is_one_line_and_exit_code_3(new_host: Callable[..., HostProcess]) -> None:
    """Before the app is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        host = new_host(port=port)
        host.launch()
        assert host.wait() == 3
        assert host.lines == [f"port {port} on 127.0.0.1 is in use"]


def test_a_state_directory_belongs_to_one_host(new_host: Callable[..., HostProcess]) -> None:
    """Two engines on one store would both do its work."""
    new_host().start()
    second = new_host()
    second.launch()
    assert second.wait() == 1
    assert "Another host is running on the state directory" in second.log()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import nothing_of_this_name\n", "nothing_of_this_name"),
        ("import os\nos.environ['A_SETTING_NOBODY_SET']\n", "A_SETTING_NOBODY_SET"),
        ("x = 1\n", "Could not find top level function app instances"),
        ("import os\nos._exit(7)\n", "ended with code 7"),
    ],
)
def test_an_app_that_cannot_be_loaded_ends_the_host(
    new_host: Callable[..., HostProcess], tmp_path: Path, code: str, message: str
) -> None:
    """The app's own error is shown, and the exit code is 1."""
    host = new_host(app=_app(tmp_path, code))
    host.launch()
    assert host.wait() == 1
    assert "The function app cannot be loaded: " in host.log()
    assert message in host.log()


TIMER = """
import azure.functions as func
app = func.FunctionApp()
@app.timer_trigger(arg_name="timer", schedule="{schedule}")
def tick(timer: func.TimerRequest) -> None: ...
"""


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("%NO_SUCH_SETTING%", "'%NO_SUCH_SETTING%' does not resolve to a value"),
        ("0 0 25 * * *", "'25' is not a valid hour"),
    ],
)
def test_a_wrong_schedule_ends_the_host(
    new_host: Callable[..., HostProcess], tmp_path: Path, schedule: str, message: str
) -> None:
    """The message names the function."""
    host = new_host(app=_app(tmp_path, TIMER.format(schedule=schedule)))
    host.launch()
    assert host.wait() == 1
    assert message in host.log()
    assert "tick" in host.log()


def test_an_unserved_trigger_is_a_warning(
    new_host: Callable[..., HostProcess], tmp_path: Path
) -> None:
    """It names the function, and the others run."""
    code = """
import azure.functions as func
app = func.FunctionApp()
@app.queue_trigger(arg_name="msg", queue_name="q", connection="C")
def on_queue(msg: func.QueueMessage) -> None: ...
@app.route(route="up", auth_level="anonymous")
def up(req: func.HttpRequest) -> str: return "up"
"""
    host = new_host(app=_app(tmp_path, code, {"version": "2.0", "extensions": {
        "http": {"routePrefix": ""}}}))  # fmt: skip
    host.start()
    assert "on_queue" in host.wait_for_line("no listener for queueTrigger")
    assert host.call("GET", "/up", key=None).body == b"up"


def test_keys_survive_a_restart_and_are_private(tmp_path: Path) -> None:
    """Made once, readable by the owner only."""
    first = load_keys(tmp_path)
    assert load_keys(tmp_path) == first
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    document = json.loads((tmp_path / "keys.json").read_text())
    assert set(document) == {"masterKey", "functionKeys", "systemKeys"}


def test_broken_keys_are_an_error(tmp_path: Path) -> None:
    """Never silently replaced."""
    (tmp_path / "keys.json").write_text("{}")
    with pytest.raises(HostError, match="holds no keys"):
        load_keys(tmp_path)


def test_the_environment_wins_over_the_settings_file(tmp_path: Path) -> None:
    """As under func."""
    values = {"A": "file", "B": "file"}
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": values}))
    settings = read_app_settings(tmp_path, {"A": "environment"})
    assert settings == {"A": "environment", "B": "file", "FUNCTIONS_WORKER_RUNTIME": "python"}


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"Values": 1}', '{"IsEncrypted": true}', '{"Values": {"A": 1}}',
     '{"Values": {"FUNCTIONS_WORKER_RUNTIME": "node"}}'],
)  # fmt: skip
def test_a_wrong_settings_file_is_refused(tmp_path: Path, text: str) -> None:
    """Unreadable, encrypted, or for another language."""
    (tmp_path / "local.settings.json").write_text(text)
    with pytest.raises(HostError):
        read_app_settings(tmp_path, {})


def test_host_json_faults_are_told_all_at_once(tmp_path: Path) -> None:
    """One message for every fault."""
    app = _app(tmp_path, host_json={
        "version": "1.0", "functionTimeout": "soon",
        "extensions": {"http": {"routePrefix": 1}, "durableTask": {
            "hubName": "1-wrong", "maxConcurrentActivityFunctions": 0}},
    })  # fmt: skip
    with pytest.raises(HostError) as caught:
        read_host_json(app, {})
    for part in ("version", "functionTimeout", "routePrefix", "hubName", "maxConcurrentActivity"):
        assert part in str(caught.value)


def test_host_json_settings_are_read(tmp_path: Path) -> None:
    """The hub may come from a setting; what has no effect here is noted."""
    app = _app(tmp_path, host_json={
        "version": "2.0", "extensionBundle": {"id": "x"}, "strange": 1,
        "extensions": {"http": {"routePrefix": "v1"}, "durableTask": {
            "hubName": "%HUB%", "maxConcurrentActivityFunctions": 7,
            "extendedSessionsEnabled": True, "storageProvider": {"type": "mssql"}}},
    })  # fmt: skip
    config = read_host_json(app, {"HUB": "FromSetting"})
    assert (config.hub, config.max_activities, config.route_prefix) == ("FromSetting", 7, "v1")
    assert len(config.notes) == 3


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_missing_or_unreadable_host_json_is_refused(tmp_path: Path, text: str | None) -> None:
    """A directory without it is no function app."""
    if text is not None:
        (tmp_path / "host.json").write_text(text)
    with pytest.raises(HostError, match=r"host\.json"):
        read_host_json(tmp_path, {})
