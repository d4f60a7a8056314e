"""Looking again, and verifying at the end."""

from typing import Any

import pytest

from activities.outcomes import outcome_of
from activities.resources import poll_resource, verify_resource
from landing_zone.arm_errors import operation_error
from landing_zone.contracts import PollTarget
from landing_zone.errors import OperationFailedError, TemporaryError
from landing_zone.ports import Poll
from tests.activities.calls import (
    ASYNC,
    ITSELF,
    call,
    resource,
    settling,
    summary,
    undo,
    world_with_plan,
)
from tests.unit.planned import OUTPUTS

LOCATION = PollTarget(kind="location", url="https://arm/results/1")


@pytest.mark.parametrize("target", [ASYNC, LOCATION], ids=["async-operation", "location"])
async def test_operation_under_way_is_looked_at_again(target: PollTarget) -> None:
    """At the same place, as long as ARM asks."""
    world = await world_with_plan()
    world.arm.script("POLL", Poll(over=False, wait=9.0))
    outcome = await poll_resource(world.deps, call("network", target=target))
    assert summary(outcome) == ("pending", target, 9.0, False)
    assert [(sent.method, sent.path) for sent in world.arm.sent] == [("POLL", target.url)]


async def test_operation_that_is_over_is_done() -> None:
    """A resource without outputs is not read again."""
    world = await world_with_plan()
    outcome = await poll_resource(world.deps, call("network", target=ASYNC))
    assert outcome.state == "done"
    assert [sent.method for sent in world.arm.sent] == ["POLL"]


async def test_alias_that_is_over_is_read_for_its_subscription() -> None:
    """Others refer to it."""
    world = await world_with_plan()
    alias = resource("subscription")
    world.arm.put(alias.id, {"properties": OUTPUTS["subscription"]})
    outcome = await poll_resource(world.deps, call("subscription", target=ASYNC))
    assert (outcome.state, outcome.outputs) == ("done", OUTPUTS["subscription"])


@pytest.mark.parametrize(
    ("code", "state"), [("InternalServerError", "retry"), ("QuotaExceeded", "failed")]
)
async def test_operation_that_failed_is_told_as_such(code: str, state: str) -> None:
    """Begun again, unless it would fail again."""
    world = await world_with_plan()
    world.arm.script("POLL", OperationFailedError(operation_error(code, "why")))
    outcome = await outcome_of(poll_resource(world.deps, call("network", target=ASYNC)))
    assert (outcome.state, outcome.code, outcome.operation_failed) == (state, code, True)


async def test_operation_that_cannot_be_seen_yet_is_no_failed_operation() -> None:
    """A Location can answer 404 for a while."""
    world = await world_with_plan()
    world.arm.script("POLL", TemporaryError("OperationNotFound", "not yet", 3.0))
    outcome = await outcome_of(poll_resource(world.deps, call("network", target=LOCATION)))
    assert (outcome.state, outcome.wait, outcome.operation_failed) == ("retry", 3.0, False)


@pytest.mark.parametrize("target", [ITSELF, None], ids=["itself", "none"])
async def test_resource_itself_tells_when_no_url_does(target: PollTarget | None) -> None:
    """While it settles it is awaited; once it is as wanted it is done."""
    world = await world_with_plan()
    world.arm.put(resource("network").id, settling("network"))
    waiting = await poll_resource(world.deps, call("network", target=target))
    assert summary(waiting) == ("pending", ITSELF, None, False)
    world.arm.put(resource("network").id, settling("network", "Succeeded"))
    assert (await poll_resource(world.deps, call("network", target=target))).state == "done"


async def test_resource_that_settled_otherwise_is_begun_again() -> None:
    """That counts as a failed operation; one that is not there does not."""
    world = await world_with_plan()
    gone = await poll_resource(world.deps, call("network", target=ITSELF))
    assert (gone.state, gone.code, gone.operation_failed) == ("retry", "NotAsWanted", False)
    world.arm.put(resource("network").id, settling("network", "Failed"))
    failed = await poll_resource(world.deps, call("network", target=ITSELF))
    assert (failed.state, failed.code, failed.operation_failed) == ("retry", "NotAsWanted", True)


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (None, "done"),
        ({"properties": {"provisioningState": "Deleting"}}, "pending"),
        ({"properties": {"provisioningState": "Succeeded"}}, "retry"),
    ],
    ids=["gone", "deleting", "there"],
)
async def test_resource_that_is_taken_back_is_looked_at_until_it_is_gone(
    body: dict[str, Any] | None, state: str
) -> None:
    """One that stays is deleted again."""
    world = await world_with_plan()
    if body is not None:
        world.arm.put(resource("network").id, body)
    outcome = await poll_resource(world.deps, undo("network", target=ITSELF))
    assert outcome.state == state


async def test_alias_that_is_taken_back_is_not_asked_for_its_subscription() -> None:
    """There is none any more."""
    world = await world_with_plan()
    outcome = await poll_resource(world.deps, undo("subscription", target=ASYNC))
    assert (outcome.state, outcome.outputs) == ("done", {})


@pytest.mark.parametrize(
    ("state", "wanted"), [("Initiated", "retry"), ("Disconnected", "retry"), ("Connected", "done")]
)
async def test_peering_is_verified_by_its_state(state: str, wanted: str) -> None:
    """Initiated is half a peering."""
    world = await world_with_plan()
    world.arm.put(resource("peering:hub").id, {"properties": {"peeringState": state}})
    outcome = await outcome_of(verify_resource(world.deps, call("peering:hub")))
    assert outcome.state == wanted
    if wanted == "retry":
        assert "Connected" in outcome.message


async def test_peering_that_is_not_there_is_not_verified() -> None:
    """It may have been deleted meanwhile."""
    world = await world_with_plan()
    outcome = await outcome_of(verify_resource(world.deps, call("peering:spoke")))
    assert (outcome.state, outcome.code) == ("retry", "NotReady")
