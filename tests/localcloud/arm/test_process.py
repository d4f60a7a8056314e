"""The process: its command line, its death and its return."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from landing_zone.hub import HubDocument
from localcloud.identity.tokens import Tokens, automation_of
from tests.localcloud.arm import bodies as b
from tests.localcloud.arm.conftest import (
    HUB_FILE,
    HUB_GROUP,
    Live,
    certificates,
    network_body,
    vnet,
)
from tests.localcloud.arm.data_planes import OFFICER, VAULT

PATIENCE = 20.0  # seconds
ROLE = "/providers/Microsoft.Authorization/roleAssignments/22222222-2222-4222-8222-222222222222"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(
    directory: Path, port: int, speed: float, data_port: int = 0
) -> Iterator[subprocess.Popen[str]]:
    """Azure Resource Manager as a process, ended at the end."""
    if not (directory / "ca.pem").exists():
        certificates(directory)
    command = [
        sys.executable, "-m", "localcloud.arm", "--port", str(port),
        "--data-port", str(data_port or free_port()),
        "--state", str(directory / "arm"), "--identity-state", str(directory / "identity"),
        "--certificate", str(directory / "server.pem"),
        "--hub", str(HUB_FILE), "--speed", str(speed),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.kill()


def wait_until_ready(url: str, ca: Path, started: subprocess.Popen[str]) -> None:
    """Return once the process answers."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and started.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"{url}/_local/health", verify=str(ca), timeout=5).ok:
                return
    pytest.fail("the process did not become ready")


class KnownCaller(Live):
    """A live server whose tokens come from its key, for want of an identity endpoint."""

    def token(self, resource: str = "https://management.azure.com") -> str:
        """A token for Azure Resource Manager, or for another resource."""
        identity = automation_of(self.hub)
        return self.tokens.issue(identity, resource, time.time())[0]


def test_a_kill_in_the_middle_of_an_operation_loses_nothing(
    tmp_path: Path, hub: HubDocument
) -> None:
    """After a kill -9 and a restart the operation goes on, and ends."""
    port, ca = free_port(), tmp_path / "ca.pem"
    tokens = Tokens(tmp_path / "identity")
    there = KnownCaller(f"https://localhost:{port}", "", "", ca, tokens, hub)
    network = vnet(HUB_GROUP, "n")
    with there.session, process(tmp_path, port, 20.0) as first:
        wait_until_ready(there.url, ca, first)
        begun = there.call("PUT", network, body=network_body())
        os.kill(first.pid, signal.SIGKILL)
        assert first.wait(PATIENCE) == -signal.SIGKILL
    with there.session, process(tmp_path, port, 20.0) as second:
        wait_until_ready(there.url, ca, second)
        status = begun.headers["Azure-AsyncOperation"].removeprefix(there.url).partition("?")[0]
        while there.call("GET", status).json()["status"] == "InProgress":
            pass
        state = there.call("GET", network).json()["properties"]["provisioningState"]
        assert state == "Succeeded"
        second.terminate()
        assert second.wait(PATIENCE) == 0


def test_a_secret_that_was_set_outlives_a_kill(tmp_path: Path, hub: HubDocument) -> None:
    """It is on the disk once it was answered."""
    port, data_port, ca = free_port(), free_port(), tmp_path / "ca.pem"
    tokens = Tokens(tmp_path / "identity")
    there = KnownCaller(f"https://localhost:{port}", "", "", ca, tokens, hub)
    headers = {"Authorization": f"Bearer {there.token('https://vault.azure.net')}"}
    secret = f"https://localhost:{data_port}/vaults/kv-t/secrets/a?api-version=7.6"
    asked: dict[str, Any] = {"headers": headers, "verify": str(ca), "timeout": PATIENCE}
    with there.session, process(tmp_path, port, 1000.0, data_port) as first:
        wait_until_ready(there.url, ca, first)
        there.call("PUT", VAULT, b.VAULT, b.vault())
        role = b.role(VAULT, str(hub.automation_principal_id), OFFICER)
        there.call("PUT", f"{VAULT}{ROLE}", b.ROLES, role)
        while not (answer := there.session.put(secret, json={"value": "one"}, **asked)).ok:
            assert answer.status_code in {403, 404}  # no name yet, or no role
        os.kill(first.pid, signal.SIGKILL)
        assert first.wait(PATIENCE) == -signal.SIGKILL
    with there.session, process(tmp_path, port, 1000.0, data_port) as second:
        wait_until_ready(there.url, ca, second)
        assert there.session.get(secret, **asked).json()["value"] == "one"


def test_a_port_in_use_of_the_data_planes_is_told_too(tmp_path: Path) -> None:
    """By the name of what wanted it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with process(tmp_path, free_port(), 1.0, port) as started:
            _, errors = started.communicate(timeout=PATIENCE)
            assert started.returncode == 3
    assert f"data: port {port} of 127.0.0.1 is in use" in errors.splitlines()


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    """Exit code 3, and the port named on stderr."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with process(tmp_path, port, 1.0) as started:
            _, errors = started.communicate(timeout=PATIENCE)
            assert started.returncode == 3
    assert [line for line in errors.splitlines() if str(port) in line] == [
        f"arm: port {port} of 127.0.0.1 is in use"
    ]
