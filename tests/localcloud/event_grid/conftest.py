"""An Event Grid at work on a hand-set clock, with stand-ins around it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from localcloud.event_grid.dead_letters import DeadLetters
from localcloud.event_grid.delivery import Delivering
from localcloud.event_grid.endpoints import Endpoints
from localcloud.event_grid.faults import Faults
from localcloud.event_grid.handshakes import Handshakes
from localcloud.event_grid.intake import Intake, Subscriptions
from localcloud.event_grid.server import Listeners
from localcloud.event_grid.state import State
from tests.localcloud.event_grid.fakes import (
    PATIENCE,
    Endpoint,
    FakeArm,
    FakeBlobs,
    HandSetClock,
)

KEY = "system/key"


@dataclass
class Grid:
    """An Event Grid, and what it is surrounded by."""

    arm: FakeArm
    blobs: FakeBlobs
    clock: HandSetClock
    endpoint: Endpoint
    state: State
    faults: Faults
    handshakes: Handshakes
    tasks: list[asyncio.Task[None]]
    url: str

    def fates(self) -> list[dict[str, Any]]:
        """What became of every event."""
        return self.state.fates(0, 100_000)

    def states(self) -> list[str]:
        """The states of all deliveries."""
        return [one["state"] for fate in self.fates() for one in fate["deliveries"]]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the tasks run until something holds."""
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 - the state has no news of its own
                await asyncio.sleep(0)

    async def settled(self, *states: str) -> None:
        """Wait until every delivery there is, is in one of some states."""
        await self.until(lambda: bool(self.states()) and set(self.states()) <= set(states))

    async def idle_for(self, seconds: float) -> None:
        """Wait until nothing happens for so long."""
        await self.until(lambda: abs(self.clock.next_alarm() - seconds) < 0.001)


@pytest.fixture
async def endpoint_url() -> AsyncIterator[tuple[Endpoint, str]]:
    """An endpoint, and where it is."""
    endpoint = Endpoint()
    runner = web.ServerRunner(web.Server(endpoint.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield endpoint, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def grid(tmp_path: Path, endpoint_url: tuple[Endpoint, str]) -> AsyncIterator[Grid]:
    """An Event Grid at Azure's own pace."""
    async with running(tmp_path, *endpoint_url) as made:
        yield made


class running:  # noqa: N801 - used as a function
    """Run an Event Grid on a state directory for as long as the block lasts."""

    def __init__(
        self, path: Path, endpoint: Endpoint, url: str, *, arm: FakeArm | None = None,
        clock: HandSetClock | None = None, speed: float = 1.0,
    ) -> None:  # fmt: skip
        self._path = path
        self._endpoint = endpoint
        self._url = url
        self._arm = arm or FakeArm()
        self._clock = clock or HandSetClock()
        self._speed = speed

    async def __aenter__(self) -> Grid:
        keys = self._path / "keys.json"
        keys.write_text(json.dumps({"systemKeys": {"eventgrid_extension": KEY}}))
        self._session = aiohttp.ClientSession()
        state = State(self._path / "grid.sqlite")
        arm, blobs, clock, speed = self._arm, FakeBlobs(), self._clock, self._speed
        faults, subscriptions = Faults(state), Subscriptions()
        endpoints = Endpoints(self._session, self._url, keys, PATIENCE)
        self._delivering = Delivering(state, subscriptions, endpoints, clock, speed)
        self._handshakes = Handshakes(
            state, subscriptions, endpoints, arm, clock, speed, "http://127.0.0.1:1"
        )
        intake = Intake(arm, state, subscriptions, faults, clock, speed)
        letters = DeadLetters(state, subscriptions, arm, blobs, clock, speed)
        listeners = Listeners(self._delivering, self._handshakes)
        tasks = [
            asyncio.create_task(intake.run(listeners)),
            asyncio.create_task(letters.run(self._delivering.dead)),
        ]
        self._grid = Grid(
            arm, blobs, clock, self._endpoint, state, faults, self._handshakes, tasks, self._url
        )
        return self._grid

    async def __aexit__(self, *_: object) -> None:
        for task in self._grid.tasks:
            task.cancel()
        results = await asyncio.gather(*self._grid.tasks, return_exceptions=True)
        await self._delivering.close()
        await self._handshakes.close()
        await self._session.close()
        self._grid.state.close()
        wrong = [one for one in results if not isinstance(one, asyncio.CancelledError)]
        assert not wrong, wrong
