"""The supervisor keeps services running, in order, and ends them all."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from localcloud.supervisor.errors import LocalCloudError, PortInUseError
from localcloud.supervisor.keeper import RestartPolicy
from localcloud.supervisor.service import Service
from localcloud.supervisor.supervise import Stop, supervise
from tests.localcloud.supervisor.fakes import OBEDIENT, STUBBORN, fake, sign
from tests.localcloud.supervisor.waiting import children_of, command_of, exists, until

EAGER = RestartPolicy(first_delay=0.01, longest_delay=0.02, start_attempts=2)


@dataclass
class Running:
    """Services under supervision, and what the supervisor said."""

    said: list[str]
    task: asyncio.Task[None]
    stop: Stop
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_ready(self) -> None:
        """Return when all services are ready; raise if they cannot be."""
        ready = asyncio.create_task(self.ready.wait())
        await asyncio.wait([ready, self.task], return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            ready.cancel()
            await self.task

    async def end(self) -> None:
        """Stop and return when everything has ended."""
        self.stop.request()
        await self.task


@asynccontextmanager
async def supervised(
    services: Sequence[Service], logs: Path, policy: RestartPolicy = EAGER
) -> AsyncIterator[Running]:
    """Run the services; what is left at the end of a test is ended."""
    said: list[str] = []
    stop = Stop()
    ready = asyncio.Event()
    task = asyncio.create_task(
        supervise(
            services,
            logs=logs,
            stop=stop,
            say=said.append,
            on_ready=ready.set,
            warn=said.append,
            policy=policy,
        )
    )
    try:
        yield Running(said=said, task=task, stop=stop, ready=ready)
    finally:
        stop.request()
        await asyncio.gather(task, return_exceptions=True)


def pid_of(signs: Path, name: str) -> int:
    """The process id that a fake has signed."""
    return int(sign(signs, name).read_text(encoding="utf-8"))


async def test_a_service_starts_after_what_it_needs_and_ends_before_it(tmp_path: Path) -> None:
    """Readiness orders the start, and the end runs the other way round."""
    services = [fake("host", tmp_path, after=("arm",)), fake("arm", tmp_path)]
    async with supervised(services, tmp_path / "logs") as running:
        await running.until_ready()
        await running.end()
    order = (tmp_path / "order").read_text(encoding="utf-8").split()
    assert order == ["+arm", "+host", "-host", "-arm"]


async def test_a_killed_service_is_started_again_and_this_is_said(tmp_path: Path) -> None:
    """One line names the service, how it ended and which restart this is."""
    async with supervised([fake("arm", tmp_path)], tmp_path / "logs") as running:
        await running.until_ready()
        first = pid_of(tmp_path, "arm")
        os.kill(first, signal.SIGKILL)
        await until(lambda: pid_of(tmp_path, "arm") != first, "a second process")
        second = pid_of(tmp_path, "arm")
        os.kill(second, signal.SIGKILL)
        await until(lambda: pid_of(tmp_path, "arm") != second, "a third process")
    restarts = [line for line in running.said if "starting it again" in line]
    assert restarts == [
        "arm ended (killed by SIGKILL); starting it again in 0.0 s (restart 1)",
        "arm ended (killed by SIGKILL); starting it again in 0.0 s (restart 2)",
    ]


async def test_what_a_dead_service_left_behind_is_ended(tmp_path: Path) -> None:
    """A killed service's own children do not keep its ports."""
    async with supervised([fake("host", tmp_path, STUBBORN, grace=0.1)], tmp_path) as running:
        await running.until_ready()
        orphan = int((tmp_path / "host-child.pid").read_text(encoding="utf-8"))
        os.kill(pid_of(tmp_path, "host"), signal.SIGKILL)
        await until(lambda: not exists(orphan), "the end of the orphan")


