"""A tenant changes its tier and always has a whole runtime, whatever happens on the way."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import pytest

from landing_zone.capacity import demand_of
from landing_zone.graph import critical_path, subgraph
from landing_zone.lifecycle import TenantState
from landing_zone.planning.gitops import GITOPS
from landing_zone.routes.data import DATA_BEARING
from landing_zone.tenants import TenantRecord
from localcloud.arm.exchange import Answer, Call
from tests.nightly import by_day
from tests.simulation.migrations import (
    PAIRS,
    TENANT,
    Watch,
    assert_in_one_tier,
    at_each_stage,
    dump,
    living,
    migrate,
    stages_of,
)
from tests.simulation.simulation import Simulation
from tests.unit.planned_whole import NODES

FORWARD: Final = ("prepare", "verify", "switch", "commit", "remove")

both_ways = pytest.mark.parametrize(("old", "new"), PAIRS)


class Travel(NamedTuple):
    """What was seen of an undisturbed migration.

    Attributes:
        watch: What looked on.
        record: The tenant afterwards.
        lacking: What was missing in the end, of the old runtime and of the new one.
        stages: The stages of the operation.
        deletes: Each deletion, with whether the registry said that there is no way back.
        finals: Stages that the live status said there is no way back from.
        data: What held data before, and afterwards.
    """

    watch: Watch
    record: TenantRecord
    lacking: tuple[tuple[str, ...], tuple[str, ...]]
    stages: list[dict[str, Any]]
    deletes: list[tuple[str, bool]]
    finals: list[str]
    data: tuple[set[str], set[str]]


@cache
def travelled(old: str, new: str) -> Travel:
    """An undisturbed migration, made once for all that is claimed of it."""

    async def life(found: Simulation) -> Travel:
        data = held_data(found)
        watch = Watch(found)
        deletes: list[tuple[str, bool]] = []
        finals: list[str] = []

        def look(call: Call, answer: Answer) -> None:
            watch.look(call, answer)
            if call.method == "DELETE" and answer.status < HTTPStatus.BAD_REQUEST:
                deletes.append((call.path, found.tenant(TENANT).left is not None))

        def status(_instance: str, shown: Any) -> None:
            if isinstance(shown, dict) and shown.get("final"):
                finals.append(shown["stage"])

        found.arm.on_answer = look
        found.engine.on_status = status
        record = await migrate(found, new)
        assert_in_one_tier(found, watch, {}, old)
        if record.request.isolation == new:
            assert_held(found)
        lacking = watch.old(), watch.new()
        stages = stages_of(found)
        return Travel(watch, record, lacking, stages, deletes, finals, (data, held_data(found)))

    return living(life, old)


@both_ways
def test_one_runtime_is_complete_after_each_write(old: str, new: str) -> None:
    """And in the end the new one, with nothing of the old one left or held."""
    found = travelled(old, new)
    assert found.record.state is TenantState.ACTIVE, found.record.reason
    assert found.record.request.isolation == new
    assert found.watch.gaps == []
    assert found.watch.writes >= 8
    # On the shared cluster one namespace serves both: it turns from one to the other at once.
    assert found.watch.both == ("cluster" in {old, new})
    assert found.lacking[0] != ()
    assert found.lacking[1] == ()


@both_ways
def test_the_stages_say_from_where_there_is_no_way_back(old: str, new: str) -> None:
    """In the status while it goes on, and in the document once it has ended."""
    found = travelled(old, new)
    names = [stage["name"] for stage in found.stages]
    assert tuple(names[:5]) == FORWARD
    assert names[5:] == ["settle"] * (old == "nodepool")
    final = [stage["name"] for stage in found.stages if stage["final"]]
    assert final == names[4:]
    assert set(found.finals) == set(final)


@both_ways
def test_nothing_is_removed_before_the_registry_says_so(old: str, new: str) -> None:
    """Nor anything that holds data, at any time."""
    found = travelled(old, new)
    assert found.deletes or (old, new) == ("namespace", "nodepool")
    assert all(crossed for _, crossed in found.deletes)
    assert found.data[0] == found.data[1]
    assert found.data[0]


def assert_held(found: Simulation) -> None:
    """Of the hub, the tenant holds what it asks for, and no more."""
    record = found.tenant(TENANT)
    held = record.reservation
    assert held is not None
    key = (held.hub, TENANT)
    assert (held.node_subnet is not None) == (record.request.isolation == "nodepool")
    assert found.world.ledger.held[key].node_subnet == held.node_subnet
    assert found.world.ledger.claims[key] == demand_of(record.request).claims
    rows = [one.value for one in found.world.hub_requests.rows.values()]
    assert {row.state for row in rows} == {"applied"}


def held_data(found: Simulation) -> set[str]:
    """Ids of all in Azure that holds a tenant's data."""
    items = found.arm.resources()
    return {item["id"] for item in items if str(item["type"]).lower() in DATA_BEARING}


