"""Timers that see to it that nothing of drift is lost, or grows for ever."""

from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from landing_zone.drift.retention import KEPT
from landing_zone.drift.sweeping import INSTANCE
from landing_zone.remediation.breaker import BreakerPolicy
from landing_zone.remediation.findings import FindingState
from tests.fakes import NOON, FakeStatus, Started, World
from tests.registered import registered_functions
from tests.triggers.drifted import ACCOUNT, GROUP, OWNER, event, finding, found, kept
from triggers.drift import GRACE, look_after, start_sweep, sweep_all, watch_drift
from triggers.drift_retention import tidy, tidy_drift

TICK: Any = func.TimerRequest


async def noted(world: World) -> str:
    """Something that was noted longer ago than it takes to start what looks after it."""
    row = world.drift.noted(ACCOUNT, OWNER, event()).row
    world.clock.move(GRACE.total_seconds())
    return row.instance


@pytest.mark.parametrize("status", ["Failed", "Terminated", "Completed", "Canceled", None])
async def test_what_nobody_looks_after_is_taken_up_again(status: str | None) -> None:
    """Whoever noted it died, or its orchestration was lost."""
    world = World()
    instance = await noted(world)
    world.client.statuses[instance] = FakeStatus(instance, status)
    assert await look_after(world.deps, world.client) == [ACCOUNT]
    assert [one.instance_id for one in world.client.started] == [instance]
    assert await look_after(world.deps, world.client) == []


@pytest.mark.parametrize("status", ["Running", "Pending", "Suspended", "ContinuedAsNew"])
async def test_what_is_looked_after_is_left_alone(status: str) -> None:
    """However long it takes."""
    world = World()
    instance = await noted(world)
    world.client.statuses[instance] = FakeStatus(instance, status)
    assert await look_after(world.deps, world.client) == []


async def test_what_has_just_been_noted_is_left_to_who_noted_it() -> None:
    """Its start is on its way."""
    world = World()
    await noted(world)
    world.drift.noted(GROUP, OWNER, event("b"))
    assert await look_after(world.deps, world.client) == [ACCOUNT]


async def test_a_sweep_names_itself_for_ever() -> None:
    """What it finds is noted once, however often it is looked for."""
    world = World()
    assert await start_sweep(world.deps, world.client)
    (started,) = world.client.started
    assert (started.name, started.instance_id) == ("sweep_estate", INSTANCE)
    assert started.client_input["run"] == "sweep-20260314T120000"


async def test_a_sweep_that_cannot_be_started_is_told() -> None:
    """The timer's run fails, and is seen."""
    world = World()

    def fail(started: Started) -> None:
        raise RuntimeError(f"{started.instance_id} cannot be started")

    world.client.on_start = fail
    with pytest.raises(RuntimeError, match="cannot be started"):
        await start_sweep(world.deps, world.client)


async def test_timers_do_so(given_dependencies: World) -> None:
    """With the process's dependencies."""
    client: Any = given_dependencies.client
    instance = await noted(given_dependencies)
    await watch_drift(TICK, client)
    await sweep_all(TICK, client)
    await tidy_drift(TICK)
    assert [one.instance_id for one in client.started] == [instance, INSTANCE]
    assert given_dependencies.drift.tidied == [given_dependencies.clock.now()]


async def test_what_was_fixed_long_ago_is_forgotten() -> None:
    """What is not over stays, however old it is."""
    world = World()
    old = finding(FindingState.FIXED, fixed_at=NOON)
    young = finding(FindingState.FIXED, GROUP, fixed_at=NOON + timedelta(seconds=2))
    parked = finding(FindingState.PARKED, f"{ACCOUNT}2")
    found(world, old, young, parked)
    world.clock.move(KEPT.total_seconds() + 1)
    assert await tidy(world.deps) == (1, 0)
    assert set(kept(world)) == {young.key, parked.key}


def test_no_breaker_remembers_longer_than_findings_are_kept() -> None:
    """Its longest window, and its longest quiet time."""
    bounds = BreakerPolicy.model_json_schema()["properties"]
    longest = max(bounds[name]["maximum"] for name in ("windowSeconds", "quietSeconds"))
    assert longest < KEPT.total_seconds()


def test_timers_do_not_run_at_each_start_of_a_worker() -> None:
    """Each has a time of its own."""
    names = ("watch_drift", "sweep_all", "tidy_drift")
    settings = [registered_functions()[name].get_trigger().get_dict_repr() for name in names]
    assert not any(one["runOnStartup"] for one in settings)
    assert len({one["schedule"] for one in settings}) == len(names)
