"""Beginning: what is there is read first, and only what differs is written."""

import pytest

from activities.outcomes import outcome_of
from activities.resources import begin_resource
from landing_zone.applying import is_as_wanted
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.plan import Write
from landing_zone.ports import Accepted
from landing_zone.written import Written, written_over
from tests.activities.calls import (
    ASYNC,
    ITSELF,
    PLAN,
    call,
    resource,
    settling,
    summary,
    world_with_plan,
)
from tests.unit.planned import OUTPUTS, VENDED

KEYS = [item.key for item in PLAN.resources if not item.outputs and item.write is not Write.HUB]

RESET = TemporaryError("ConnectionFailed", "ServiceResponseError")


async def test_what_is_missing_is_written_and_awaited() -> None:
    """At the target that ARM gave, as long as it asked."""
    world = await world_with_plan()
    world.arm.script("PUT", Accepted(None, ASYNC, 17.0))
    outcome = await begin_resource(world.deps, call("network"))
    assert summary(outcome) == ("pending", ASYNC, 17.0, True)
    assert outcome.written == Written(before="absent")
    [sent] = world.arm.writes()
    assert (sent.method, sent.path, sent.body) == (
        "PUT",
        resource("network").id,
        resource("network").body,
    )


async def test_write_that_is_over_at_once_is_done() -> None:
    """As a resource group's is."""
    world = await world_with_plan()
    outcome = await begin_resource(world.deps, call("resource-group:network"))
    assert summary(outcome) == ("done", None, None, True)


@pytest.mark.parametrize("key", KEYS)
async def test_second_beginning_writes_nothing(key: str) -> None:
    """An activity may run twice; what is there as wanted stays untouched."""
    world = await world_with_plan()
    await begin_resource(world.deps, call(key))
    before = len(world.arm.writes())
    again = await begin_resource(world.deps, call(key))
    assert (again.state, again.wrote, before) == ("done", False, 1)
    assert len(world.arm.writes()) == before


async def test_what_failed_is_written_again_however_it_looks() -> None:
    """A PostgreSQL server has no provisioning state that would tell."""
    world = await world_with_plan()
    await begin_resource(world.deps, call("network"))
    again = await begin_resource(world.deps, call("network", failed=True))
    assert (again.state, again.wrote) == ("done", True)
    assert len(world.arm.writes()) == 2


async def test_what_settles_is_awaited_and_not_written() -> None:
    """Somebody, perhaps our own lost call, is at work on it."""
    world = await world_with_plan()
    world.arm.put(resource("network").id, settling("network"))
    outcome = await begin_resource(world.deps, call("network"))
    assert summary(outcome) == ("pending", ITSELF, None, False)
    assert world.arm.writes() == []


async def test_what_failed_is_written_again() -> None:
    """Although it says what it should."""
    world = await world_with_plan()
    world.arm.put(resource("network").id, settling("network", "Failed"))
    assert (await begin_resource(world.deps, call("network"))).wrote


async def test_what_differs_is_written_with_the_tags_of_others() -> None:
    """A PUT must not erase them."""
    world = await world_with_plan()
    table = resource("route-table")
    theirs = table.body | {"tags": {"theirs": "1"}}
    world.arm.put(table.id, theirs)
    outcome = await begin_resource(world.deps, call("route-table"))
    assert (outcome.wrote, outcome.written) == (True, written_over(table.body, theirs))
    [sent] = world.arm.writes()
    assert sent.body is not None
    assert sent.body["tags"] == {"theirs": "1"} | table.body["tags"]


async def test_time_out_after_acceptance_writes_once() -> None:
    """The first call never heard that it had succeeded; the second sees it."""
    world = await world_with_plan()
    world.arm.script("PUT", RESET, and_apply=True)
    lost = await outcome_of(begin_resource(world.deps, call("network")))
    assert (lost.state, lost.code) == ("retry", "ConnectionFailed")
    assert (lost.wrote, lost.written) == (True, Written(before="absent"))
    found = await begin_resource(world.deps, call("network"))
    assert (found.state, found.wrote) == ("done", False)
    assert len(world.arm.writes()) == 1


async def test_reset_before_acceptance_is_begun_again() -> None:
    """Nothing is there, so the second call writes."""
    world = await world_with_plan()
    world.arm.script("PUT", RESET)
    await outcome_of(begin_resource(world.deps, call("network")))
    assert (await begin_resource(world.deps, call("network"))).wrote
    assert len(world.arm.writes()) == 2
    assert is_as_wanted(resource("network"), await world.arm.get(resource("network").id, "1"))


async def test_alias_is_done_once_it_tells_its_subscription() -> None:
    """In the answer of the write, when it is there."""
    world = await world_with_plan()
    body = {"properties": {"subscriptionId": VENDED, "provisioningState": "Succeeded"}}
    world.arm.script("PUT", Accepted(body, None, None))
    outcome = await begin_resource(world.deps, call("subscription"))
    assert (outcome.state, outcome.outputs) == ("done", OUTPUTS["subscription"])


async def test_alias_that_is_there_is_not_vended_again() -> None:
    """Its subscription is the one that others hang on."""
    world = await world_with_plan()
    alias = resource("subscription")
    properties = alias.body["properties"] | {"subscriptionId": VENDED}
    world.arm.put(alias.id, {"properties": properties})
    outcome = await begin_resource(world.deps, call("subscription"))
    assert (outcome.state, outcome.outputs) == ("done", OUTPUTS["subscription"])
    assert world.arm.writes() == []


async def test_alias_whose_answer_lacks_the_subscription_is_read_afresh() -> None:
    """And waited for while it does not show it."""
    world = await world_with_plan()
    world.arm.script("PUT", Accepted({"properties": {}}, None, None))
    outcome = await outcome_of(begin_resource(world.deps, call("subscription")))
    assert (outcome.state, outcome.code) == ("retry", "OutputMissing")


async def test_resource_whose_reference_is_open_touches_nothing() -> None:
    """Not even a read goes to an id that is half known."""
    world = await world_with_plan()
    with pytest.raises(PermanentError, match="UnresolvedReference"):
        await begin_resource(world.deps, call("network", outputs={}))
    assert world.arm.sent == []


async def test_tags_are_merged_once() -> None:
    """What others put on the subscription stays."""
    world = await world_with_plan()
    world.arm.put(resource("subscription-tags").id, {"properties": {"tags": {"theirs": "1"}}})
    assert (await begin_resource(world.deps, call("subscription-tags"))).wrote
    assert not (await begin_resource(world.deps, call("subscription-tags"))).wrote
    kept = await world.arm.get(resource("subscription-tags").id, "1")
    assert kept is not None
    assert kept["properties"]["tags"]["theirs"] == "1"


async def test_provider_that_is_registering_is_awaited() -> None:
    """Once it is registered nothing is sent."""
    world = await world_with_plan()
    provider = resource("provider:microsoft-network")
    world.arm.put(provider.id, {"registrationState": "Registering"})
    outcome = await begin_resource(world.deps, call(provider.key))
    assert summary(outcome) == ("pending", ITSELF, None, False)
    world.arm.put(provider.id, {"registrationState": "Registered"})
    assert (await begin_resource(world.deps, call(provider.key))).state == "done"
    assert world.arm.writes() == []
