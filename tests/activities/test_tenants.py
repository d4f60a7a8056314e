"""Changing a tenant's record while others do."""

import pytest

from activities.tenants import RACES, change_tenant
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.lifecycle import TenantState
from landing_zone.tenants import TenantRecord
from tests.activities.calls import REQUEST, tenant
from tests.fakes import World


def with_more_operations(record: TenantRecord) -> TenantRecord:
    """The change that is tried."""
    return record.model_copy(update={"operations": record.operations + 1})


async def test_change_is_made_on_what_another_writer_left() -> None:
    """Neither change is lost."""
    world = World()
    world.registry.put(tenant())
    others = iter(["first", "second"])

    def interfere(_: TenantRecord) -> None:
        if name := next(others, ""):
            found = world.registry.rows[REQUEST.tenant_id].value
            changed = found.model_copy(update={"actor": f"{found.actor}+{name}"})
            world.registry.put(changed)

    world.registry.before_replace = interfere
    changed = await change_tenant(world.deps, REQUEST.tenant_id, with_more_operations)
    assert (changed.operations, changed.actor) == (2, "ann+first+second")
    assert world.registry.rows[REQUEST.tenant_id].value == changed


async def test_change_that_always_comes_second_is_temporary() -> None:
    """It is tried a bounded number of times."""
    world = World()
    world.registry.put(tenant())
    tries: list[TenantRecord] = []

    def interfere(record: TenantRecord) -> None:
        tries.append(record)
        world.registry.put(world.registry.rows[REQUEST.tenant_id].value)

    world.registry.before_replace = interfere
    with pytest.raises(TemporaryError, match="RegistryBusy"):
        await change_tenant(world.deps, REQUEST.tenant_id, with_more_operations)
    assert len(tries) == RACES


async def test_change_that_changes_nothing_writes_nothing() -> None:
    """So that a repeated activity leaves no trace."""
    world = World()
    world.registry.put(tenant())
    record = await change_tenant(world.deps, REQUEST.tenant_id, lambda found: found)
    assert (record.state, world.registry.writes) == (TenantState.PROVISIONING, 1)


async def test_tenant_that_is_not_there_cannot_be_changed() -> None:
    """And none is made."""
    world = World()
    with pytest.raises(PermanentError, match="TenantNotFound"):
        await change_tenant(world.deps, REQUEST.tenant_id, with_more_operations)
    assert world.registry.rows == {}
