"""A whole application in one process, on virtual time.

Genuine: the function app's orchestrators and activities as it registers them, the decisions beneath
them, the adapter of Azure Resource Manager, and the local Azure Resource Manager with its rules,
latencies and faults. Pretended: the durable host, and tables and blobs (`tests/fakes.py`).
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, Final

from activities.dependencies import Dependencies
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, instance_id
from tests.fakes import HUBS, World
from tests.given import dependencies_of
from tests.registered import registered_functions
from tests.simulation.approving import approve_when_asked
from tests.simulation.durable import Activity, Engine, Orchestrator, Pause
from tests.simulation.local_arm import LocalArm
from tests.simulation.virtual_loop import run
from triggers.starting import start
from triggers.tenants import admitted

DEADLINE_SECONDS: Final = 12 * 3600.0
"""Virtual time after which an onboarding that has not ended is said to hang."""

SETTLED: Final = frozenset({TenantState.ACTIVE, TenantState.FAILED})

_PORTS: Final = ("registry", "ledger", "hub_requests", "audit", "documents")

type Wrap = Callable[[Any], Any]


class HangError(AssertionError):
    """Something has not ended in time; the message tells who waits for what."""


class Simulation:
    """One application with its Azure.

    Attributes:
        world: The fakes.
        deps: What the application works with.
        arm: Azure Resource Manager.
        engine: The durable host.
        before: Ids of all that Azure held at the beginning.
    """

    def __init__(self, world: World, deps: Dependencies, arm: LocalArm, engine: Engine) -> None:
        """Take over what is ready."""
        self.world = world
        self.deps = deps
        self.arm = arm
        self.engine = engine
        self.before = {str(item["id"]).lower() for item in arm.resources()}

    def onboard(self, *requests: TenantRequest) -> list[TenantRecord]:
        """Onboard tenants at once, to the end of each.

        Raises:
            HangError: One has not ended after the virtual deadline.
        """
        return run(self.world.clock, self._onboard(*requests))

    async def _onboard(self, *requests: TenantRequest) -> list[TenantRecord]:
        for request in requests:
            record, _ = await admitted(self.deps, request, "simulation")
            await start(self.engine, record)
        approving = [asyncio.create_task(approve_when_asked(self, one)) for one in requests]
        ids = [instance_id(request.tenant_id) for request in requests]
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self.engine.until(ids)
        except TimeoutError as late:
            raise HangError("\n".join(self.engine.waiting())) from late
        finally:
            for task in approving:
                task.cancel()
        return [self.tenant(request.tenant_id) for request in requests]

    def tenant(self, tenant_id: str) -> TenantRecord:
        """The tenant's record."""
        return self.world.registry.rows[tenant_id].value

    def plan_of(self, record: TenantRecord) -> Plan:
        """The plan that was applied."""
        return self.world.documents.plans[record.plan_hash]


@cache
def functions() -> tuple[dict[str, Orchestrator], dict[str, Activity]]:
    """The orchestrators and the activities that the function app registers, by name."""
    orchestrators: dict[str, Orchestrator] = {}
    activities: dict[str, Activity] = {}
    for name, item in registered_functions().items():
        trigger: Any = item.get_trigger()
        function: Any = item.get_user_function()
        if trigger.type == "orchestrationTrigger":
            orchestrators[name] = function.orchestrator_function
        elif trigger.type == "activityTrigger":
            needs_client = any(one.type == "durableClient" for one in item.get_bindings())
            activities[name] = _activity(function, needs_client=needs_client)
    return orchestrators, activities


def _activity(function: Any, *, needs_client: bool) -> Activity:
    # The SDK wraps what needs the client, to make the client of a text; here it is made already.
    plain = getattr(function, "__wrapped__", function)

    async def run(payload: Any, client: Engine) -> Any:
        return await (plain(payload, client=client) if needs_client else plain(payload))

    return run


@contextmanager
def simulation(
    pause: Pause = lambda: 0.01, port: Wrap = lambda found: found
) -> Iterator[Simulation]:
    """An application with an Azure that holds nothing but the hub.

    Args:
        pause: Seconds that the host takes over an activity, each time.
        port: What stands before each port to storage.
    """
    world = World()
    arm = LocalArm(world.clock, HUBS)
    ports = {name: port(getattr(world.deps, name)) for name in _PORTS}
    world.deps = replace(world.deps, **arm.ports(), **ports)
    engine = Engine(*functions(), world.clock, pause)
    try:
        with dependencies_of(world):
            yield Simulation(world, world.deps, arm, engine)
    finally:
        arm.close()
