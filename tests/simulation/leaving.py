"""A tenant on its way out: how a whole life is run, and what Azure has to look like after it."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final

from landing_zone.asking import Begun, Queued, ask
from landing_zone.audit import verify
from landing_zone.lifecycle import TenantState
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, instance_id
from landing_zone.work import Kind, Work
from localcloud.arm.routes.subscriptions import join_group, new_record
from tests.simulation.approving import approve_when_asked
from tests.simulation.kinds import KINDS, fault_at
from tests.simulation.kinds import Kind as Failure
from tests.simulation.matrix import Case, arrange, planned
from tests.simulation.requests import request_of
from tests.simulation.simulation import HangError, Simulation
from tests.simulation.virtual_loop import run
from triggers.starting import start
from triggers.tenants import admitted

ADOPTED: Final = "0ad0b7ed-0000-4000-8000-000000000001"
OFFBOARD: Final = Work(kind=Kind.OFFBOARD, actor="simulation", reason="the contract has ended")
MOST_TRIES: Final = 3
DEADLINE_SECONDS: Final = 48 * 3600.0

type Dump = dict[str, dict[str, Any]]


def dump(simulation: Simulation) -> Dump:
    """All that Azure holds, whole."""
    return {str(one["id"]).lower(): one for one in simulation.arm.resources()}


def lived[T](simulation: Simulation, life: Coroutine[Any, Any, T]) -> T:
    """Run a life to its end.

    Raises:
        HangError: It does not end in time.
    """

    async def bounded() -> T:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await life
        except TimeoutError as late:
            raise HangError("\n".join(simulation.engine.waiting())) from late

    return run(simulation.world.clock, bounded())


async def onboard(simulation: Simulation, request: TenantRequest) -> TenantRecord:
    """Onboard a tenant, to whatever end."""
    record, _ = await admitted(simulation.deps, request, "simulation")
    await start(simulation.engine, record)
    approving = asyncio.create_task(approve_when_asked(simulation, request))
    try:
        return await settled(simulation, record.tenant_id)
    finally:
        approving.cancel()


async def operate(simulation: Simulation, tenant_id: str, work: Work) -> TenantRecord:
    """Ask for an operation, and wait until it is over."""
    await begin(simulation, tenant_id, work)
    return await settled(simulation, tenant_id)


async def begin(simulation: Simulation, tenant_id: str, work: Work) -> None:
    """Ask for an operation."""
    found = await simulation.deps.registry.get(tenant_id)
    assert found is not None
    match ask(found.value, work, simulation.world.clock.now()):
        case Begun(record) | Queued(record):
            assert await simulation.deps.registry.replace(record, found.etag)
            await start(simulation.engine, record)


async def settled(simulation: Simulation, tenant_id: str) -> TenantRecord:
    """The tenant's record once nothing is at work on it."""
    await simulation.engine.until([instance_id(tenant_id)])
    return simulation.tenant(tenant_id)


async def offboard(simulation: Simulation, tenant_id: str) -> TenantRecord:
    """Offboard a tenant, again as often as it takes without any failure of Azure's."""
    for _ in range(MOST_TRIES):
        record = await operate(simulation, tenant_id, OFFBOARD)
        if record.state is TenantState.OFFBOARDED:
            return record
        assert record.open_work, record.reason
        mend(simulation)
    raise AssertionError(f"{record.reason}: {record.open_work}")


def adopted(simulation: Simulation) -> dict[str, str]:
    """A subscription that somebody else has made, with a group, and tags that ours replace."""
    cloud = simulation.arm.cloud
    with cloud.store.transaction():
        tags = {"Owner": "platform@contoso.com", "purpose": "research"}
        cloud.store.put(new_record(cloud, ADOPTED, "made by hand", tags))
        join_group(cloud, ADOPTED, cloud.hub.management_groups.platform)
    return {"mode": "adopt", "id": ADOPTED}


def request_for(simulation: Simulation, tier: str, mode: str) -> TenantRequest:
    """What a tenant of a tier asks for, on a subscription of its own."""
    request = request_of(tier)
    if mode == "vend":
        return request
    document = request.to_document() | {"subscription": adopted(simulation)}
    return TenantRequest.model_validate(document)


