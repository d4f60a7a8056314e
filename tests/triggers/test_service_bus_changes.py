"""Changing a tenant by message: what is recorded, and what its sender is told."""

from landing_zone.intake.messages import DEAD_LETTERS
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.work import Kind
from tests.activities.landed import landed
from tests.fakes import NOON, FakeStatus, World, example_request
from tests.given import dependencies_of
from tests.triggers.arrivals import message
from tests.triggers.requests import INSTANCE, TENANT, record
from tests.triggers.test_service_bus import OTHER, REPLY, results, take

REQUEST = example_request()


async def test_document_that_differs_changes_the_tenant() -> None:
    """Its sender is told that it has begun, and at its end how it ended; once."""
    world = landed(REQUEST)
    with dependencies_of(world):
        await take(world, message(OTHER))
        await take(world, message(OTHER))
    found = world.registry.rows[TENANT].value
    assert (found.work.kind, found.reply, found.operations) == (Kind.UPDATE, REPLY, 2)
    assert found.work.wanted is not None
    assert found.work.wanted.display_name != REQUEST.display_name
    answers = results(world)
    assert {(one["outcome"], one["operationId"]) for one in answers} == {
        ("accepted", f"{TENANT}.2")
    }
    ended = found.after(TenantEvent.UPDATE, world.clock.now())
    back = ended.after(TenantEvent.ROLL_BACK, world.clock.now(), reason="no", hint="do")
    [owed] = back.owed
    assert (owed.outcome, owed.state, owed.reply, owed.operation_id) == (
        *("failed", "active"),
        REPLY,
        f"{TENANT}.2",
    )


async def test_document_that_differs_waits_behind_what_is_under_way(
    given_dependencies: World,
) -> None:
    """It is accepted; which operation it will be is not known yet."""
    world = given_dependencies
    world.registry.put(record(TenantState.PROVISIONING))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
    await take(world, message(OTHER))
    [waiting] = world.registry.rows[TENANT].value.queued
    assert waiting.reply == REPLY
    [answer] = results(world)
    assert (answer["outcome"], "operationId" in answer) == ("accepted", False)


async def test_document_that_was_done_long_ago_does_nothing_when_it_comes_again() -> None:
    """What others have asked for since stays."""
    world = landed(REQUEST)
    later = world.registry.rows[TENANT].value.having_heard(REPLY)
    world.registry.put(later)
    with dependencies_of(world):
        await take(world, message(OTHER))
    assert world.registry.rows[TENANT].value == later


async def test_document_that_cannot_be_done_to_the_tenant_is_refused_as_over_http(
    given_dependencies: World,
) -> None:
    """Kept with the reason, and told as the problem that HTTP answers with."""
    world = given_dependencies
    world.registry.put(record(TenantState.SUSPENDED, active_since=NOON))
    await take(world, message(OTHER))
    [kept] = world.messages.of(DEAD_LETTERS)
    assert (kept.body, kept.properties["DeadLetterReason"]) == (OTHER, "InvalidTransition")
    [answer] = results(world)
    assert (answer["outcome"], answer["tenantId"]) == ("rejected", TENANT)
    assert answer["problem"]["status"] == 409
