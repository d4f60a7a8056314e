"""Tenants that are active, someone who meddles with them, and the events that tell of it."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from activities.landscape import Landscape
from landing_zone.drift.rows import INSTANCE_PREFIX
from landing_zone.drift.sweeping import INSTANCE
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Resource
from landing_zone.remediation.findings import Finding
from landing_zone.remediation.policy import RemediationPolicy
from landing_zone.remediation.preparing import KnownTenant, known_resources
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord
from localcloud.arm.exchange import Answer, Call
from tests.fake_drift import FakeDriftInbox, FakeExemptions, FakeFindings
from tests.given import dependencies_of
from tests.simulation.local_arm import Exchange
from tests.simulation.simulation import Simulation, simulation
from tests.simulation.virtual_loop import run
from triggers.drift import start_sweep
from triggers.resource_events import take

ROGUE: Final = "99999999-9999-4999-8999-999999999999"
"""Object id of whoever meddles."""

LONG_ENOUGH: Final = 900.0
"""Virtual seconds in which whatever was begun has ended."""

_EACH_TIME: Final = frozenset(
    {"etag", "resourceguid", "createdon", "createdat", "updatedon", "updatedby", "createdby"}
    | {"lastmodifiedat", "lastmodifiedby", "lastmodifiedbytype", "changedtime", "creationtime"}
    # Flux tells what it has brought in its own time.
    | {"compliancestate"}
)

_DEFAULT: Final = RemediationPolicy()

type Work[T] = Callable[[], Awaitable[T]]


class Drifting:
    """A landing zone that drifts.

    Attributes:
        simulation: The application with its Azure.
        records: Its tenants.
    """

    def __init__(self, ground: Simulation, records: list[TenantRecord]) -> None:
        """Begin where everything is as it should be."""
        self.simulation = ground
        self.records = records
        self._seen = self._last_event()

    def begin_anew(self) -> None:
        """Forget what was noted and found, and what has happened."""
        world = self.simulation.world
        world.audit.chains.clear()
        world.drift = FakeDriftInbox(world.clock)
        world.findings = FakeFindings()
        world.exemptions = FakeExemptions()
        kept: dict[str, Any] = {
            "drift": world.drift,
            "findings": world.findings,
            "exemptions": world.exemptions,
        }
        self.simulation.deps = replace(self.simulation.deps, **kept)
        self._seen = self._last_event()

    def run[T](self, work: Work[T], policy: RemediationPolicy = _DEFAULT) -> T:
        """Do something in virtual time."""
        world, deps = self.simulation.world, self.simulation.deps
        # Locks belong to the loop that they were first waited for in.
        self.simulation.engine._ended = asyncio.Event()
        landscape = Landscape(
            deps.document,
            deps.registry,
            deps.documents,
            deps.hub_requests,
            deps.settings.hub,
            deps.clock,
        )
        world.deps = self.simulation.deps = replace(deps, landscape=landscape, policy=policy)
        with dependencies_of(world):
            return run(world.clock, _awaited(work))

    def planned(self, key: str, tenant: int = 0) -> Resource:
        """A resource of a tenant's plan, as it was applied."""
        record = self.records[tenant]
        found = self.simulation.plan_of(record)
        outputs = self.simulation.world.documents.operations[record.operation_id]["outputs"]
        known = KnownTenant(record.request, found, outputs)
        wanted = found.by_key[key]
        for item in known_resources(known.plan, known.outputs).values():
            if item.key == wanted.key:
                return item
        raise AssertionError(f"{key} is not made by the tenant's plan")

    def write(self, method: str, path: str, version: str, body: Any = None) -> Answer:
        """Meddle with something.

        Raises:
            AssertionError: Azure refuses it.
        """
        call = Call(
            method=method,
            path=path,
            query={"api-version": version},
            headers={"authorization": "Bearer", "content-type": "application/json"},
            content=b"" if body is None else json.dumps(body).encode(),
            base_url="https://management.azure.com",
            request_id=str(uuid.uuid4()),
        )
        with self._as_rogue():
            _, answer = self.simulation.arm.gateway._answer(call)
        assert answer.status < 300, answer.body
        return answer

    def tags(self, path: str) -> dict[str, str]:
        """The tags that Azure holds there."""
        return dict(self.held()[path.lower()]["tags"])

    async def passed(self, seconds: float = LONG_ENOUGH) -> None:
        """Let time pass, in which Azure's operations end."""
        await asyncio.sleep(seconds)
        self.simulation.arm.cloud.settle()

    def events(self) -> list[dict[str, Any]]:
        """The events that have happened since this was last asked."""
        self.simulation.arm.cloud.settle()
        found = self.simulation.arm.cloud.store.database.log_since("events", self._seen, 10_000)
        self._seen = found[-1][0] if found else self._seen
        return [document for _, document in found]

    async def deliver(self, events: list[dict[str, Any]]) -> None:
        """Let the application have events, all at once."""
        ground = self.simulation
        await asyncio.gather(*(take(ground.deps, ground.engine, event) for event in events))

    async def remediated(self) -> None:
        """Wait until everything that was noted has been looked after, and deliver what follows."""
        engine = self.simulation.engine
        while running := [
            one.id
            for one in engine.instances.values()
            if one.running and one.id.startswith((INSTANCE_PREFIX, "hub-"))
        ]:
            await engine.until(running)

    async def repair(self) -> list[dict[str, Any]]:
        """Let everything that has happened be told and looked after; what was told."""
        await self.passed()
        told = self.events()
        await self.deliver(told)
        await self.remediated()
        return told

    async def sweep(self) -> dict[str, Any]:
        """Look at everything, and wait for what comes of it; what the sweep says."""
        engine = self.simulation.engine
        await start_sweep(self.simulation.deps, engine)
        await engine.until([INSTANCE])
        await self.remediated()
        output = engine.instances[INSTANCE].output
        assert isinstance(output, dict), output
        return output

    def findings(self) -> dict[str, Finding]:
        """What was found, by rule."""
        rows = self.simulation.world.findings.rows.values()
        return {one.rule: one for row in rows for one in row.value}

    def held(self) -> dict[str, Any]:
        """What Azure holds, by id, apart from what is another one after each write."""
        return {
            str(item["id"]).lower(): _without(item, _EACH_TIME)
            for item in self.simulation.arm.resources()
        }

    def clear_log(self) -> None:
        """Forget the exchanges so far."""
        self.simulation.arm.log.clear()

    def writes(self) -> list[Exchange]:
        """The exchanges that could have changed something."""
        return [one for one in self.simulation.arm.log if one.method != "GET"]

    def _last_event(self) -> int:
        found = self.simulation.arm.cloud.store.database.log_since("events", 0, 1_000_000)
        return found[-1][0] if found else 0

    @contextmanager
    def _as_rogue(self) -> Iterator[None]:
        known: Any = self.simulation.arm.gateway.authenticator
        before: Mapping[str, str] = known._claims
        known._claims = MappingProxyType({"oid": ROGUE})
        try:
            yield
        finally:
            known._claims = before


def _without(value: Any, names: frozenset[str]) -> Any:
    match value:
        case dict():
            return {
                name: _without(item, names)
                for name, item in value.items()
                if name.lower() not in names
            }
        case list():
            return [_without(item, names) for item in value]
        case _:
            return value


async def _awaited[T](work: Work[T]) -> T:
    return await work()


@contextmanager
def drifting(*requests: TenantRequest) -> Iterator[Drifting]:
    """Tenants that are active, on an Azure of their own."""
    with simulation() as ground:
        records = ground.onboard(*requests)
        assert all(one.state is TenantState.ACTIVE for one in records), records
        yield Drifting(ground, records)
