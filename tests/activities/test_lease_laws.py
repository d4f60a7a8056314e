"""Leases expire, and no living request ever loses its range: in any order, with any death.

Requests, their activities and the timer are coroutines that stop before each call of a port. The
machine lets them go on one call at a time, kills them in between, and runs any activity again.
"""

from collections.abc import Coroutine, Generator
from dataclasses import dataclass, replace
from types import MethodType
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from activities.ending import end_operation
from activities.leases import free_dead
from activities.operations import begin_operation, reserve
from activities.outcomes import outcome_of
from landing_zone.capacity import UNDER_WAY
from landing_zone.contracts import OperationEnd, OperationRef, Outcome
from landing_zone.errors import SpokewrightError
from landing_zone.leases import LeaseSettings
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, instance_id
from tests.fakes import NOON, FakeStatus, World, example_request
from tests.unit.hubs import two_hubs
from triggers.recovery import recover
from triggers.starting import start
from triggers.tenants import admitted

TENANTS: Final = ("one", "two")
GRACE: Final = 600.0
MOST_ACTORS: Final = 6


class Turn:
    """Awaited before each call of a port: whoever works stops here until it may go on."""

    def __await__(self) -> Generator[None]:
        yield


class Slow:
    """A port each of whose calls waits for its turn."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not isinstance(found, MethodType):
            return found

        async def called(*args: Any, **kwargs: Any) -> Any:
            await Turn()
            return await found(*args, **kwargs)

        return called


@dataclass(eq=False)
class Actor:
    """Somebody at work."""

    name: str
    work: Coroutine[Any, Any, Any]
    over: bool = False

    def step(self) -> None:
        """Let it go on to its next call, or to its end."""
        try:
            self.work.send(None)
        except (StopIteration, SpokewrightError):
            self.over = True

    def finish(self) -> None:
        """Let it go on to its end."""
        while not self.over:
            self.step()


class Leases(RuleBasedStateMachine):
    """Two tenants, two hubs with room for few, and a timer that looks at any moment."""

    actors = Bundle("actors")

    @initialize()
    def begin(self) -> None:
        """Nobody has asked for anything."""
        self.world = World(two_hubs({"gpt-5-mini": 60_000}, {"gpt-5-mini": 60_000}))
        self.client = Slow(self.world.client)
        deps = self.world.deps
        lease = LeaseSettings(grace_seconds=GRACE)
        self.deps = replace(
            deps,
            settings=deps.settings.model_copy(update={"lease": lease}),
            registry=Slow(deps.registry),
            ledger=Slow(deps.ledger),
            audit=Slow(deps.audit),
        )
        self.working: list[Actor] = []

    def _is_room(self) -> bool:
        self.working = [actor for actor in self.working if not actor.over]
        return len(self.working) < MOST_ACTORS

    def _at_work(self, name: str, work: Coroutine[Any, Any, Any]) -> Actor:
        self.working.append(actor := Actor(name, work))
        return actor

    @precondition(lambda self: self._is_room())
    @rule(target=actors, tenant=st.sampled_from(TENANTS))
    def ask(self, tenant: str) -> Actor:
        """Somebody asks for a tenant; its orchestration is started."""
        return self._at_work(f"ask {tenant}", self._ask(tenant))

    async def _ask(self, tenant: str) -> None:
        record, under_way = await admitted(self.deps, example_request(tenantId=tenant), "ann")
        if under_way:
            await start(self.client, record)

    @precondition(lambda self: self._is_room() and self._started())
    @rule(target=actors, ends=st.sampled_from(["well", "badly"]), data=st.data())
    def orchestrate(self, ends: str, data: st.DataObject) -> Actor:
        """An orchestration that was started does its work."""
        tenant = data.draw(st.sampled_from(self._started()))
        started = [one for one in self.world.client.started if one.instance_id.endswith(tenant)]
        operation = OperationRef.parse(started[-1].client_input)
        self.world.client.statuses[instance_id(tenant)] = FakeStatus("", "Running")
        return self._at_work(f"run {tenant}", self._orchestrate(operation, ok=ends == "well"))

    def _started(self) -> list[str]:
        statuses = self.world.client.statuses
        found = {tenant: statuses.get(instance_id(tenant), FakeStatus()) for tenant in TENANTS}
        return [tenant for tenant, one in found.items() if one.runtime_status == "Pending"]

    async def _orchestrate(self, operation: OperationRef, *, ok: bool) -> None:
        for activity in (begin_operation, reserve):
            outcome = await outcome_of(activity(self.deps, operation))
            ok = ok and outcome.state == "done"
        await self._end(operation, ok=ok)
        status = FakeStatus("", "Completed")
        self.world.client.statuses[instance_id(operation.tenant_id)] = status

    async def _end(self, operation: OperationRef, *, ok: bool) -> Outcome:
        end = OperationEnd(operation=operation, ok=ok, started_at=NOON, code="" if ok else "Broken")
        return await outcome_of(end_operation(self.deps, end))

    @precondition(lambda self: self._is_room() and self.world.client.started)
    @rule(
        target=actors,
        activity=st.sampled_from(["begin", "reserve", "end badly"]),
        data=st.data(),
    )
    def run_again(self, activity: str, data: st.DataObject) -> Actor:
        """An activity of any operation that ever was is run once more."""
        started = data.draw(st.sampled_from(self.world.client.started))
        operation = OperationRef.parse(started.client_input)
        name = f"{activity} {operation.operation_id}"
        return self._at_work(name, self._again(activity, operation))

    async def _again(self, activity: str, operation: OperationRef) -> Outcome:
        match activity:
            case "begin":
                return await outcome_of(begin_operation(self.deps, operation))
            case "reserve":
                return await outcome_of(reserve(self.deps, operation))
            case _:
                return await self._end_again(operation)

    async def _end_again(self, operation: OperationRef) -> Outcome:
        """Only where the end has come already: this is a copy of that very call."""
        found = self.world.registry.rows.get(operation.tenant_id)
        over = found is None or found.value.operation_id != operation.operation_id
        if over or found is None or found.value.state is TenantState.FAILED:
            return await self._end(operation, ok=False)
        return Outcome(state="done")

    @precondition(lambda self: self._is_room())
    @rule(target=actors)
    def look(self) -> Actor:
        """The timer looks for the dead."""
        return self._at_work("timer", free_dead(self.deps, self.client))

    @precondition(lambda self: self._is_room())
    @rule(target=actors)
    def take_up(self) -> Actor:
        """The other timer takes up again what was lost."""
        return self._at_work("recovery", recover(self.deps, self.client))

    @rule(actor=actors, steps=st.integers(1, 12))
    def go_on(self, actor: Actor, steps: int) -> None:
        """Somebody gets a few calls further."""
        for _ in range(steps):
            if not actor.over:
                actor.step()

    @rule(actor=consumes(actors))
    def kill(self, actor: Actor) -> None:
        """A process dies between two calls; an orchestration is lost with it."""
        if not actor.over:
            actor.work.close()
            actor.over = True
            if actor.name.startswith("run "):
                lost = instance_id(actor.name.removeprefix("run "))
                self.world.client.statuses[lost] = FakeStatus("", "Terminated")

    @rule(seconds=st.sampled_from([1.0, 31.0, GRACE + 1.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.world.clock.move(seconds)

    @invariant()
    def no_record_names_what_the_ledger_does_not_hold(self) -> None:
        """Whoever has been given a range has it."""
        for record in self._records():
            if record.reservation is not None:
                held = self.world.ledger.held.get((record.reservation.hub, record.tenant_id))
                assert held is not None, f"{record.tenant_id} has lost its range"
                assert held.address_range == record.reservation.address_range

    def _records(self) -> list[TenantRecord]:
        return [row.value for row in self.world.registry.rows.values()]

    def teardown(self) -> None:
        """One run frees all that is dead, once everybody is done, and nothing else."""
        if not hasattr(self, "world"):
            return
        for actor in self.working:
            actor.finish()
        self.no_record_names_what_the_ledger_does_not_hold()
        self.world.client.statuses = {
            instance: FakeStatus("", "Terminated") for instance in self.world.client.statuses
        }
        self.world.clock.move(GRACE)
        Actor("timer", free_dead(self.deps, self.client)).finish()
        self.no_record_names_what_the_ledger_does_not_hold()
        living = {record.tenant_id: record for record in self._records()}
        for hub, tenant in self.world.ledger.held:
            record = living[tenant]
            holds = record.reservation is not None and record.reservation.hub == hub
            assert holds or (record.reservation is None and record.state in UNDER_WAY)


TestLeases = Leases.TestCase
TestLeases.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
