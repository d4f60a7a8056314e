"""Freeing what is held on leases of requests that died: never what a living request holds.

The lease is read first, and freed only if it is the same at the end. A request that comes upon a
lease in between renews it, and is then safe; one that comes later finds nothing, and is given
another range. So it does not matter how long this takes, or where it dies.
"""

import hashlib
from typing import Any, Literal, Protocol

from activities.auditing import AUTOMATION
from activities.dependencies import Dependencies
from activities.registered import every_tenant
from landing_zone.audit import AuditEntry
from landing_zone.instances import is_on_its_way
from landing_zone.leases import is_ripe, why_dead
from landing_zone.reservation import Lease
from landing_zone.tenants import instance_id


class LeaseClient(Protocol):
    """As much of the durable client as is needed here. Asynchronous."""

    async def get_status(self, instance_id: str) -> Any:
        """The status of an orchestration; its `runtime_status` is None when there is none."""
        ...


async def free_dead(deps: Dependencies, client: LeaseClient) -> list[Lease]:
    """Free every lease that is dead; those that were freed.

    Raises:
        TemporaryError: Storage could not be reached; the next run goes on.
    """
    settings, now = deps.settings.lease, deps.clock.now()
    ripe = [
        lease
        for hub in deps.document.hubs
        for lease in await deps.ledger.leases(hub.name)
        if is_ripe(lease, settings, now)
    ]
    if not ripe:
        return []
    records = {record.tenant_id: record for record in await every_tenant(deps.registry)}
    suspects = [lease for lease in ripe if why_dead(lease, records.get(lease.tenant_id))]
    return [lease for lease in suspects if await _freed(deps, client, lease)]


async def _freed(deps: Dependencies, client: LeaseClient, lease: Lease) -> bool:
    """Whether a lease was dead, and is freed."""
    if is_on_its_way(await client.get_status(instance_id(lease.tenant_id))):
        return False
    found = await deps.registry.get(lease.tenant_id)
    why = why_dead(lease, found.value if found else None)
    if not why:
        return False
    await _note(deps, lease, why, "begun")
    freed = await deps.ledger.free(lease)
    await _note(deps, lease, why, "done" if freed else "kept")
    return freed


async def _note(
    deps: Dependencies, lease: Lease, why: str, outcome: Literal["begun", "done", "kept"]
) -> None:
    """Before it is freed, and after: a run that dies in between is seen."""
    name = hashlib.sha256(f"{lease.hub}\n{lease.version}".encode()).hexdigest()[:32]
    held = lease.reservation
    details = {
        "why": why,
        "hub": lease.hub,
        "addressRange": str(held.address_range),
        "nodeSubnet": str(held.node_subnet or ""),
        "leasedAt": lease.since.isoformat(),
    }
    entry = AuditEntry(
        tenant_id=lease.tenant_id,
        operation_id=f"lease-{name}",
        event_id=f"lease:{name}:{outcome}",
        action="reservation.free",
        actor=AUTOMATION,
        outcome=outcome,
        details={key: value for key, value in details.items() if value},
        at=deps.clock.now(),
    )
    await deps.audit.append(entry)
