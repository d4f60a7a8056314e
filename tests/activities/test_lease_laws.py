"""Leases expire, and no living request ever loses its range: in any order, with any death.

Requests, their activities and the timer are coroutines that stop before each call of a port. The
machine lets them go on one call at a time, kills them in between, and runs any activity again.
"""

from collections.abc import Coroutine, Generator
from dataclasses import dataclass, replace
from itertools import product
from types import MethodType
from typing import Any, Final

import pytest
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
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.ends import OperationEnd
from landing_zone.errors import SpokewrightError
from landing_zone.leases import LeaseSettings
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord, instance_id, new_tenant
from tests.fakes import NOON, FakeStatus, World, example_request
from tests.unit.hubs import two_hubs
from triggers.recovery import recover
from triggers.starting import start
from triggers.tenants import admitted

TENANTS: Final = ("one", "two")
MOST_ACTORS: Final = 6
STOPS: Final = (
    "the end",
    "registry.get",
    "registry.replace",
    "ledger.renew",
    "ledger.reserve",
    "ledger.lease",
    "ledger.free",
)
"""Where somebody may stop: before a call of that kind."""


class Turn:
    """Awaited before each call of a port: whoever works stops here until it may go on."""

    def __init__(self, call: str) -> None:
        self._call = call

    def __await__(self) -> Generator[str]:
        yield self._call


class Slow:
    """A port each of whose calls waits for its turn."""

    def __init__(self, name: str, port: Any) -> None:
        self._name = name
        self._port = port

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not isinstance(found, MethodType):
            return found

        async def called(*args: Any, **kwargs: Any) -> Any:
            await Turn(f"{self._name}.{name}")
            return await found(*args, **kwargs)

        return called


@dataclass(eq=False)
class Actor:
    """Somebody at work.

    Attributes:
        name: Who.
        work: What it does.
        over: Whether it is done, or dead.
    """

    name: str
    work: Coroutine[str, None, Any]
    over: bool = False

    def go_on(self, until: str) -> None:
        """Let it make at least one call, and go on to before the next one of that kind."""
        while not self.over and self.go_one() != until:
            pass

    def go_one(self) -> str:
        """Let it go on to before its next call; what that is, or nothing once it is over."""
        try:
            return self.work.send(None)
        except (StopIteration, SpokewrightError):
            self.over = True
            return ""

    def die(self) -> None:
        """It never makes the call before which it stands."""
        self.work.close()
        self.over = True


class Leases(RuleBasedStateMachine):
    """Two tenants, two hubs with room for one each, and a timer that looks at any moment."""

    actors = Bundle("actors")

    @initialize(grace=st.sampled_from([0.0, 600.0]))
    def begin(self, grace: float) -> None:
        """Nobody has asked for anything."""
        self.world = World(two_hubs({"gpt-5-mini": 60_000}, {"gpt-5-mini": 60_000}))
        self.client = Slow("client", self.world.client)
        self.grace = grace
        deps = self.world.deps
        lease = LeaseSettings(grace_seconds=grace)
        self.deps = replace(
            deps,
            settings=deps.settings.model_copy(update={"lease": lease}),
            registry=Slow("registry", deps.registry),
            ledger=Slow("ledger", deps.ledger),
            audit=Slow("audit", deps.audit),
        )
        self.working: list[Actor] = []

    def _is_room(self) -> bool:
        self.working = [actor for actor in self.working if not actor.over]
        return len(self.working) < MOST_ACTORS

    def _at_work(self, name: str, work: Coroutine[Any, Any, Any], until: str) -> Actor:
        self.working.append(actor := Actor(name, work))
        actor.go_on(until)
        return actor

    @precondition(lambda self: self._is_room())
    @rule(target=actors, tenant=st.sampled_from(TENANTS), until=st.sampled_from(STOPS))
    def ask(self, tenant: str, until: str) -> Actor:
        """Somebody asks for a tenant; its orchestration is started."""
        return self._at_work(f"ask {tenant}", self._ask(tenant), until)

    async def _ask(self, tenant: str) -> None:
        record, under_way = await admitted(self.deps, example_request(tenantId=tenant), "ann")
        if under_way:
            await start(self.client, record)

    @precondition(lambda self: self._is_room() and self._started())
    @rule(target=actors, ok=st.booleans(), data=st.data(), until=st.sampled_from(STOPS))
    def orchestrate(self, data: st.DataObject, until: str, *, ok: bool) -> Actor:
        """An orchestration that was started does its work."""
        operation = data.draw(st.sampled_from(self._started()))
        tenant = operation.tenant_id
        self.world.client.statuses[instance_id(tenant)] = FakeStatus("", "Running")
        return self._at_work(f"run {tenant}", self._orchestrate(operation, ok=ok), until)

    def _started(self) -> list[OperationRef]:
        """The operations whose orchestration was started and has not begun."""
        statuses = self.world.client.statuses
        latest = {one.instance_id: one.client_input for one in self.world.client.started}
        return [
            OperationRef.parse(operation)
            for instance, operation in latest.items()
            if statuses[instance].runtime_status == "Pending"
        ]

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
        activity=st.sampled_from(["begin", "reserve", "reserve", "end"]),
        data=st.data(),
        until=st.sampled_from(STOPS),
    )
    def run_again(self, activity: str, data: st.DataObject, until: str) -> Actor:
        """An activity of any operation that ever was is run once more, however late."""
        started = data.draw(st.sampled_from(self.world.client.started))
        operation = OperationRef.parse(started.client_input)
        name = f"{activity} {operation.operation_id}"
        return self._at_work(name, self._again(activity, operation), until)

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
        record = self.world.registry.rows[operation.tenant_id].value
        if record.operation_id != operation.operation_id or record.state is TenantState.FAILED:
            return await self._end(operation, ok=False)
        return Outcome(state="done")

    @precondition(lambda self: self._is_room())
    @rule(target=actors, until=st.sampled_from(STOPS))
    def look(self, until: str) -> Actor:
        """The timer looks for the dead."""
        return self._at_work("timer", free_dead(self.deps, self.client), until)

    @precondition(lambda self: self._is_room())
    @rule(target=actors, until=st.sampled_from(STOPS))
    def take_up(self, until: str) -> Actor:
        """The other timer takes up again what was lost."""
        return self._at_work("recovery", recover(self.deps, self.client), until)

    @rule(actor=consumes(actors), until=st.sampled_from(STOPS))
    def leave_off(self, actor: Actor, until: str) -> None:
        """Somebody gets further, and then a process dies; an orchestration is lost with it."""
        actor.go_on(until)
        self._kill(actor)

    @rule(actor=actors, until=st.sampled_from(STOPS))
    def go_on(self, actor: Actor, until: str) -> None:
        """Somebody gets further."""
        actor.go_on(until)

    @rule(actor=consumes(actors))
    def kill(self, actor: Actor) -> None:
        """A process dies between two calls."""
        self._kill(actor)

    def _kill(self, actor: Actor) -> None:
        if actor.over:
            return
        actor.die()
        if actor.name.startswith("run "):
            lost = instance_id(actor.name.removeprefix("run "))
            self.world.client.statuses[lost] = FakeStatus("", "Terminated")

    @rule(seconds=st.sampled_from([1.0, 31.0, 601.0]))
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
            actor.go_on("the end")
        self.no_record_names_what_the_ledger_does_not_hold()
        self.world.client.statuses = {
            instance: FakeStatus("", "Terminated") for instance in self.world.client.statuses
        }
        self.world.clock.move(self.grace)
        Actor("timer", free_dead(self.deps, self.client)).go_on("the end")
        self.no_record_names_what_the_ledger_does_not_hold()
        living = {record.tenant_id: record for record in self._records()}
        for hub, tenant in self.world.ledger.held:
            record = living[tenant]
            holds = record.reservation is not None and record.reservation.hub == hub
            assert holds or (record.reservation is None and record.state in UNDER_WAY)


