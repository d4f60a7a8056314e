"""What must hold of all tenants whenever nothing is at work on any of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from landing_zone.audit import verify
from landing_zone.capacity import demand_of
from landing_zone.lifecycle import SETTLED, TRANSITIONS, TenantState
from landing_zone.routes.courses import LEAVING
from landing_zone.routes.data import DATA_BEARING
from landing_zone.tenants import TenantRecord, instance_id
from tests.leaks import assert_nothing_is_shared_or_leaked
from tests.simulation.checks import (
    assert_actionable,
    assert_listed,
    assert_nothing_left,
    assert_taken_back,
    assert_whole,
    resources_of,
)
from tests.simulation.lasting import lasting
from tests.simulation.living import Change
from tests.simulation.local_arm import Exchange
from tests.simulation.simulation import Simulation

type Shown = Mapping[str, Mapping[str, Any]]
"""What Azure holds of each tenant, by tenant and id."""

ALLOWED: Final = frozenset((start, end) for (start, _), end in TRANSITIONS.items())


def assert_agrees(ground: Simulation) -> None:
    """The registry, Azure and the hub agree on every tenant."""
    assert ground.engine.crashes == []
    assert_audit(ground)
    records = records_of(ground)
    for record in records:
        assert_quiet(ground, record)
        assert_as_told(ground, record)
    assert_apart(ground, records)


def records_of(ground: Simulation) -> list[TenantRecord]:
    """Every tenant's record."""
    return [row.value for row in ground.world.registry.rows.values()]


def assert_quiet(ground: Simulation, record: TenantRecord) -> None:
    """Nothing is at work on a tenant, or its operation waits for a person or for a time to come."""
    if record.ongoing and is_waiting(ground, record):
        return
    waits = (record.tenant_id, list(ground.engine.waiting()))
    assert record.state in SETTLED, (record.state, *waits)
    assert not record.ongoing, waits
    assert record.queued == ()
    assert not ground.engine.instances[instance_id(record.tenant_id)].running, waits
    assert record.operation_id in ground.world.documents.operations


def is_waiting(ground: Simulation, record: TenantRecord) -> bool:
    """Whether a tenant's orchestration waits for nothing that is at work."""
    instance = ground.engine.instances[instance_id(record.tenant_id)]
    if not instance.running or instance.awaited is None:
        return False
    waits = [leaf.label for leaf in instance.awaited.leaves if not leaf.is_completed]
    return all(label.startswith(("event ", "timer ")) for label in waits)


def assert_as_told(ground: Simulation, record: TenantRecord) -> None:
    """What there is of a tenant is what its state says."""
    match record.state:
        case TenantState.ACTIVE if record.remains:
            # It has moved, and something of where it was before could not be removed.
            assert record.open_work
            assert_listed(ground, record)
        case TenantState.ACTIVE:
            assert_whole(ground, record)
            assert_claimed(ground, record)
        case TenantState.FAILED if record.active_since is None:
            assert_actionable(ground, record)
            assert_taken_back(ground, record, readable=True)
        case TenantState.FAILED:
            assert record.reason
            assert record.hint
            if any(item.key == "operation" for item in record.open_work):
                # Nobody knows how far it came, and that is what is told.
                return
            if record.work.kind in LEAVING:
                assert_taken_back(ground, record, readable=False)
            else:
                assert_listed(ground, record)
        case TenantState.OFFBOARDED if not record.open_work:
            assert_nothing_left(ground, record)


def assert_claimed(ground: Simulation, record: TenantRecord) -> None:
    """Of the hub's limits a tenant claims what its request takes, and no more."""
    assert record.reservation is not None
    claims = ground.world.ledger.claims[record.reservation.hub, record.tenant_id]
    assert claims == demand_of(record.request).claims, record.tenant_id


def assert_apart(ground: Simulation, records: Iterable[TenantRecord]) -> None:
    """No two tenants share anything of the hub, and the hub has nothing that is nobody's."""
    held = {one.tenant_id: one.reservation for one in records if one.reservation is not None}
    active = {one.tenant_id for one in records if one.state is TenantState.ACTIVE}
    ledger = {tenant: found for (_, tenant), found in ground.world.ledger.held.items()}
    # The ledger may hold more than a record says of a tenant that failed: what it was to have.
    assert ledger.keys() == held.keys()
    assert {tenant: found.address_range for tenant, found in ledger.items()} == {
        tenant: found.address_range for tenant, found in held.items()
    }
    assert_nothing_is_shared_or_leaked(
        ground.arm.resources(),
        {tenant: found for tenant, found in ledger.items() if tenant in active},
        {tenant: found for tenant, found in ledger.items() if tenant not in active},
    )


def assert_audit(ground: Simulation) -> None:
    """The chains are whole, and each operation that has begun in one has ended in it."""
    for chain in ground.world.audit.chains.values():
        verdict = verify(chain)
        assert verdict.valid, verdict.reason
    for record in records_of(ground):
        told: dict[str, list[str]] = defaultdict(list)
        for entry in ground.world.audit.entries(record.tenant_id):
            if entry.action.startswith("tenant.") and entry.action != "tenant.queue":
                told[entry.operation_id].append(entry.outcome)
        for number in range(1, record.operations + (not record.ongoing)):
            outcomes = told[f"{record.tenant_id}.{number}"]
            assert outcomes, (record.tenant_id, number)
            assert outcomes[-1] != "begun", (record.tenant_id, number, outcomes)


def assert_transitions(changes: Iterable[Change]) -> None:
    """No tenant has ever gone from a state to one that the table does not lead to."""
    for change in changes:
        if change.before is None:
            assert change.after is TenantState.REQUESTED, change
        elif change.before is not change.after:
            assert (change.before, change.after) in ALLOWED, change


def shown(ground: Simulation) -> Shown:
    """What Azure holds of each tenant."""
    return {record.tenant_id: resources_of(ground, record) for record in records_of(ground)}


def assert_untouched(before: Shown, after: Shown, touched: Iterable[str]) -> None:
    """What was done to some tenants has changed nothing of the others'."""
    for tenant in before.keys() - set(touched):
        assert before[tenant].keys() == after[tenant].keys(), tenant
        there, now = (
            {one: lasting(items) for one, items in shown.items()}
            for shown in (before[tenant], after[tenant])
        )
        differing = {one: (there[one], now[one]) for one in there if there[one] != now[one]}
        assert not differing, (tenant, differing)


def assert_data_kept(
    before: Shown, log: Iterable[Exchange], tenants: Iterable[TenantRecord]
) -> None:
    """Nothing that held data of these tenants before was asked to go.

    What a change that failed has left is nothing of theirs: it was to go with that change.
    """
    bearing = {
        one
        for tenant in tenants
        for one, items in before.get(tenant.tenant_id, {}).items()
        if str(items[0].get("type", "")).lower() in DATA_BEARING
        and one not in {item.resource.lower() for item in tenant.open_work}
    }
    asked = {one.path.lower() for one in log if one.method == "DELETE"}
    assert not asked & bearing, asked & bearing
