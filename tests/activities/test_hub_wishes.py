"""Asking a hub for something and waiting for it, in a world of fakes."""

from typing import Any

import pytest

from activities.hub_running import ensure_reconciler
from activities.hub_wishes import begin_hub, poll_hub
from activities.outcomes import outcome_of
from landing_zone.contracts import Outcome, PollTarget
from landing_zone.errors import PermanentError
from landing_zone.hub_state.contracts import HubStatus
from landing_zone.hub_state.wishes import member_of
from tests.activities.calls import PLAN, REQUEST, call, undo, world_with_plan
from tests.fakes import FakeStatus, World
from tests.unit.planned import NODE_SUBNETS
from tests.unit.planned_whole import wanting, whole_plan_of

HUB = "hub-weu"
INSTANCE = f"hub-{HUB}-firewall"
REFUSED = PermanentError("RequestDisallowedByPolicy", "a policy says no", "ask its owner")


async def begun(world: World, key: str = "hub:firewall", **changes: Any) -> Outcome:
    """Ask for a planned part of the hub."""
    return await outcome_of(begin_hub(world.deps, world.client, call(key, **changes)))


async def test_asking_starts_the_reconciler_once() -> None:
    """One orchestration for all who ask."""
    world = await world_with_plan()
    outcome = await begun(world)
    again = await begun(world)
    assert outcome == again
    assert (outcome.state, outcome.target) == ("pending", PollTarget(kind="resource"))
    assert [one.instance_id for one in world.client.started] == [INSTANCE]
    row = await world.hub_requests.get(HUB, "firewall", REQUEST.tenant_id)
    assert row is not None
    assert row.member.profiles == tuple(sorted(REQUEST.egress.profiles))


async def test_a_peering_is_asked_for_with_the_network_that_was_vended() -> None:
    """References of the plan are resolved."""
    world = await world_with_plan()
    await begun(world, "peering:hub")
    row = await world.hub_requests.get(HUB, "network", REQUEST.tenant_id)
    assert row is not None
    assert "${" not in row.member.network_id
    assert row.member.network_id.endswith("/virtualNetworks/vnet-contoso-research")


async def test_a_lost_reconciler_is_started_by_whoever_looks() -> None:
    """So that nobody waits in vain."""
    world = await world_with_plan()
    await begun(world)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Failed")
    await poll_hub(world.deps, world.client, call("hub:firewall"))
    assert len(world.client.started) == 2


@pytest.mark.parametrize(
    ("left", "waiting", "told", "wait"),
    [
        (3, 12, "3 writes to go, 12 tenants wait", 10.0),
        (1, 1, "1 write to go, 1 tenant waits", 4.0),
    ],
)
async def test_whoever_waits_is_told_for_what(
    left: int, waiting: int, told: str, wait: float
) -> None:
    """What is being written, how much is left, how many wait; and looks the rarer for it."""
    world = await world_with_plan()
    await begun(world)
    status = HubStatus(phase="writing", cause="ipGroups/x", left=left, waiting=waiting)
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running", status.dump())
    world.clock.move(40)
    outcome = await poll_hub(world.deps, world.client, call("hub:firewall"))
    assert outcome.message == f"the hub's firewall is busy with ipGroups/x: {told}"
    assert outcome.wait == wait
    world.clock.move(86_400)
    late = await poll_hub(world.deps, world.client, call("hub:firewall"))
    assert late.wait == world.deps.settings.hub.poll_seconds * left


async def test_answers_become_outcomes() -> None:
    """There, refused, gone."""
    world = await world_with_plan()
    await begun(world)
    (row,) = await world.hub_requests.all(HUB, "firewall")
    await world.hub_requests.settle(row, REFUSED)
    refused = await poll_hub(world.deps, world.client, call("hub:firewall"))
    assert (refused.state, refused.code) == ("failed", "RequestDisallowedByPolicy")
    assert (await begun(world)).state == "pending"
    (row,) = await world.hub_requests.all(HUB, "firewall")
    await world.hub_requests.settle(row)
    done = await poll_hub(world.deps, world.client, call("hub:firewall"))
    assert done.state == "done"
    leaving = await begin_hub(world.deps, world.client, undo("hub:firewall"))
    assert leaving.state == "pending"
    (row,) = await world.hub_requests.all(HUB, "firewall")
    await world.hub_requests.settle(row)
    gone = await poll_hub(world.deps, world.client, undo("hub:firewall"))
    assert gone.state == "done"


async def test_leaving_a_hub_that_one_never_was_on_is_done() -> None:
    """Nothing is begun for it."""
    world = await world_with_plan()
    outcome = await begin_hub(world.deps, world.client, undo("hub:firewall"))
    assert (outcome.state, world.client.started) == ("done", [])


async def test_a_request_that_was_lost_is_made_again() -> None:
    """The orchestrator begins anew."""
    world = await world_with_plan()
    outcome = await poll_hub(world.deps, world.client, call("hub:firewall"))
    assert (outcome.state, outcome.code) == ("retry", "HubRequestLost")


async def test_a_race_to_start_is_no_error() -> None:
    """Someone else's start is as good; another error is not swallowed."""
    world = World()

    def race(_started: object) -> None:
        world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
        raise RuntimeError("exists")

    world.client.on_start = race
    await ensure_reconciler(world.client, HUB, "firewall", world.deps.settings.hub)

    def refuse(_started: object) -> None:
        raise RuntimeError("broken")

    world.client.on_start = refuse
    world.client.statuses.clear()
    with pytest.raises(RuntimeError, match="broken"):
        await ensure_reconciler(world.client, HUB, "firewall", world.deps.settings.hub)


def test_the_plan_names_the_hub() -> None:
    """Where its members are kept."""
    assert PLAN.hub == HUB


async def test_a_node_subnet_is_asked_for_beside_the_peering() -> None:
    """In the same lane, by a row of its own: one does not take the other's place."""
    world, made = World(), whole_plan_of(wanting("nodepool"))
    await world.documents.put_plan(made)
    for key in ("hub:node-subnet", "peering:hub"):
        outcome = await begin_hub(world.deps, world.client, call(key, plan_hash=made.hash))
        assert outcome.state == "pending"
    rows = {row.value.member.name: row for row in await world.hub_requests.all(HUB, "network")}
    assert set(rows) == {"contoso-research", "contoso-research.nodes"}
    subnet = member_of(HUB, "contoso-research", made.by_key["hub:node-subnet"].body)
    assert subnet.node_subnet == NODE_SUBNETS[3]
    assert rows["contoso-research.nodes"].value.member == subnet
    await world.hub_requests.settle(rows["contoso-research.nodes"])
    polled = [
        (await poll_hub(world.deps, world.client, call(key, plan_hash=made.hash))).state
        for key in ("hub:node-subnet", "peering:hub")
    ]
    assert polled == ["done", "pending"]
