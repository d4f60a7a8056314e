"""The timer that frees what the dead hold."""

from typing import Any

import pytest

from landing_zone.lifecycle import TenantState
from tests.fakes import World
from tests.triggers.requests import TENANT, record
from triggers.leases import free_dead_leases


async def test_timer_works_in_the_process_s_world(
    given_dependencies: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The wrapper resolves and logs, nothing else."""
    world = given_dependencies
    world.registry.put(record(TenantState.FAILED))
    held = await world.ledger.reserve("hub-weu", TENANT, 24, [])
    world.clock.move(world.deps.settings.lease.grace_seconds)
    timer: Any = None
    client: Any = world.client
    await free_dead_leases(timer, client)
    assert world.ledger.held == {}
    assert f"{held.address_range} of hub-weu is free: {TENANT} is dead" in caplog.text
