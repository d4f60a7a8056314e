"""Kill -9 of the worker and of the host at random moments loses and duplicates nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.nightly import by_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.localcloud.functions_host.harness import HostProcess

JOURNEYS = 6
KILLS = 5
STEPS = ["first", "second", "fan-0", "fan-1", "fan-2", "fan-3", "child-0", "child-1"]
COUNTED = 5  # two signals of the children, three calls


def _begin(host: HostProcess, seed: int) -> list[str]:
    names = [f"journey-{seed}-{number}" for number in range(JOURNEYS)]
    for name in names:
        assert host.webhook("POST", f"orchestrators/journey/{name}", body="null").status == 202
    return names


def _check(host: HostProcess, names: list[str]) -> None:
    """Every step happened, was told once, and each count was made exactly once."""
    for name in names:
        done = host.wait_for_status(name, "Completed", "Failed")
        assert done["runtimeStatus"] == "Completed", done
        assert done["output"]["steps"] == STEPS
    ledger = Counter(tuple(json.loads(line)) for line in host.ledger.read_text().splitlines())
    assert {step for step in ledger if step[0] in names} == {(n, s) for n in names for s in STEPS}
    for name in names:
        assert _settled(host, name) == COUNTED


def _settled(host: HostProcess, name: str) -> int:
    """Read a counter once the entity has no operation left to do."""
    barrier = host.run("read_counter", name)
    assert barrier.status == 200
    return int(barrier.json)


@pytest.mark.parametrize("seed", by_day([1, 2], [1]))
def test_killed_workers_lose_nothing(new_host: Callable[..., HostProcess], seed: int) -> None:
    """What was in flight runs again in the next worker."""
    host, chance, pause = new_host(), random.Random(seed), threading.Event()  # noqa: S311
    host.start()
    names = _begin(host, seed)
    for kill in range(1, KILLS + 1):
        pause.wait(chance.uniform(0, 0.06))
        pid = host.worker_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        host.wait_for_line("worker is running again", kill)
    _check(host, names)


@pytest.mark.parametrize("seed", by_day([3, 4, 5], [3]))
def test_killed_hosts_lose_nothing(new_host: Callable[..., HostProcess], seed: int) -> None:
    """The next host goes on where the store says that things stand."""
    host, chance, pause = new_host(), random.Random(seed), threading.Event()  # noqa: S311
    host.start()
    names = _begin(host, seed)
    for _ in range(KILLS):
        pause.wait(chance.uniform(0, 0.08))
        host.kill()
        host.start()
    _check(host, names)
