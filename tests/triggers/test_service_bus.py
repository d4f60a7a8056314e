"""Asking for a tenant by message: what is recorded, started, answered, kept, and put back."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from landing_zone.errors import ConfigurationError, PermanentError, TemporaryError
from landing_zone.intake.messages import DEAD_LETTERS, INTAKE, RESULTS, TOO_LARGE, OutgoingMessage
from landing_zone.intake.replies import Reply
from landing_zone.intake.returning import DELIVERIES
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from tests.fake_messages import Sent
from tests.fakes import EXAMPLE, FakeStatus, Started, World, example_request
from tests.malformed import MALFORMED
from tests.triggers.arrivals import again, message
from tests.triggers.requests import INSTANCE, TENANT, record
from triggers.service_bus import ACTOR, take_onboarding_request

OTHER = json.dumps(example_request(displayName="Another name").to_document()).encode()
DOWN = TemporaryError("StorageUnreachable", "nobody answers")
REPLY = Reply(origin="message-1/17", correlation_id="question-1", message_id="message-1")


async def take(world: World, given: Any = None) -> None:
    """Hand a message over."""
    client: Any = world.client
    await take_onboarding_request(given or message(), client)


def results(world: World) -> list[dict[str, Any]]:
    """The documents on the queue of results."""
    return [json.loads(one.body) for one in world.messages.of(RESULTS)]


def is_down(world: World, error: Exception = DOWN) -> None:
    """Let each write to the registry fail."""

    def fail(_: TenantRecord) -> None:
        raise error

    world.registry.put(record(TenantState.FAILED))
    world.registry.before_replace = fail


async def test_new_tenant_is_recorded_started_and_answered(given_dependencies: World) -> None:
    """The record knows who is to be told how it ends."""
    world = given_dependencies
    await take(world)
    found = world.registry.rows[TENANT].value
    assert (found.state, found.actor, found.reply) == (TenantState.REQUESTED, ACTOR, REPLY)
    operation = {"tenant_id": TENANT, "operation_id": f"{TENANT}.1"}
    assert world.client.started == [Started("operate_tenant", INSTANCE, operation)]
    [answer] = results(world)
    assert (answer["outcome"], answer["correlationId"], answer["messageId"]) == (
        "accepted",
        "question-1",
        "message-1",
    )
    assert (answer["tenantId"], answer["operationId"]) == (TENANT, f"{TENANT}.1")
    assert world.messages.of(DEAD_LETTERS) == []


async def test_result_says_what_it_is(given_dependencies: World) -> None:
    """In the properties that a receiver filters by."""
    world = given_dependencies
    await take(world, message(correlation_id=None))
    [sent] = world.messages.of(RESULTS)
    assert (sent.content_type, sent.subject) == ("application/json", "onboarding.accepted")
    assert (sent.correlation_id, sent.properties) == (
        "message-1",
        {"outcome": "accepted", "tenantId": TENANT},
    )


async def test_message_delivered_again_is_answered_as_before(given_dependencies: World) -> None:
    """The host died before it could say that the message is done with."""
    world = given_dependencies
    await take(world)
    await take(world, message(delivery_count=2))
    assert [one["outcome"] for one in results(world)] == ["accepted"]
    assert (len(world.client.started), world.registry.writes) == (1, 1)


@pytest.mark.parametrize("state", [TenantState.FAILED, TenantState.ACTIVE])
async def test_message_delivered_again_after_the_end_begins_nothing(
    given_dependencies: World, state: TenantState
) -> None:
    """A failed tenant is begun again by another message only."""
    world = given_dependencies
    world.registry.put(record(state, reply=REPLY))
    await take(world, message(delivery_count=3))
    assert (world.client.started, world.registry.writes) == ([], 1)
    assert results(world)[0]["outcome"] == "accepted"


@pytest.mark.parametrize("state", [TenantState.PROVISIONING, TenantState.ACTIVE])
async def test_equal_document_of_another_message_is_a_duplicate(
    given_dependencies: World, state: TenantState
) -> None:
    """It is told how it stands; whoever asked first is told the end."""
    world = given_dependencies
    first = Reply(origin="message-0/3", correlation_id="question-0")
    world.registry.put(record(state, reply=first))
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Running")
    await take(world)
    [answer] = results(world)
    assert (answer["outcome"], answer["state"]) == ("duplicate", state.value)
    assert world.registry.rows[TENANT].value.reply == first
    assert (world.client.started, world.messages.of(DEAD_LETTERS)) == ([], [])


async def test_duplicate_starts_what_was_lost(given_dependencies: World) -> None:
    """As over HTTP."""
    world = given_dependencies
    world.registry.put(record(TenantState.REQUESTED))
    await take(world)
    assert [one.instance_id for one in world.client.started] == [INSTANCE]


async def test_failed_tenant_is_begun_again(given_dependencies: World) -> None:
    """And what is still owed for the earlier operation stays owed."""
    world = given_dependencies
    owing = record(TenantState.PROVISIONING, reply=Reply(origin="old/1")).after(
        "fail",  # type: ignore[arg-type]
        world.clock.now(),
        reason="it broke",
    )
    world.registry.put(owing)
    await take(world, message(OTHER))
    found = world.registry.rows[TENANT].value
    assert (found.operation_id, found.reply, found.owed) == (f"{TENANT}.2", REPLY, owing.owed)
    assert [one.operation_id for one in found.owed] == [f"{TENANT}.1"]


BAD = MALFORMED | {
    "binary": (bytes(range(256)), {""}),
    "utf-16": ("tenantId: a-one".encode("utf-16"), {""}),
    "latin-1": ("displayName: Fr\xfchling".encode("latin-1"), {""}),
    "zero bytes": (b"tenantId: a\x00b", {""}),
    "a kilometre of brackets": (b"{" * 100_000, {""}),
    "a kilometre of yaml": (b"- " * 50_000, {""}),
    "a control character": (b"tenantId: \x07", {""}),
    "xml": (b"<tenant id='a-one'/>", {""}),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_document_is_kept_with_its_reason_and_answered(
    given_dependencies: World, name: str
) -> None:
    """It is done with: nothing raises, nothing is recorded, nothing is started."""
    world = given_dependencies
    body, paths = BAD[name]
    await take(world, message(body, content_type=None))
    [kept] = world.messages.of(DEAD_LETTERS)
    assert kept.body == body
    assert (kept.correlation_id, kept.properties["SpokewrightMessageId"]) == (
        "question-1",
        "message-1",
    )
    assert kept.properties["DeadLetterReason"] == "InvalidRequest"
    description = str(kept.properties["DeadLetterErrorDescription"])
    assert 20 < len(description) <= 4096
    assert all(path in description for path in paths)
    [answer] = results(world)
    assert answer["outcome"] == "rejected"
    assert {fault["path"] for fault in answer["problem"]["errors"]} >= paths
    assert (world.registry.rows, world.client.started) == ({}, [])


async def test_declared_encoding_is_believed(given_dependencies: World) -> None:
    """A document that says that it is something else is not guessed at."""
    await take(given_dependencies, message(content_type="application/yaml; charset=latin-1"))
    assert results(given_dependencies)[0]["outcome"] == "rejected"


async def test_refusal_cut_short_is_made_once(given_dependencies: World) -> None:
    """The queue of results was down between the two: the second delivery ends it."""
    world = given_dependencies
    broken = iter([True])

    def fail(sent: Sent) -> None:
        if sent.queue == RESULTS and next(broken, False):
            raise TemporaryError("ServiceBusFailed", "nobody answers")

    world.messages.before_send = fail
    with pytest.raises(TemporaryError):
        await take(world, message(b"42"))
    await take(world, message(b"42", delivery_count=2))
    assert (len(world.messages.of(DEAD_LETTERS)), len(results(world))) == (1, 1)


async def test_document_too_large_to_be_kept_is_left_to_the_broker(
    given_dependencies: World,
) -> None:
    """With the reason it does not fit; its sender is told, and it is never put back."""
    world = given_dependencies

    def fail(sent: Sent) -> None:
        if sent.queue == DEAD_LETTERS:
            raise PermanentError(TOO_LARGE, "the message is too large")

    world.messages.before_send = fail
    for delivery in range(1, DELIVERIES + 3):
        with pytest.raises(PermanentError):
            await take(world, message(b"42", delivery_count=delivery))
    assert [one["outcome"] for one in results(world)] == ["rejected"]
    assert world.messages.of(INTAKE) == []


@pytest.mark.parametrize(
    "error",
    [DOWN, PermanentError("StorageRefused", "storage answered 403"), ConfigurationError("hubs")],
    ids=["temporary", "refused by storage", "configuration"],
)
async def test_trouble_of_ours_refuses_nothing(given_dependencies: World, error: Exception) -> None:
    """It is raised, so that the message comes again."""
    world = given_dependencies
    is_down(world, error)
    for delivery in range(1, DELIVERIES):
        with pytest.raises(type(error)):
            await take(world, message(delivery_count=delivery))
    assert world.messages.sent == []


async def test_trouble_that_lasts_puts_the_message_back_for_later(
    given_dependencies: World,
) -> None:
    """Before the queue gives up on it; the copy is the same message to all who answer it."""
    world = given_dependencies
    is_down(world)
    before = datetime.now(UTC)
    await take(world, message(delivery_count=DELIVERIES))
    [sent] = world.messages.sent
    assert (sent.queue, sent.message.body) == (INTAKE, EXAMPLE)
    assert sent.at is not None
    assert sent.at - before >= timedelta(seconds=30)
    world.registry.before_replace = lambda _: None
    await take(world, again(sent.message))
    assert world.registry.rows[TENANT].value.reply == REPLY
    [answer] = results(world)
    assert (answer["messageId"], answer["correlationId"]) == ("message-1", "question-1")


async def test_message_put_back_twice_by_a_crash_is_there_once(given_dependencies: World) -> None:
    """The copy was sent, and then the process died before the message was done with."""
    world = given_dependencies
    is_down(world)
    await take(world, message(delivery_count=DELIVERIES))
    await take(world, message(delivery_count=DELIVERIES + 1))
    assert len(world.messages.of(INTAKE)) == 1


async def test_outage_of_any_length_loses_nothing(given_dependencies: World) -> None:
    """Each return is another message, later than the last, and knows the first."""
    world = given_dependencies
    is_down(world)
    given: Any = message(delivery_count=DELIVERIES)
    for _ in range(50):
        await take(world, given)
        given = again(world.messages.sent[-1].message, delivery_count=DELIVERIES)
    copies: list[OutgoingMessage] = world.messages.of(INTAKE)
    assert len({one.message_id for one in copies}) == 50
    assert {one.properties["SpokewrightOrigin"] for one in copies} == {"message-1/17"}
    assert [one.properties["SpokewrightReturns"] for one in copies] == list(range(1, 51))


async def test_message_that_cannot_be_put_back_is_delivered_again(
    given_dependencies: World,
) -> None:
    """Where nothing can be sent either, the broker has it still."""
    world = given_dependencies
    is_down(world)

    def fail(_: Sent) -> None:
        raise TemporaryError("ServiceBusFailed", "nobody answers")

    world.messages.before_send = fail
    with pytest.raises(TemporaryError):
        await take(world, message(delivery_count=DELIVERIES))


async def test_start_that_fails_is_tried_again(given_dependencies: World) -> None:
    """The tenant is recorded: whichever comes first, message or timer, starts it."""
    world = given_dependencies

    def refuse(_: Started) -> None:
        raise RuntimeError("a secret of the inside")

    world.client.on_start = refuse
    with pytest.raises(TemporaryError) as caught:
        await take(world)
    assert "secret" not in str(caught.value)
    world.client.on_start = lambda _: None
    await take(world, message(delivery_count=2))
    assert (len(world.client.started), results(world)[0]["outcome"]) == (1, "accepted")


async def test_mistake_of_ours_is_left_to_the_broker(given_dependencies: World) -> None:
    """It would be made for ever: the queue counts its deliveries, and keeps it at their end."""
    world = given_dependencies
    is_down(world, RuntimeError("a mistake"))
    with pytest.raises(RuntimeError):
        await take(world, message(delivery_count=DELIVERIES + 1))
    assert world.messages.sent == []


async def test_properties_of_the_sender_are_kept(given_dependencies: World) -> None:
    """As far as AMQP has them, and unless they are so many that ours would not fit."""
    world = given_dependencies
    own = {"ticket": 4711, "urgent": True, "nested": {"a": 1}}
    await take(world, message(b"42", application_properties=own))
    huge = {"blob": "x" * 60_000}
    await take(world, message(b"43", application_properties=huge, sequence_number=18))
    first, second = world.messages.of(DEAD_LETTERS)
    assert (first.properties["ticket"], first.properties["urgent"]) == (4711, True)
    assert not {"nested", "blob"} & {*first.properties, *second.properties}