TestLeases = Leases.TestCase
TestLeases.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def a_few(actor: Actor, calls: int) -> bool:
    """Let somebody make so many calls; whether it came to its end."""
    for _ in range(calls + 1):
        if actor.over:
            return True
        actor.go_one()
    return actor.over


def orphaned() -> Leases:
    """A tenant whose operation failed and died before it could free its range."""
    machine = Leases()
    machine.begin(grace=0.0)
    request = example_request(tenantId="one")
    failed = new_tenant(request, "ann", NOON).model_copy(update={"state": TenantState.FAILED})
    machine.world.registry.put(failed)
    Actor("", machine.deps.ledger.reserve("hub-one", "one", 24, [])).go_on("the end")
    return machine


def timer(machine: Leases) -> Actor:
    """A run of the timer."""
    return Actor("timer", free_dead(machine.deps, machine.client))


async def whole_request(machine: Leases) -> None:
    """A request for the same tenant, from its arrival to an active tenant."""
    await machine._ask("one")
    [operation] = machine._started()
    machine.world.client.statuses[instance_id("one")] = FakeStatus("", "Running")
    await machine._orchestrate(operation, ok=True)


TIMER_CALLS: Final = 10
REQUEST_CALLS: Final = 26
"""More than each of them makes."""


@pytest.mark.parametrize("first", ["timer", "request"])
def test_request_that_comes_upon_an_orphan_keeps_what_it_is_given(first: str) -> None:
    """Wherever either of the two stops while the other goes on."""
    ended = False
    for looked, asked in product(range(TIMER_CALLS), range(REQUEST_CALLS)):
        machine = orphaned()
        turns = [(timer(machine), looked), (Actor("request", whole_request(machine)), asked)]
        if first == "request":
            turns.reverse()
        over = [a_few(actor, calls) for actor, calls in turns]
        ended = all(over)
        for actor, _ in turns:
            actor.go_on("the end")
        machine.no_record_names_what_the_ledger_does_not_hold()
        record = machine.world.registry.rows["one"].value
        assert (record.state, record.reservation is not None) == (TenantState.ACTIVE, True)
    assert ended, "neither has so many calls to make"


def test_request_that_dies_anywhere_is_freed_by_one_run() -> None:
    """Unless its record says that it is under way: then the other timer takes it up."""
    freed = 0
    for calls in range(REQUEST_CALLS):
        machine = orphaned()
        request = Actor("request", whole_request(machine))
        if not a_few(request, calls):
            request.die()
        machine.teardown()
        freed += not machine.world.ledger.held
    assert freed > 0
