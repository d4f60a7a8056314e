"""A supervisor that is killed leaves nothing running."""

import subprocess
import sys
from pathlib import Path

from localcloud.supervisor.state import locked
from tests.localcloud.supervisor.waiting import exists, wait_until

ROOT = Path(__file__).resolve().parents[3]


def start(signs: Path, *names: str) -> subprocess.Popen[bytes]:
    """Supervise the fakes in another process and wait until they are ready."""
    driver = [sys.executable, "-m", "tests.localcloud.supervisor.driver", str(signs), *names]
    process = subprocess.Popen(driver, cwd=ROOT)
    wait_until((signs / "ready").exists, "readiness")
    return process


def pids(signs: Path) -> list[int]:
    """Every process that the fakes have signed for."""
    return [int(file.read_text(encoding="utf-8")) for file in signs.glob("*.pid")]


def test_kill_9_of_the_supervisor_ends_every_child_politely(tmp_path: Path) -> None:
    """The children get SIGTERM, so Azurite can write its state."""
    supervisor = start(tmp_path, "azurite", "arm")
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not any(map(exists, pids(tmp_path))), "the end of the children")
    order = (tmp_path / "order").read_text(encoding="utf-8").split()
    assert sorted(order[2:]) == ["-arm", "-azurite"]


def test_kill_9_of_the_supervisor_ends_even_stubborn_children(tmp_path: Path) -> None:
    """Who ignores SIGTERM is killed after the grace period, with what it started."""
    supervisor = start(tmp_path, "stubborn")
    left = pids(tmp_path)
    supervisor.kill()
    supervisor.wait()
    assert len(left) == 2
    wait_until(lambda: not any(map(exists, left)), "the end of the children")


def test_the_next_supervisor_waits_for_the_end_of_the_killed_ones_children(
    tmp_path: Path,
) -> None:
    """The lock on the state is held until the last child has gone."""
    supervisor = start(tmp_path, "stubborn")
    left = pids(tmp_path)
    supervisor.kill()
    supervisor.wait()
    with locked(tmp_path):
        assert not any(map(exists, left))
