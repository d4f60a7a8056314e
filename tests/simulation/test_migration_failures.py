"""Whatever fails in a migration, it ends in one tier, whole, or says what is left."""

import asyncio
import random
from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple

import pytest

from landing_zone.arm_ids import normalized
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan, Resource
from landing_zone.planning import plan
from landing_zone.planning.gitops import GITOPS
from landing_zone.routes.updating import no_longer_planned
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import instance_id
from localcloud.arm.exchange import Answer, Call
from tests.fakes import HUBS
from tests.nightly import by_day
from tests.simulation import leaving
from tests.simulation.checks import assert_whole
from tests.simulation.kinds import KINDS, applies, fault_at
from tests.simulation.migrations import (
    PAIRS,
    TENANT,
    Watch,
    assert_in_one_tier,
    at_each_stage,
    begin,
    dump,
    ended,
    living,
    migrate,
    stages_of,
    towards,
)
from tests.simulation.requests import request_of
from tests.simulation.simulation import Simulation, simulation
from tests.unit.planned import HUB, reservation_for
from triggers.recovery import recover

SAMPLE: Final = 6
DEATHS: Final = 4
SEED: Final = 7
STAGES: Final = ("prepare", "verify", "switch", "commit", "remove")
LONG: Final = 900
REFUSED: Final = (
    ("namespace", "nodepool", "node-pool"),
    ("namespace", "cluster", "cluster"),
    ("nodepool", "cluster", GITOPS),
    ("cluster", "namespace", "federation:workload"),
    ("cluster", "nodepool", "role:owner:kubernetes-user"),
)
"""What is new at the end of the way, by the tiers that it leads between."""

SOME_PAIRS: Final = (("namespace", "cluster"), ("nodepool", "namespace"))
LOST: Final = tuple((*pair, stage) for pair in SOME_PAIRS for stage in STAGES)
"""Where an operation is lost."""
WITH_CLUSTER: Final = tuple(pair for pair in PAIRS if "cluster" in pair)
"""Between these the workloads move to another cluster."""

both_ways = pytest.mark.parametrize(("old", "new"), PAIRS)


class Case(NamedTuple):
    """One failure of one resource in a migration.

    Attributes:
        old: The tier that it leads from.
        new: The tier that it leads to.
        kind: Name of the kind of failure.
        key: The resource, in the plan that has it.
    """

    old: str
    new: str
    kind: str
    key: str

    @property
    def name(self) -> str:
        """It, for people."""
        return f"{self.old}>{self.new}/{self.kind}/{self.key}"


LACKING: Final = Case("nodepool", "namespace", "write:operation-fails-always", "hub:firewall")
"""The last thing that the new runtime lacks: the firewall never lets out less."""


@cache
def planned(old: str, tier: str) -> Plan:
    """The plan in a tier of a tenant that was onboarded into another one."""
    document = request_of(old, TENANT).to_document() | {"isolation": tier}
    request = TenantRequest.model_validate(document)
    return plan(request, HUBS, HUB, reservation_for(request))


def touched(old: str, new: str) -> tuple[list[Resource], list[Resource]]:
    """What a migration makes or changes, and what it removes."""
    former, made = planned(old, old), planned(old, new)
    known = {normalized(one.id): one.body for one in former.resources}
    written = [one for one in made.resources if known.get(normalized(one.id)) != one.body]
    return written, list(no_longer_planned(former, made))


@cache
def cases() -> tuple[Case, ...]:
    """Every kind of failure at everything that a migration touches."""
    found = []
    for old, new in PAIRS:
        written, removed = touched(old, new)
        for kind in KINDS.values():
            struck = removed if kind.phase == "undo" else written
            if kind.phase != "poll":
                fitting = (one for one in struck if applies(kind, one))
                found += [Case(old, new, kind.name, one.key) for one in fitting]
    return tuple(found)


def sample() -> list[Case]:
    """Some of them, the same in every run: each kind that lasts, and others by chance."""
    dice = random.Random(SEED)  # noqa: S311 - choosing tests
    drawn = list(cases())
    dice.shuffle(drawn)
    each = list({(one.kind): one for one in drawn}.values())
    return [LACKING, *each, *(one for one in drawn if one not in each)][: SAMPLE + 1]


def run_case(case: Case) -> None:
    """Migrate a tenant while a failure strikes one resource."""
    kind = KINDS[case.kind]
    written, removed = touched(case.old, case.new)
    [struck] = [
        one for one in (removed if kind.phase == "undo" else written) if one.key == case.key
    ]

    async def life(found: Simulation) -> None:
        before = dump(found)
        watch = Watch(found)
        found.arm.inject(fault_at(kind, struck))
        await migrate(found, case.new)
        assert_in_one_tier(found, watch, before, case.old)

    living(life, case.old)


