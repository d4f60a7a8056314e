"""Telling later what could not be told at once."""

import json
from typing import Any

from landing_zone.errors import TemporaryError
from landing_zone.intake.messages import RESULTS
from landing_zone.intake.replies import Reply
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.tenants import TenantRecord
from tests.fake_messages import Sent
from tests.fakes import NOON, World
from tests.triggers.requests import record
from triggers.results import send_all_owed, send_owed_results


def owing(tenant_id: str) -> TenantRecord:
    """A tenant whose end has not been told."""
    reply = Reply(origin=f"{tenant_id}/1", correlation_id=f"question of {tenant_id}")
    under_way = record(TenantState.PROVISIONING, tenant_id, reply=reply)
    return under_way.after(TenantEvent.COMPLETE, NOON)


async def test_what_is_owed_is_told_once(given_dependencies: World) -> None:
    """And what is owed to nobody is not."""
    world = given_dependencies
    for one in (owing("tenant-1"), owing("tenant-2"), record(TenantState.ACTIVE, "tenant-3")):
        world.registry.put(one)
    timer: Any = None
    await send_owed_results(timer)
    await send_owed_results(timer)
    told = [json.loads(one.body) for one in world.messages.of(RESULTS)]
    assert [(one["tenantId"], one["outcome"], one["correlationId"]) for one in told] == [
        ("tenant-1", "active", "question of tenant-1"),
        ("tenant-2", "active", "question of tenant-2"),
    ]
    assert not any(row.value.owed for row in world.registry.rows.values())


async def test_one_that_cannot_be_told_keeps_no_other_waiting(given_dependencies: World) -> None:
    """It stays owed."""
    world = given_dependencies
    world.registry.put(owing("tenant-1"))
    world.registry.put(owing("tenant-2"))

    def fail(sent: Sent) -> None:
        if sent.message.properties["tenantId"] == "tenant-1":
            raise TemporaryError("ServiceBusFailed", "nobody answers")

    world.messages.before_send = fail
    assert await send_all_owed(world.deps) == 1
    assert [bool(row.value.owed) for row in world.registry.rows.values()] == [True, False]
