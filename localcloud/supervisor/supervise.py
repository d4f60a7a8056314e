"""Keeps a set of services running together until it is told to stop or one cannot start."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from localcloud.supervisor.guard import Guard
from localcloud.supervisor.keeper import Keeper, RestartPolicy
from localcloud.supervisor.logs import ServiceLog, follow
from localcloud.supervisor.service import Service

Say = Callable[[str], None]


class Stop:
    """The request to stop: the first one asks, the second one insists."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.insisted = asyncio.Event()

    def request(self) -> None:
        """Ask for the end of everything; a second time, for its end at once."""
        if self.asked.is_set():
            self.insisted.set()
        self.asked.set()


async def supervise(
    services: Sequence[Service],
    *,
    logs: Path,
    stop: Stop,
    say: Say,
    on_ready: Callable[[], None],
    warn: Say | None = None,
    policy: RestartPolicy | None = None,
    keep: tuple[int, ...] = (),
) -> None:
    """Start the services, say when all of them answer, keep them running until told to stop.

    Args:
        services: What to run; the order of start and end follows from their `after`.
        logs: Directory of the log files.
        stop: Ends it.
        say: Told of every start, readiness, death and restart, in one line each.
        on_ready: Called once, when every service answers.
        warn: Told of warnings in the logs.
        policy: How eagerly what died is started again.
        keep: Descriptors that stay open for as long as a child may run.

    Raises:
        LocalCloudError: A service cannot be started; the others have been ended.
    """
    files = {service.name: ServiceLog(logs / f"{service.name}.log") for service in services}
    async with Guard(grace=max(service.grace for service in services), keep=keep) as guard:
        keepers = [
            Keeper(service, files[service.name], guard, say, policy or RestartPolicy())
            for service in services
        ]
        following = asyncio.create_task(follow(files.values(), warn))
        try:
            await _run(keepers, stop, on_ready)
        finally:
            following.cancel()


async def _run(keepers: Sequence[Keeper], stop: Stop, on_ready: Callable[[], None]) -> None:
    """Run every keeper until told to stop or until one of them fails."""
    endless = [asyncio.create_task(keeper.run(*_neighbours(keeper, keepers))) for keeper in keepers]
    endless.append(asyncio.create_task(_announce(keepers, on_ready)))
    asked = asyncio.create_task(stop.asked.wait())
    insisting = asyncio.create_task(_kill_when_insisted(keepers, stop))
    await asyncio.wait([asked, *endless], return_when=asyncio.FIRST_COMPLETED)
    failures = [failure for task in endless if task.done() and (failure := task.exception())]
    for one in endless:
        one.cancel()
    await asyncio.gather(*endless, return_exceptions=True)
    asked.cancel()
    insisting.cancel()
    if failures:
        raise failures[0]


async def _announce(keepers: Sequence[Keeper], on_ready: Callable[[], None]) -> NoReturn:
    """Say once that every service is ready; endless, so that its end means a failure."""
    for keeper in keepers:
        await keeper.ready.wait()
    on_ready()
    while True:
        await asyncio.Event().wait()


async def _kill_when_insisted(keepers: Sequence[Keeper], stop: Stop) -> None:
    await stop.insisted.wait()
    for keeper in keepers:
        keeper.kill()


def _neighbours(keeper: Keeper, keepers: Sequence[Keeper]) -> tuple[list[Keeper], list[Keeper]]:
    """Those that have to be ready before it, and those that have to end before it."""
    before = [other for other in keepers if other.service.name in keeper.service.after]
    dependents = [other for other in keepers if keeper.service.name in other.service.after]
    return before, dependents
