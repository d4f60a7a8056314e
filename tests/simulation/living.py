"""Tenants that live: what is asked for over HTTP, what disturbs it, and waiting until all is quiet.

Everything of one life happens on one virtual loop, which stands still in between.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import azure.functions as func

from landing_zone.approval.policy import is_waiting
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from tests.fakes import FakeRegistry
from tests.principals import ANN, headers_of
from tests.registered import registered_functions
from tests.simulation.approving import decide_now
from tests.simulation.simulation import HangError, Simulation, simulation
from tests.simulation.timers import tick
from tests.simulation.virtual_loop import Standing
from tests.triggers.requests import request

LOOK_SECONDS: Final = 10.0
TIMER_SECONDS: Final = 60.0
CALM_SECONDS: Final = 600.0
QUIET_SECONDS: Final = 3 * 3600.0
"""Longer than anything but a person or a retention is waited for: then that is what is."""

DEADLINE_SECONDS: Final = 72 * 3600.0


class Change(NamedTuple):
    """A change of a tenant's record.

    Attributes:
        tenant_id: The tenant.
        before: Its state before; None for a new tenant.
        after: Its state from then on.
        operations: How many operations it has had.
    """

    tenant_id: str
    before: TenantState | None
    after: TenantState
    operations: int


class Weather(NamedTuple):
    """What disturbs an operation.

    Attributes:
        name: For people.
        faults: What Azure Resource Manager is given.
        deaths: Seconds after which the host dies, each counted from its last revival.
    """

    name: str
    faults: tuple[Mapping[str, Any], ...] = ()
    deaths: tuple[float, ...] = ()


class Watched:
    """The registry, with a note of each change of a tenant's state."""

    def __init__(self, registry: FakeRegistry, changes: list[Change]) -> None:
        """Stand before a registry."""
        self._registry = registry
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        """What is not watched."""
        return getattr(self._registry, name)

    async def insert(self, record: TenantRecord) -> bool:
        """Add a tenant."""
        return self._noted(None, record) if await self._registry.insert(record) else False

    async def replace(self, record: TenantRecord, etag: str) -> bool:
        """Change a tenant."""
        before = self._registry.rows[record.tenant_id].value
        done = await self._registry.replace(record, etag)
        return self._noted(before.state, record) if done else False

    def _noted(self, before: TenantState | None, after: TenantRecord) -> bool:
        change = Change(after.tenant_id, before, after.state, after.operations)
        self._changes.append(change)
        return True


class Living:
    """An application whose tenants live on from one step to the next.

    Attributes:
        ground: The application.
        changes: Every change of a tenant's record.
        deaths: How often the host has died.
    """

    def __init__(self, ground: Simulation, changes: list[Change], *, approves: bool = True) -> None:
        """Begin with nobody there.

        Args:
            ground: The application.
            changes: Where changes are noted.
            approves: Whether somebody approves at once what waits for it.
        """
        self.ground = ground
        self._approves = approves
        self.changes = changes
        self.deaths = 0
        self._standing = Standing(ground.world.clock)

    def close(self) -> None:
        """End it."""
        self._standing.close()

    def do(self, weather: Weather, *asked: "Asked") -> list[func.HttpResponse]:
        """Ask for some things at once, and wait until nothing goes on any more.

        Raises:
            HangError: Something has not ended in time.
        """
        return self._standing.run(self._do(weather, asked))

    def wait(self, seconds: float) -> None:
        """Let time pass, with its timers, and wait until nothing goes on any more."""
        self._standing.run(self._wait(seconds))

    async def _do(self, weather: Weather, asked: "tuple[Asked, ...]") -> list[func.HttpResponse]:
        now = self.ground.arm.cloud.now()
        faults = self.ground.arm.gateway.faults
        added = [faults.add(dict(one), now) for one in weather.faults]
        answers = [await self._answer(one) for one in asked]
        disturbing = asyncio.create_task(self._die(weather.deaths))
        approving = asyncio.create_task(self._approve())
        await self._rest()
        disturbing.cancel()
        approving.cancel()
        for one in added:
            faults.remove(one.id)
        # Until Azure has forgotten of how many calls it was.
        await asyncio.sleep(CALM_SECONDS if added else 0.0)
        return answers

    async def _answer(self, asked: "Asked") -> func.HttpResponse:
        function: Any = registered_functions()[asked.function].get_user_function()
        plain = getattr(function, "__wrapped__", function)
        made = request(
            asked.body, params=asked.params, headers=headers_of(asked.who), tenantId=asked.tenant_id
        )
        answer: func.HttpResponse = await plain(made, client=self.ground.engine)
        return answer

    async def _wait(self, seconds: float) -> None:
        timing = asyncio.create_task(self._timers())
        await asyncio.sleep(seconds)
        timing.cancel()
        await self._rest()

    async def _rest(self) -> None:
        timing = asyncio.create_task(self._timers())
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self._quiet()
        except TimeoutError as late:
            raise HangError("\n".join(self.ground.engine.waiting())) from late
        finally:
            timing.cancel()

    async def _quiet(self) -> None:
        """Wait until all has ended, or what has not waits for something from outside."""
        engine, clock = self.ground.engine, self.ground.world.clock
        seen, since = self._worked(), clock.now()
        while not engine.alive or any(one.running for one in engine.instances.values()):
            await asyncio.sleep(LOOK_SECONDS)
            if self._worked() != seen or not engine.alive:
                seen, since = self._worked(), clock.now()
            elif (clock.now() - since).total_seconds() > QUIET_SECONDS:
                return

    def _worked(self) -> int:
        """Calls of activities so far, but for those that look whether somebody has decided."""
        calls = self.ground.engine.calls
        return calls.total() - calls["look_at_approval"]

    async def _timers(self) -> None:
        while True:
            await asyncio.sleep(TIMER_SECONDS)
            if self.ground.engine.alive:
                await tick(self.ground)

    async def _approve(self) -> None:
        """Approve whatever waits for it, where somebody does."""
        while self._approves:
            await asyncio.sleep(LOOK_SECONDS)
            for row in list(self.ground.world.registry.rows.values()):
                if is_waiting(row.value):
                    await decide_now(self.ground, row.value.tenant_id)

    async def _die(self, deaths: tuple[float, ...]) -> None:
        for seconds in deaths:
            await asyncio.sleep(seconds)
            self.ground.engine.kill()
            self.deaths += 1
            try:
                await asyncio.sleep(2.0)
            finally:
                self.ground.engine.revive()


class Asked(NamedTuple):
    """Something that is asked for over HTTP.

    Attributes:
        function: The function that is asked.
        tenant_id: The tenant.
        body: What is sent.
        params: The query.
        who: Object id of who asks.
    """

    function: str
    tenant_id: str
    body: Any = b""
    params: Mapping[str, str] = {}
    who: str = ANN


def is_served(function: str) -> bool:
    """Whether the function app has such a function."""
    return function in registered_functions()


@contextmanager
def living(*, approves: bool = True) -> Iterator[Living]:
    """An application with nobody there yet.

    Args:
        approves: Whether somebody approves at once what waits for it.
    """
    changes: list[Change] = []

    def watched(port: Any) -> Any:
        return Watched(port, changes) if isinstance(port, FakeRegistry) else port

    with simulation(port=watched) as ground:
        found = Living(ground, changes, approves=approves)
        try:
            yield found
        finally:
            found.close()
