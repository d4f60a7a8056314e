"""Taking back: what is there is taken back once, and in order."""

import pytest

from activities.outcomes import outcome_of
from activities.resources import begin_resource
from landing_zone.errors import TemporaryError
from landing_zone.ports import Accepted
from tests.activities.calls import (
    ASYNC,
    PLAN,
    call,
    resource,
    settling,
    summary,
    undo,
    world_with_plan,
)
from tests.unit.planned import VENDED


@pytest.mark.parametrize("key", [item.key for item in PLAN.resources])
async def test_nothing_is_sent_for_what_is_not_there(key: str) -> None:
    """It is done already."""
    world = await world_with_plan()
    outcome = await begin_resource(world.deps, undo(key))
    assert summary(outcome) == ("done", None, None, False)
    assert world.arm.writes() == []


@pytest.mark.parametrize(
    "key", ["network", "route-table", "peering:spoke", "resource-group:network", "budget"]
)
async def test_what_was_made_is_deleted_once(key: str) -> None:
    """The second time there is nothing left to do."""
    world = await world_with_plan()
    await begin_resource(world.deps, call(key))
    first = await begin_resource(world.deps, undo(key))
    again = await begin_resource(world.deps, undo(key))
    assert (first.wrote, again.wrote) == (True, False)
    assert [sent.method for sent in world.arm.writes()] == ["PUT", "DELETE"]
    assert world.arm.bodies == {}


async def test_deletion_that_takes_long_is_awaited() -> None:
    """As long as ARM asks."""
    world = await world_with_plan()
    world.arm.put(resource("resource-group:network").id, {})
    world.arm.script("DELETE", Accepted(None, ASYNC, 15.0))
    outcome = await begin_resource(world.deps, undo("resource-group:network"))
    assert summary(outcome) == ("pending", ASYNC, 15.0, True)


async def test_deletion_of_what_still_settles_is_sent() -> None:
    """ARM says whether it can; a refusal is tried again."""
    world = await world_with_plan()
    world.arm.put(resource("network").id, settling("network"))
    world.arm.script("DELETE", TemporaryError("AnotherOperationInProgress", "busy"))
    outcome = await outcome_of(begin_resource(world.deps, undo("network")))
    assert (outcome.state, outcome.code) == ("retry", "AnotherOperationInProgress")


async def test_deletion_whose_answer_was_lost_is_done_the_second_time() -> None:
    """The time-out came after acceptance."""
    world = await world_with_plan()
    world.arm.put(resource("network").id, {})
    world.arm.script("DELETE", TemporaryError("ConnectionFailed", "reset"), and_apply=True)
    assert (await outcome_of(begin_resource(world.deps, undo("network")))).state == "retry"
    assert (await begin_resource(world.deps, undo("network"))).state == "done"
    assert len(world.arm.writes()) == 1


async def test_vended_subscription_is_cancelled_before_its_alias_goes() -> None:
    """When the cancellation is refused the alias stays, so that it can be tried again."""
    world = await world_with_plan()
    alias = resource("subscription")
    world.arm.put(alias.id, {"properties": {"subscriptionId": VENDED}})
    world.arm.script("POST", TemporaryError("TooManyRequests", "wait", 5.0))
    assert (await outcome_of(begin_resource(world.deps, undo("subscription")))).state == "retry"
    assert [sent.method for sent in world.arm.writes()] == ["POST"]
    outcome = await begin_resource(world.deps, undo("subscription"))
    assert (outcome.state, outcome.wrote) == ("done", True)
    assert [sent.method for sent in world.arm.writes()] == ["POST", "POST", "DELETE"]


async def test_only_our_tags_are_taken_from_a_subscription() -> None:
    """Those of others stay."""
    world = await world_with_plan()
    world.arm.put(resource("subscription-tags").id, {"properties": {"tags": {"theirs": "1"}}})
    await begin_resource(world.deps, call("subscription-tags"))
    await begin_resource(world.deps, undo("subscription-tags"))
    kept = await world.arm.get(resource("subscription-tags").id, "1")
    assert kept == {"properties": {"tags": {"theirs": "1"}}}