@pytest.mark.parametrize(("old", "new"), by_day(PAIRS, PAIRS[1::2]))
def test_there_and_back_leaves_azure_as_it_was(old: str, new: str) -> None:
    """Each resource with each property, but for what is made anew each time."""

    async def life(found: Simulation) -> None:
        before = dump(found)
        await migrate(found, new)
        assert dump(found) != before
        record = await migrate(found, old)
        assert record.state is TenantState.ACTIVE, record.reason
        assert dump(found) == before

    living(life, old)


@both_ways
def test_preparing_takes_no_longer_than_its_longest_chain(old: str, new: str) -> None:
    """What does not wait for each other is made at once."""
    found = travelled(old, new)
    made = found.watch.plans()[1]
    prepare = found.stages[0]
    seconds = {one["key"]: one["seconds"] for one in timed(prepare)}
    longest = critical_path(subgraph(made.graph, frozenset(seconds)), seconds.__getitem__)
    assert prepare["seconds"] - longest.seconds < 5


def timed(stage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The resources of a stage with the seconds that each took."""
    for one in stage["resources"]:
        times = [datetime.fromisoformat(one[name]) for name in ("startedAt", "finishedAt")]
        yield {**one, "seconds": (times[1] - times[0]).total_seconds()}


def test_the_watch_sees_a_part_that_goes() -> None:
    """A role at the data, taken away in the middle, is a moment without a runtime."""

    async def life(found: Simulation) -> None:
        watch = Watch(found)
        taken: list[str] = []

        def take(call: Call, answer: Answer) -> None:
            store = found.arm.cloud.store
            if call.method == "PUT" and not taken:
                role = next(
                    one
                    for one in store.of_type("Microsoft.Authorization/roleAssignments")
                    if "/vaults/" in one.key and TENANT in one.key
                )
                taken.append(role.id)
                store.remove(role)
            watch.look(call, answer)

        found.arm.on_answer = take
        await migrate(found, "nodepool")
        assert taken
        assert watch.gaps

    living(life, "namespace")


@pytest.mark.parametrize(("old", "new"), [("namespace", "cluster"), ("cluster", "nodepool")])
def test_the_switch_waits_for_the_workloads(old: str, new: str) -> None:
    """Flux has brought them before anything of the old runtime is changed."""

    async def life(found: Simulation) -> None:
        watch = Watch(found)
        seen: list[tuple[str, str]] = []

        def look(stage: str) -> None:
            flux = watch.part(GITOPS) if stage in {"verify", "switch"} else None
            if flux is not None:
                seen.append((stage, str(flux.properties["complianceState"])))

        at_each_stage(found, look)
        await migrate(found, new)
        assert seen[-1] == ("switch", "Compliant")
        assert new == "nodepool" or seen[0] == ("verify", "Pending")

    living(life, old)


def test_a_tenant_without_a_repository_has_no_workloads_to_wait_for() -> None:
    """It migrates all the same."""

    async def life(found: Simulation) -> None:
        watch = Watch(found)
        record = await migrate(found, "cluster", gitops=None)
        assert record.state is TenantState.ACTIVE, record.reason
        assert watch.gaps == []
        assert GITOPS not in watch.plans()[1].by_key

    living(life, "namespace")


def test_what_else_changes_is_changed_in_the_switch() -> None:
    """Quotas, names to reach and tags, without a moment in which no runtime is whole."""

    async def life(found: Simulation) -> None:
        watch = Watch(found)
        changes: dict[str, Any] = {
            "costCenter": "CC-7",
            "egress": {"profiles": ["azure"], "fqdns": ["new.contoso.com"]},
            "compute": {"cpu": 4, "memoryGiB": 16, "nodes": {**NODES, "max": 2}},
        }
        record = await migrate(found, "nodepool", **changes)
        assert record.state is TenantState.ACTIVE, record.reason
        assert watch.gaps == []
        assert [stage["name"] for stage in stages_of(found)][-1] == "settle"
        groups = [one for one in dump(found).values() if one["type"].endswith("/resourceGroups")]
        own = [one for one in groups if TENANT in one["id"]]
        assert {one["tags"]["costCenter"] for one in own} == {"CC-7"}
        again = await migrate(found, "cluster")
        assert again.state is TenantState.ACTIVE, again.reason

    living(life, "cluster")


def test_data_is_not_lost_in_a_migration_whatever_is_allowed() -> None:
    """The operation ends as it began, and says what to do first."""

    async def life(found: Simulation) -> None:
        before = dump(found)
        data = {"storage": True, "database": "none", "vectorIndex": "shared"}
        record = await migrate(found, "cluster", allow=("postgresql",), data=data)
        assert record.state is TenantState.ACTIVE
        assert record.request.isolation == "namespace"
        assert "in a migration" in record.reason
        assert dump(found) == before

    living(life, "namespace")
