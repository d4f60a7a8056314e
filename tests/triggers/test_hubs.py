"""The timers of the hubs."""

from typing import Any

from tests.fakes import World
from tests.unit.hub_members import firewall
from triggers.hubs import sweep, sweep_hubs, waited_for, watch_hubs


def started(world: World) -> list[str]:
    """The orchestrations that were started."""
    return [one.instance_id for one in world.client.started]


async def test_a_lane_on_which_someone_waits_is_seen_to(given_dependencies: World) -> None:
    """Its orchestration may have been lost; who has what it asked for needs none."""
    world = given_dependencies
    await world.hub_requests.ask(firewall(1, "azure"), present=True)
    await call(watch_hubs, world)
    assert started(world) == ["hub-hub-weu-firewall"]
    (row,) = await world.hub_requests.all("hub-weu", "firewall")
    await world.hub_requests.settle(row)
    assert await waited_for(world.deps) == []


async def test_a_sweep_reconciles_every_lane(given_dependencies: World) -> None:
    """Whatever has changed there; what runs is left alone."""
    world = given_dependencies
    await call(sweep_hubs, world)
    lanes = [f"hub-hub-weu-{lane}" for lane in ("firewall", "network", "dns")]
    assert started(world) == lanes
    await sweep(world.deps, world.client)
    assert started(world) == lanes


async def call(function: Any, world: World) -> None:
    """Let a timer fire."""
    await function(None, world.client)
