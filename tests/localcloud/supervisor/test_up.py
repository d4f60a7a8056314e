"""The whole local cloud, as `python -m localcloud up` runs it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.supervisor.ports import Ports, free_offset, taken
from localcloud.supervisor.probes import healthy
from tests.localcloud.supervisor.waiting import children_of, command_of, exists, wait_until

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def up(state: Path, offset: int) -> Iterator[subprocess.Popen[str]]:
    """Run a local cloud in another process; kill it if the test has not ended it."""
    errors = state.with_suffix(".err").open("w")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "localcloud", "up", "--json", "--until-eof"),
            *("--state", str(state), "--port-offset", str(offset)),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    with errors, process:
        try:
            yield process
        finally:
            process.kill()


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says when everything is up."""
    assert process.stdout
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def part(supervisor: int, name: str) -> int:
    """The process id of a part."""
    return next(pid for pid in children_of(supervisor) if f"localcloud.{name}" in command_of(pid))


def test_two_local_clouds_run_side_by_side_and_end_without_a_trace(tmp_path: Path) -> None:
    """Each has its own ports, keys and state; a killed part comes back; nothing stays."""
    first = free_offset(range(12_000, 14_000, 20))
    second = free_offset(range(14_000, 16_000, 20))
    with up(tmp_path / "one", first) as one, up(tmp_path / "two", second) as two:
        told, other = ready(one), ready(two)
        assert told["ready"] is True
        for name in ("functions", "principals", "arm", "ca", "identityHeader", "storage"):
            assert told[name] != other[name]
        assert healthy(Ports.at_offset(first).arm, "/_local/health", Path(told["ca"]))()
        assert not healthy(Ports.at_offset(first).arm, "/_local/health", Path(other["ca"]))()

        killed = part(one.pid, "arm")
        os.kill(killed, signal.SIGKILL)
        errors = tmp_path / "one.err"
        wait_until(lambda: "arm is ready again" in errors.read_text("utf-8"), "the restart")
        assert "arm ended (killed by SIGKILL); starting it again in 0.2 s" in errors.read_text(
            "utf-8"
        )

        processes = [*children_of(one.pid), *children_of(two.pid)]
        one.send_signal(signal.SIGTERM)
        assert two.stdin
        two.stdin.close()
        assert (one.wait(30), two.wait(30)) == (0, 0)
    wait_until(lambda: not any(map(exists, processes)), "the end of every process")
    assert taken(Ports.at_offset(first)) == taken(Ports.at_offset(second)) == {}