@pytest.mark.parametrize("case", sample(), ids=lambda case: case.name)
def test_a_failure_ends_in_one_tier(case: Case) -> None:
    """Each kind once, and others by chance."""
    run_case(case)


@pytest.mark.nightly
@pytest.mark.timeout(7200)
@both_ways
def test_any_failure_of_anything_ends_in_one_tier(old: str, new: str) -> None:
    """All of them."""
    problems = []
    for case in cases():
        if (case.old, case.new) == (old, new):
            try:
                run_case(case)
            except AssertionError as error:
                problems.append(f"{case.name}: {error}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(("old", "new", "key"), by_day(REFUSED, REFUSED[:3:2]))
def test_what_cannot_be_made_leaves_the_old_runtime_whole(old: str, new: str, key: str) -> None:
    """Something is refused for good: the rest goes again, and the old runtime never lacks."""
    last = planned(old, new).by_key[key]
    fault = fault_at(KINDS["write:disallowed-by-policy"], last)

    async def life(found: Simulation) -> None:
        before = dump(found)
        watch = Watch(found)
        lacking: list[tuple[str, ...]] = []

        def look(call: Call, answer: Answer) -> None:
            watch.look(call, answer)
            lacking.extend(filter(None, [watch.old()]))

        found.arm.on_answer = look
        found.arm.inject({**fault, "count": 10**6})
        record = await migrate(found, new)
        assert record.request.isolation == old
        assert record.state is TenantState.ACTIVE
        assert last.key in record.reason
        assert lacking == []
        assert [one["name"] for one in stages_of(found)][:2] == ["prepare", "restore"]
        assert_in_one_tier(found, watch, before, old)

    living(life, old)


@pytest.mark.parametrize(("old", "new"), by_day(WITH_CLUSTER, WITH_CLUSTER[:1]))
def test_workloads_that_never_arrive_lead_back(old: str, new: str) -> None:
    """Flux does not comply; the old runtime is as it was, and the reason says so."""

    async def life(found: Simulation) -> None:
        before = dump(found)
        watch = Watch(found)

        def spoil(call: Call, answer: Answer) -> None:
            watch.look(call, answer)
            store = found.arm.cloud.store
            for going in [one for one in store.running() if one.kind == "settle"]:
                store.save(replace(going, stuck="its source cannot be reached"))

        found.arm.on_answer = spoil
        record = await migrate(found, new)
        assert record.request.isolation == old
        assert "complianceState" in record.reason
        assert watch.gaps == []
        assert_in_one_tier(found, watch, before, old)

    living(life, old)


def die(found: Simulation, *, lost: bool = False) -> None:
    """Kill the host for a second; its orchestrations may be lost with it."""

    def back() -> None:
        if lost:
            known = [one for one in found.engine.instances if one.startswith(instance_id(TENANT))]
            for one in known:
                del found.engine.instances[one]
        found.engine.revive()

    found.engine.kill()
    asyncio.get_running_loop().call_later(1.0, back)


@pytest.mark.parametrize(("old", "new"), by_day(PAIRS, SOME_PAIRS))
def test_the_death_of_the_host_makes_no_gap(old: str, new: str) -> None:
    """Some deaths, spread over the migration."""
    dice = random.Random(f"{old}{new}")  # noqa: S311 - choosing moments
    _deadly(old, new, [dice.uniform(1, LONG) for _ in range(DEATHS)])


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(20))
@both_ways
def test_any_deaths_of_the_host_make_no_gap(old: str, new: str, seed: int) -> None:
    """Many deaths, at any moments."""
    dice = random.Random(f"{old}{new}{seed}")  # noqa: S311 - choosing moments
    _deadly(old, new, [dice.uniform(0, LONG) for _ in range(4 * DEATHS)])


def _deadly(old: str, new: str, moments: list[float]) -> None:
    async def life(found: Simulation) -> None:
        watch = Watch(found)
        loop = asyncio.get_running_loop()
        for moment in moments:
            loop.call_later(moment, die, found)
        record = await migrate(found, new)
        assert record.request.isolation == new, record.reason
        assert watch.gaps == []
        assert_in_one_tier(found, watch, {}, old)

    living(life, old)


