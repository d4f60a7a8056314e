"""Telling by message how an operation ended."""

import json

import pytest

from activities.results import send_results
from landing_zone.contracts import OperationRef
from landing_zone.errors import TemporaryError
from landing_zone.intake.messages import RESULTS
from landing_zone.intake.replies import Reply
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.tenants import TenantRecord
from tests.activities.calls import OPERATION, tenant
from tests.fake_messages import Sent
from tests.fakes import NOON, World

REPLY = Reply(origin="message/1", correlation_id="question", message_id="message")


def owing() -> World:
    """A world with a tenant whose end has not been told."""
    world = World()
    record = tenant(TenantState.PROVISIONING, reply=REPLY)
    world.registry.put(record.after(TenantEvent.FAIL, NOON, reason="it broke", hint="mend it"))
    return world


def record_of(world: World) -> TenantRecord:
    """The tenant's record."""
    return world.registry.rows[OPERATION.tenant_id].value


async def test_end_is_told_and_no_longer_owed() -> None:
    """With the reason, and under the id that the sender knows."""
    world = owing()
    assert (await send_results(world.deps, OPERATION)).state == "done"
    [sent] = world.messages.of(RESULTS)
    document = json.loads(sent.body)
    assert (sent.correlation_id, document["outcome"]) == ("question", "failed")
    assert (document["reason"], document["hint"]) == ("it broke", "mend it")
    assert record_of(world).owed == ()


async def test_end_told_twice_is_one_message() -> None:
    """The worker died between sending and noting it."""
    world = owing()
    before = record_of(world)
    await send_results(world.deps, OPERATION)
    world.registry.put(before)
    await send_results(world.deps, OPERATION)
    assert len(world.messages.of(RESULTS)) == 1


async def test_end_that_cannot_be_told_stays_owed() -> None:
    """The timer tells it later."""
    world = owing()

    def fail(_: Sent) -> None:
        raise TemporaryError("ServiceBusFailed", "nobody answers")

    world.messages.before_send = fail
    with pytest.raises(TemporaryError):
        await send_results(world.deps, OPERATION)
    assert len(record_of(world).owed) == 1


async def test_what_is_owed_since_is_not_lost() -> None:
    """Another writer adds to the record between the sending and the noting."""
    world = owing()
    first = record_of(world)
    second = first.owed[0].model_copy(update={"operation_id": f"{first.tenant_id}.2"})
    others = iter([first.model_copy(update={"owed": (*first.owed, second)})])

    def interfere(_: TenantRecord) -> None:
        for other in others:
            world.registry.put(other)

    world.registry.before_replace = interfere
    await send_results(world.deps, OPERATION)
    assert record_of(world).owed == (second,)


async def test_tenant_that_owes_nothing_is_left_alone() -> None:
    """As is one that is not there."""
    world = World()
    await send_results(world.deps, OperationRef(tenant_id="nobody", operation_id="nobody.1"))
    world.registry.put(tenant(TenantState.ACTIVE))
    await send_results(world.deps, OPERATION)
    assert (world.messages.sent, world.registry.writes) == ([], 1)
