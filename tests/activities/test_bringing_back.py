"""What was deleted and is kept is brought back, and what came back otherwise is written anew."""

from typing import Any

import pytest

from activities.outcomes import outcome_of
from activities.resources import begin_resource, poll_resource
from landing_zone.applying import bound
from landing_zone.arm_errors import arm_error
from landing_zone.contracts import Call
from landing_zone.plan import Recovery, Resource
from landing_zone.ports import Accepted
from tests.activities.calls import ASYNC, ITSELF, OPERATION, summary
from tests.fakes import World
from tests.unit.planned import VENDED
from tests.unit.planned_whole import outputs_of, wanting, whole_plan_of

PLAN = whole_plan_of(wanting())
OUTPUTS = outputs_of(PLAN)
KEPT: dict[str, dict[str, Any]] = {
    "vault": {"createMode": "recover"},
    "ai:docintel": {"restore": True},
    "ai:speech": {"restore": True},
    "ai:language": {"restore": True},
}
REFUSALS = {
    "vault": (
        arm_error(409, "ConflictError", "exists in deleted state"),
        arm_error(400, "SoftDeletedVaultDoesNotExist", "does not exist"),
    ),
    "ai:speech": (
        arm_error(409, "FlagMustBeSetForRestore", "has been soft-deleted"),
        arm_error(400, "CanNotRestoreANonExistingResource", "could not locate"),
    ),
}


async def world_with(*deleted: str) -> World:
    """A world in which those resources were deleted and are kept."""
    world = World()
    await world.documents.put_plan(PLAN)
    for key in deleted:
        world.arm.put(recovery(key).id, {"properties": {"deletionDate": "2026-03-14T12:00:00Z"}})
    return world


def resource(key: str) -> Resource:
    """A resource of the plan, its references resolved."""
    return bound(PLAN.by_key[key], OUTPUTS)


def recovery(key: str) -> Recovery:
    """How it is brought back."""
    found = resource(key).recovery
    assert found is not None
    return found


def call(key: str, **changes: Any) -> Call:
    """A call on a resource."""
    values = {
        "operation": OPERATION,
        "plan_hash": PLAN.hash,
        "key": key,
        "direction": "apply",
        "outputs": OUTPUTS,
    }
    return Call.model_validate(values | changes)


def test_vaults_and_ai_accounts_are_what_azure_keeps() -> None:
    """Each under its own subscription."""
    kept = {item.key for item in PLAN.resources if item.recovery}
    assert kept == set(KEPT)
    for key in kept:
        assert recovery(key).id.startswith(f"/subscriptions/{VENDED}/providers/")
        assert recovery(key).id.endswith(f"/{resource(key).name}")


@pytest.mark.parametrize("key", KEPT)
async def test_what_was_deleted_is_brought_back(key: str) -> None:
    """With all that it should be, and then it is looked at itself."""
    world = await world_with(key)
    world.arm.script("PUT", Accepted(None, ASYNC, 17.0))
    outcome = await begin_resource(world.deps, call(key))
    assert summary(outcome) == ("pending", ITSELF, 17.0, True)
    (sent,) = world.arm.writes()
    wanted = resource(key).body
    assert sent.path == resource(key).id
    assert sent.body == {**wanted, "properties": wanted["properties"] | KEPT[key]}


@pytest.mark.parametrize("key", KEPT)
async def test_what_was_never_there_is_made_after_one_look(key: str) -> None:
    """What is made anew does not ask to be brought back, which Azure refuses."""
    world = await world_with()
    assert (await begin_resource(world.deps, call(key))).wrote
    assert [sent.method for sent in world.arm.sent] == ["GET", "GET", "PUT"]
    assert world.arm.writes()[0].body == resource(key).body


@pytest.mark.parametrize("key", ["vault", "resource-group:workload"])
async def test_what_is_there_or_leaves_nothing_behind_is_looked_for_once(key: str) -> None:
    """The further look is for what is kept, and is not there."""
    world = await world_with()
    if key == "vault":
        world.arm.put(resource(key).id, resource(key).body)
    await begin_resource(world.deps, call(key))
    assert [sent.method for sent in world.arm.sent].count("GET") == 1


async def test_what_came_back_as_it_was_is_then_written() -> None:
    """Azure need not heed the rest of what it is sent."""
    world = await world_with("vault")
    await begin_resource(world.deps, call("vault"))
    old = resource("vault").body
    world.arm.put(resource("vault").id, old | {"tags": {"tenantId": "before"}})
    seen = await poll_resource(world.deps, call("vault", target=ITSELF))
    assert (seen.state, seen.code) == ("retry", "NotAsWanted")
    again = await begin_resource(world.deps, call("vault"))
    assert (again.state, again.wrote) == ("done", True)
    assert world.arm.writes()[-1].body == old


async def test_what_came_back_as_wanted_is_done() -> None:
    """Nothing further is written."""
    world = await world_with("vault")
    await begin_resource(world.deps, call("vault"))
    seen = await poll_resource(world.deps, call("vault", target=ITSELF))
    assert (seen.state, seen.wrote) == ("done", False)
    assert len(world.arm.writes()) == 1


@pytest.mark.parametrize("key", REFUSALS)
async def test_deleted_between_the_look_and_the_write_is_brought_back(key: str) -> None:
    """It is not yet seen among the deleted when it keeps its name."""
    world = await world_with()
    world.arm.script("PUT", REFUSALS[key][0])
    refused = await outcome_of(begin_resource(world.deps, call(key)))
    assert refused.state == "retry"
    world.arm.put(recovery(key).id, {})
    assert (await begin_resource(world.deps, call(key))).wrote
    sent = world.arm.writes()[-1]
    assert sent.body is not None
    assert sent.body["properties"].items() >= KEPT[key].items()


@pytest.mark.parametrize("key", REFUSALS)
async def test_gone_between_the_look_and_the_write_is_made(key: str) -> None:
    """Purged, or its time was over."""
    world = await world_with(key)
    world.arm.script("PUT", REFUSALS[key][1])
    refused = await outcome_of(begin_resource(world.deps, call(key)))
    assert refused.state == "retry"
    world.arm.bodies.clear()
    assert (await begin_resource(world.deps, call(key))).wrote
    assert world.arm.writes()[-1].body == resource(key).body


async def test_brought_back_by_a_call_that_was_lost_is_not_brought_back_twice() -> None:
    """The second call finds it."""
    world = await world_with("vault")
    world.arm.script("PUT", arm_error(504, "GatewayTimeout", "late"), and_apply=True)
    assert (await outcome_of(begin_resource(world.deps, call("vault")))).state == "retry"
    world.arm.put(resource("vault").id, resource("vault").body)
    assert (await begin_resource(world.deps, call("vault"))).state == "done"
    assert len(world.arm.writes()) == 1
