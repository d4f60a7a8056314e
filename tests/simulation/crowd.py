"""Many tenants at once, under random failures, on a host that dies again and again.

Everything that chance decides comes from one seed: the same seed repeats the same run.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from landing_zone.approval.policy import is_waiting
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord
from tests.simulation.approving import decide_now
from tests.simulation.requests import request_of
from tests.simulation.simulation import SETTLED, HangError, Simulation, simulation
from tests.simulation.tasks import WorkerDied
from tests.simulation.timers import tick
from tests.simulation.virtual_loop import run
from tests.unit.strategies import TIERS
from triggers.starting import start
from triggers.tenants import admitted

DEADLINE_SECONDS: Final = 48 * 3600.0
LOOK_SECONDS: Final = 10.0
TIMER_SECONDS: Final = 60.0
MOST_SECONDS_APART: Final = 600.0
TRIP_SECONDS: Final = (0.001, 0.02)
WORKER_DIES: Final = 0.0005
"""How likely the worker dies at one of the two ends of a call to storage."""

FAULTS: Final[dict[str, float]] = {
    "throttled": 0.02,
    "throttled-without-retry-after": 0.01,
    "another-operation-in-progress": 0.02,
    "operation-fails": 0.02,
    "operation-not-found": 0.02,
    "internal-error": 0.02,
    "unavailable": 0.01,
    "forbidden": 0.002,
    "connection-reset": 0.02,
    "reset-after-acceptance": 0.02,
    "timeout-after-acceptance": 0.005,
    "disallowed-by-policy": 0.002,
    "soft-deleted": 0.001,
}
"""How likely a request meets each of the failures."""


class Dice:
    """What chance decides."""

    def __init__(self, seed: int) -> None:
        """Chance of a seed."""
        self._random = random.Random(seed)  # noqa: S311 - it is to be repeatable

    def between(self, least: float, most: float) -> float:
        """A number between two."""
        return self._random.uniform(least, most)

    def one(self, choices: Sequence[str]) -> str:
        """One of several."""
        return self._random.choice(choices)

    async def trip(self) -> None:
        """A way to storage or back, on which the worker may die."""
        await asyncio.sleep(self.between(*TRIP_SECONDS))
        if self._random.random() < WORKER_DIES:
            raise WorkerDied


class Remote:
    """A port whose calls take a while: others come in between, and a death does, too."""

    def __init__(self, port: Any, trip: Callable[[], Awaitable[None]]) -> None:
        """Stand before a port."""
        self._port = port
        self._trip = trip

    def __getattr__(self, name: str) -> Any:
        """The port's method, with its way there and back."""
        method = getattr(self._port, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            await self._trip()
            answer = await method(*arguments, **named)
            await self._trip()
            return answer

        return call


class Crowd:
    """Tenants who come in a while, and what disturbs them.

    Attributes:
        simulation: Where they are onboarded.
        requests: What they ask for.
        deaths: How often the host has died.
    """

    def __init__(self, ground: Simulation, dice: Dice, requests: list[TenantRequest]) -> None:
        """Begin with nobody there."""
        self.simulation = ground
        self.requests = requests
        self.deaths = 0
        self._dice = dice

    def run(self, *, deadly: bool = True) -> list[TenantRecord]:
        """Onboard all, to the end of each.

        Args:
            deadly: Whether the host dies now and then.

        Raises:
            HangError: Someone has not ended in time.
        """
        return run(self.simulation.world.clock, self._run(deadly=deadly))

    async def _run(self, *, deadly: bool) -> list[TenantRecord]:
        disturbers = [self._timers()] + ([self._deaths()] if deadly else [])
        tasks = [asyncio.create_task(one) for one in disturbers]
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await asyncio.gather(*(self._tenant(request) for request in self.requests))
        except TimeoutError as late:
            raise HangError("\n".join(self.simulation.engine.waiting())) from late
        finally:
            for task in tasks:
                task.cancel()
        return [self.simulation.tenant(request.tenant_id) for request in self.requests]

    async def _tenant(self, request: TenantRequest) -> None:
        """Ask until there is an answer, then look until it has ended."""
        await asyncio.sleep(self._dice.between(0, MOST_SECONDS_APART))
        await self._look(lambda: self._asked(request))
        await self._look(lambda: self._has_ended(request.tenant_id))

    @staticmethod
    async def _look(found: Callable[[], Awaitable[bool]]) -> None:
        while True:
            if await found():
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _asked(self, request: TenantRequest) -> bool:
        engine = self.simulation.engine
        if not engine.alive:
            return False
        asking = engine.spawn(self._ask(request))
        await asyncio.wait({asking})
        return not asking.cancelled() and asking.exception() is None

    async def _ask(self, request: TenantRequest) -> None:
        record, under_way = await admitted(self.simulation.deps, request, "simulation")
        if under_way:
            await start(self.simulation.engine, record)

    async def _has_ended(self, tenant_id: str) -> bool:
        record = self.simulation.tenant(tenant_id)
        if is_waiting(record) and self.simulation.engine.alive:
            await decide_now(self.simulation, tenant_id)
        ended = record.operation_id in self.simulation.world.documents.operations
        return record.state in SETTLED and ended

    async def _timers(self) -> None:
        """The function app's timers, as long as the host is there."""
        while True:
            await asyncio.sleep(TIMER_SECONDS)
            if self.simulation.engine.alive:
                self.simulation.engine.spawn(self._tick())

    async def _tick(self) -> None:
        try:
            await tick(self.simulation)
        except WorkerDied:
            return  # the next tick does it

    async def _deaths(self) -> None:
        while True:
            await asyncio.sleep(self._dice.between(5, 180))
            self.simulation.engine.kill()
            self.deaths += 1
            await asyncio.sleep(self._dice.between(1, 5))
            self.simulation.engine.revive()


@contextmanager
def crowd(seed: int, tenants: int) -> Iterator[Crowd]:
    """A crowd of a seed, with its failures in force."""
    dice = Dice(seed)
    with simulation(pause=lambda: dice.between(0.005, 0.05), port=_remote(dice)) as ground:
        requests = [
            request_of(dice.one(TIERS), f"t{number:02}-crowd-{seed}") for number in range(tenants)
        ]
        for number, (preset, probability) in enumerate(FAULTS.items()):
            match = {"probability": probability, "seed": seed * 100 + number}
            ground.arm.inject({"preset": preset, "match": match, "count": 10**6})
        yield Crowd(ground, dice, requests)


def _remote(dice: Dice) -> Callable[[Any], Any]:
    return lambda port: Remote(port, dice.trip)
