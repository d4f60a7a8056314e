"""What an offboarding would do, without doing any of it."""

from typing import Any

from activities.data import names_of
from activities.dependencies import Dependencies
from activities.offboarding import is_seen, locks_on, subscription_of
from activities.routing.remains import Remains, remains_of
from landing_zone.applying import bound_to_go
from landing_zone.arm_ids import normalized
from landing_zone.offboarding.names import parked_after
from landing_zone.plan import Resource, Write
from landing_zone.routes.data import bears_data
from landing_zone.routes.offboarding import undoable
from landing_zone.tenants import TenantRecord
from landing_zone.work import Work


async def foreseen_end(deps: Dependencies, record: TenantRecord, work: Work) -> dict[str, Any]:
    """What would be deleted, purged and parked, what locks are in the way, and when."""
    remains = await remains_of(deps, record)
    there = [one for one in _planned(remains) if await _is_there(deps, one)]
    subscription = subscription_of(record, remains)
    at = max(deps.clock.now(), work.retain_until or deps.clock.now())
    parked = [found for one in there if (found := parked_after(one, at)) is not None]
    return {
        "tenantId": record.tenant_id,
        "state": record.state.value,
        "exported": work.exported or None,
        "retainUntil": work.retain_until.isoformat() if work.retain_until else None,
        "deleted": [
            {"key": one.key, "type": one.type, "id": one.id, "data": bears_data(one)}
            for one in there
        ],
        "purged": [
            one.id for one in there if one.recovery is not None and parked_after(one, at) is None
        ],
        "parked": [one.model_dump(mode="json") for one in parked],
        "locked": [
            {"id": lock.id, "ours": lock.is_ours} for lock in await locks_on(deps, record, remains)
        ],
        "subscription": await _fate(deps, record, subscription),
    }


def _planned(remains: Remains) -> list[Resource]:
    """What would be taken back, in the order in which it would be, each thing once."""
    found: dict[str, Resource] = {}
    for made in remains.plans:
        for one in undoable(made, remains.outputs):
            gone = bound_to_go(one, remains.outputs)
            found.setdefault(normalized(gone.id), gone)
    return list(found.values())


async def _is_there(deps: Dependencies, one: Resource) -> bool:
    if one.write is Write.INDEX:
        return await deps.indexes.get(*names_of(one)) is not None
    return await deps.arm.get(one.id, one.api_version) is not None


async def _fate(deps: Dependencies, record: TenantRecord, subscription: str) -> dict[str, Any]:
    if not subscription or not await is_seen(deps, subscription):
        return {"id": subscription or None, "outcome": "none"}
    vended = record.request.subscription.mode == "vend"
    return {"id": subscription, "outcome": "cancelled" if vended else "returned"}