@pytest.mark.parametrize(("old", "new", "stage"), by_day(LOST, LOST[2::3]))
def test_a_lost_operation_is_taken_up_where_it_was(old: str, new: str, stage: str) -> None:
    """Before the commitment it goes the whole way again, after it only forward."""

    async def life(found: Simulation) -> None:
        watch = Watch(found)
        gone: list[str] = []

        def lose(reached: str) -> None:
            if reached == stage and not gone:
                gone.append(reached)
                loop.call_soon(lambda: die(found, lost=True))

        loop = asyncio.get_running_loop()
        at_each_stage(found, lose)
        await begin(found, towards(found, new))
        await asyncio.sleep(2400)
        assert gone == [stage]
        assert await recover(found.deps, found.engine) == [TENANT]
        await ended(found)
        record = found.tenant(TENANT)
        assert record.request.isolation == new, record.reason
        assert record.recoveries == 1
        assert watch.gaps == []
        assert_in_one_tier(found, watch, {}, old)
        names = [one["name"] for one in stages_of(found)]
        assert names[0] == ("hold" if stage == "remove" else "prepare")

    living(life, old)


@pytest.mark.parametrize(("old", "new"), [("nodepool", "namespace"), ("cluster", "namespace")])
def test_what_cannot_be_removed_is_open_work_in_the_new_tier(old: str, new: str) -> None:
    """The tenant goes on in its new tier, and holds its place in the hub for what is left."""
    _, removed = touched(old, new)
    stuck = next(one for one in removed if one.key in {"node-pool", "cluster"})

    async def life(found: Simulation) -> None:
        watch = Watch(found)
        found.arm.inject(fault_at(KINDS["undo:forbidden-for-good"], stuck))
        record = await migrate(found, new)
        assert (record.state, record.request.isolation) == (TenantState.ACTIVE, new)
        assert stuck.key in {one.key for one in record.open_work}
        assert record.reservation is not None
        assert (record.reservation.node_subnet is not None) == (old == "nodepool")
        assert watch.gaps == []
        assert_in_one_tier(found, watch, {}, old)
        document = found.world.documents.operations[record.operation_id]
        assert document["state"] == "succeeded"
        assert document["onlyForward"] is True
        assert document["openWork"]
        assert not any(stage["back"] for stage in document["stages"])
        # Still refused, and then not any more: nobody else is given the subnet in between.
        for fault in (fault_at(KINDS["undo:forbidden-for-good"], stuck), None):
            if fault is not None:
                found.arm.inject(fault)
            record = await migrate(found, new)
            assert (record.state, record.request.isolation) == (TenantState.ACTIVE, new)
            is_left = fault is not None
            assert record.reservation is not None
            assert (stuck.key in {one.key for one in record.open_work}) == is_left
            held = found.world.ledger.held[record.reservation.hub, TENANT]
            assert (held.node_subnet is not None) == (is_left and old == "nodepool")
            assert held.node_subnet == record.reservation.node_subnet
        assert_whole(found, record)
        assert (record.reason, record.remains) == ("", ())

    living(life, old)


def test_what_a_migration_could_not_remove_goes_with_the_tenant() -> None:
    """Though it stands in the hub, and the plan that the tenant has does not know it."""
    _, removed = touched("nodepool", "namespace")
    stuck = next(one for one in removed if one.key == "node-pool")
    with simulation() as world:
        before = leaving.dump(world)

        async def life() -> None:
            await leaving.onboard(world, request_of("nodepool", TENANT))
            world.arm.inject(fault_at(KINDS["undo:forbidden-for-good"], stuck))
            record = await migrate(world, "namespace")
            assert stuck.key in {one.key for one in record.open_work}
            leaving.assert_gone(world, before, await leaving.offboard(world, TENANT))

        leaving.lived(world, life())


def test_what_cannot_be_taken_back_keeps_its_subnet() -> None:
    """A pool that stays after a way back stands in it: no other tenant may be given it."""
    made = planned("namespace", "nodepool").by_key
    refused = fault_at(KINDS["write:forbidden-for-good"], made["namespace"])
    kept = fault_at(KINDS["undo:forbidden-for-good"], made["node-pool"])

    async def life(found: Simulation) -> None:
        watch = Watch(found)
        found.arm.inject(refused)
        found.arm.inject({**kept, "match": {**kept["match"], "method": ["DELETE"]}})
        record = await migrate(found, "nodepool")
        assert (record.state, record.request.isolation) == (TenantState.FAILED, "namespace")
        assert {one.key for one in record.open_work} >= {"node-pool"}
        assert record.reservation is not None
        assert record.reservation.node_subnet is not None
        held = found.world.ledger.held[record.reservation.hub, TENANT]
        assert held.node_subnet == record.reservation.node_subnet
        assert watch.gaps == []
        assert watch.old() == ()

    living(life, "namespace")