async def failed_onboarding(simulation: Simulation, case: Case) -> TenantRecord:
    """A tenant that was onboarded while a failure struck one of its resources; Azure is well then.

    It may have become active all the same.
    """
    made = planned(case.tier)
    arrange(simulation, made, KINDS[case.kind], made.by_key[case.key])
    record = await onboard(simulation, request_of(case.tier))
    simulation.arm.on_answer = simulation.engine.on_status = None
    mend(simulation)
    return record


def mend(simulation: Simulation) -> None:
    """Let Azure be well again: what was stuck goes on."""
    cloud = simulation.arm.cloud
    cloud.settle()
    gone, store = simulation.arm.gateway.faults.remove(), cloud.store
    with store.transaction():
        for operation in store.running():
            if operation.stuck in gone:
                operation.stuck = ""
                operation.due = max(operation.due, cloud.now())
                store.save(operation)


def strike(simulation: Simulation, case: Case) -> None:
    """Let a failure strike what takes a resource back."""
    kind: Failure = KINDS[case.kind]
    simulation.arm.inject(fault_at(kind, planned(case.tier).by_key[case.key]))


def assert_gone(simulation: Simulation, before: Dump, record: TenantRecord) -> None:
    """Azure is as it was before, but for exactly what the certificate says that it keeps.

    The subscription that we made stays as a cancelled one, in the root of the hierarchy; whatever
    is parked and can be seen is seen.
    """
    assert simulation.engine.crashes == []
    assert record.state is TenantState.OFFBOARDED
    certificate = simulation.world.documents.certificates[record.certificate]
    after = dump(simulation)
    expected = {one.id.lower() for one in certificate.parked if one.id}
    if certificate.subscription.outcome == "cancelled":
        own = f"/subscriptions/{certificate.subscription.id}"
        root = simulation.arm.cloud.directory
        expected |= {own, f"/providers/microsoft.management/managementgroups/{root}{own}"}
        assert after[own]["state"] == "Disabled"
        assert after[own]["tags"] == {}
    assert after.keys() - before.keys() == expected
    assert before.keys() - after.keys() == set()
    changed = [key for key in before if _plain(before[key]) != _plain(after[key])]
    assert changed == []
    assert_nothing_held(simulation, record)
    assert_certified(simulation, record)


def _plain(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without what tells how often it was written."""
    return {name: value for name, value in resource.items() if name != "etag"}


def assert_nothing_held(simulation: Simulation, record: TenantRecord) -> None:
    """Neither a range, a claim, a row of the hub, nor a subscription; and nothing is left to do."""
    world, name = simulation.world, record.tenant_id
    assert record.reservation is None
    assert record.open_work == ()
    assert (record.plan_hash, record.subscription_id, record.reason) == ("", "", "")
    assert [key for key in world.ledger.held if key[1] == name] == []
    assert [key for key in world.ledger.claims if key[1] == name] == []
    rows = [row.value.member.tenant_id for row in world.hub_requests.rows.values()]
    assert name not in rows
    assert name not in world.registry.claims.values()


def assert_certified(simulation: Simulation, record: TenantRecord) -> None:
    """The certificate's hash is in the audit, whose chains are whole and end as things did."""
    certificate = simulation.world.documents.certificates[record.certificate]
    assert (certificate.operation_id, certificate.residue) == (record.operation_id, 0)
    for chain in simulation.world.audit.chains.values():
        verdict = verify(chain)
        assert verdict.valid, verdict.reason
    entries = simulation.world.audit.entries(record.tenant_id)
    [noted] = [
        one
        for one in entries
        if one.action == "tenant.certify" and one.operation_id == record.operation_id
    ]
    assert noted.details["certificate"] == certificate.hash
    last = entries[-1]
    assert (last.action, last.outcome) == ("tenant.offboard", "done")
    assert last.details["after"] == "offboarded"
    for one in certificate.parked:
        assert one.until > certificate.issued_at
        assert one.until <= certificate.issued_at + timedelta(days=90)