async def test_a_service_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    """The grace period bounds how long the end can take."""
    async with supervised([fake("host", tmp_path, STUBBORN, grace=0.1)], tmp_path) as running:
        await running.until_ready()
        processes = [
            pid_of(tmp_path, "host"),
            int((tmp_path / "host-child.pid").read_text(encoding="utf-8")),
        ]
        await running.end()
        await until(lambda: not any(map(exists, processes)), "the end of both")


async def test_a_second_request_to_stop_does_not_wait_for_the_grace_period(tmp_path: Path) -> None:
    """Ctrl-C twice ends everything at once."""
    async with supervised([fake("host", tmp_path, STUBBORN, grace=600)], tmp_path) as running:
        await running.until_ready()
        running.stop.request()
        running.stop.request()
        async with asyncio.timeout(20):
            await running.task


async def test_a_service_whose_port_is_taken_ends_everything(tmp_path: Path) -> None:
    """Exit code 3 at the first start is final, and the service's own words are passed on."""
    refusing = "import sys; print('port 8700 is in use', file=sys.stderr); sys.exit(3)"
    services = [fake("azurite", tmp_path), fake("arm", tmp_path, refusing)]
    async with supervised(services, tmp_path / "logs") as running:
        with pytest.raises(PortInUseError, match=r"port 8700 is in use\. .*--port-offset"):
            await running.until_ready()
    assert not sign(tmp_path, "azurite").exists() or not exists(pid_of(tmp_path, "azurite"))


async def test_a_service_that_cannot_start_fails_after_its_attempts(tmp_path: Path) -> None:
    """The reason is the end of its log, and the log is named."""
    broken = "raise ValueError('no such setting')"
    async with supervised([fake("arm", tmp_path, broken)], tmp_path / "logs") as running:
        with pytest.raises(LocalCloudError, match="no such setting") as failure:
            await running.until_ready()
    assert str(tmp_path / "logs" / "arm.log") in str(failure.value)
    assert len([line for line in running.said if "starting it again" in line]) == 1


async def test_a_service_that_never_answers_fails(tmp_path: Path) -> None:
    """A first start has a time limit."""
    silent = fake("arm", tmp_path, "import signal; signal.pause()")
    impatient = RestartPolicy(first_delay=0.01, start_attempts=1, start_seconds=0.05)
    async with supervised([silent], tmp_path / "logs", impatient) as running:
        with pytest.raises(LocalCloudError, match="arm cannot be started"):
            await running.until_ready()


async def test_a_failing_announcement_ends_everything(tmp_path: Path) -> None:
    """What cannot be announced is not left running unannounced."""

    def fail() -> None:
        raise LocalCloudError("no key")

    with pytest.raises(LocalCloudError, match="no key"):
        await supervise(
            [fake("arm", tmp_path)],
            logs=tmp_path / "logs",
            stop=Stop(),
            say=print,
            on_ready=fail,
        )
    assert not exists(pid_of(tmp_path, "arm"))


async def test_a_killed_reaper_is_replaced(tmp_path: Path) -> None:
    """The services live on when the reaper dies."""
    async with supervised([fake("arm", tmp_path)], tmp_path / "logs") as running:
        await running.until_ready()
        pids = children_of(os.getpid())
        for pid in pids:
            if "reaper.py" in command_of(pid):
                os.kill(pid, signal.SIGKILL)
        await until(
            lambda: any(
                "reaper.py" in command_of(pid) and pid not in pids
                for pid in children_of(os.getpid())
            ),
            "another reaper",
        )
        assert exists(pid_of(tmp_path, "arm"))


async def test_warnings_in_a_log_reach_the_terminal(tmp_path: Path) -> None:
    """Other lines stay in the file."""
    talking = "print('INFO all is well'); print('WARNING disk nearly full', flush=True)" + OBEDIENT
    async with supervised([fake("arm", tmp_path, talking)], tmp_path / "logs") as running:
        await running.until_ready()
        await until(lambda: any("disk" in line for line in running.said), "the warning")
    assert "arm: WARNING disk nearly full" in running.said
    assert not any("all is well" in line for line in running.said)
