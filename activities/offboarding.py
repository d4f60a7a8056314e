"""What a way out needs beside walking over plans: locks, what nobody planned, deleted names.

Each may be run again: what is there is read first.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from activities.dependencies import Dependencies
from activities.routing.remains import Remains, remains_of
from activities.tenants import change_tenant, current_tenant
from landing_zone.applying import bound_to_go
from landing_zone.arm_ids import subscription_scope
from landing_zone.contracts import OperationRef, Outcome
from landing_zone.differences import value_at
from landing_zone.ends import OpenWork
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.offboarding.locks import Lock, blocking, lock_of
from landing_zone.offboarding.names import is_purgeable, purge_request
from landing_zone.plan import Recovery
from landing_zone.planning import api_versions
from landing_zone.references import referenced_keys
from landing_zone.tenants import TenantRecord


async def remove_locks(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Take away our locks on what is to go.

    Raises:
        PermanentError: Others have locked some of it (`Locked`); each is named on the tenant.
    """
    record = await current_tenant(deps, operation)
    remains = await remains_of(deps, record)
    found = await locks_on(deps, record, remains)
    for lock in found:
        if lock.is_ours:
            await deps.arm.write("DELETE", lock.id, api_versions.LOCKS, None)
    foreign = [lock for lock in found if not lock.is_ours]
    if not foreign:
        return Outcome(state="done")
    await note_open(
        deps, operation, [OpenWork(key="lock", resource=one.id, reason=one.told) for one in foreign]
    )
    named = ", ".join(one.id for one in foreign)
    raise PermanentError(
        "Locked", f"locks that are not ours are in the way: {named}", "remove them, then ask again"
    )


async def locks_on(deps: Dependencies, record: TenantRecord, remains: Remains) -> list[Lock]:
    """The locks that forbid to take down what may be there of a tenant."""
    subscription = subscription_of(record, remains)
    if not subscription or not await is_seen(deps, subscription):
        return []
    path = f"{subscription_scope(subscription)}/providers/Microsoft.Authorization/locks"
    items = await deps.arm.pages(path, api_versions.LOCKS)
    return list(blocking(map(lock_of, items), planned_ids(remains)))


async def empty_subscription(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Delete the groups that nobody planned from a subscription that we made.

    Azure puts some there by itself, as that of the network watchers (learn:
    network-watcher/network-watcher-create), and one that holds anything is not cancelled.

    Raises:
        TemporaryError: Some are still going.
    """
    record = await current_tenant(deps, operation)
    remains = await remains_of(deps, record)
    if record.request.subscription.mode != "vend" or not remains.subscription_id:
        return Outcome(state="done")
    scope = subscription_scope(remains.subscription_id)
    if not await is_seen(deps, remains.subscription_id):
        return Outcome(state="done")
    groups = await deps.arm.pages(f"{scope}/resourceGroups", api_versions.RESOURCES)
    for group in groups:
        if value_at(group, "properties.provisioningState") != "Deleting":
            await deps.arm.write("DELETE", str(group["id"]), api_versions.RESOURCES, None)
    if not groups:
        return Outcome(state="done")
    names = ", ".join(str(group["name"]) for group in groups)
    raise TemporaryError("NotEmpty", f"groups that nobody planned are being deleted: {names}")


async def purge_deleted(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Purge what Azure keeps of deleted resources, and their names, where it can be.

    Raises:
        TemporaryError: Some are still going.
    """
    record = await current_tenant(deps, operation)
    going: list[str] = []
    for kept, found in await kept_names(deps, await remains_of(deps, record)):
        if is_purgeable(found):
            method, path = purge_request(kept.id)
            await deps.arm.write(method, path, kept.api_version, None)
            going.append(kept.id.rpartition("/")[2])
    if not going:
        return Outcome(state="done")
    raise TemporaryError("BeingPurged", f"{', '.join(going)} are being purged")


async def kept_names(deps: Dependencies, remains: Remains) -> list[tuple[Recovery, dict[str, Any]]]:
    """What Azure keeps of deleted resources, with what it says of each."""
    found: list[tuple[Recovery, dict[str, Any]]] = []
    for kept in {one.id: one for one in _recoveries(remains)}.values():
        body = await deps.arm.get(kept.id, kept.api_version)
        if body is not None:
            found.append((kept, body))
    return found


def _recoveries(remains: Remains) -> Iterator[Recovery]:
    for made in remains.plans:
        for one in made.resources:
            if one.recovery is None or not referenced_keys(one.id) <= remains.outputs.keys():
                continue
            recovery = bound_to_go(one, remains.outputs).recovery
            if recovery is not None:
                yield recovery


def planned_ids(remains: Remains) -> list[str]:
    """ARM ids of all that may be there, as far as they are known."""
    return [
        bound_to_go(one, remains.outputs).id
        for made in remains.plans
        for one in made.resources
        if referenced_keys(one.id) <= remains.outputs.keys()
    ]


def subscription_of(record: TenantRecord, remains: Remains) -> str:
    """The tenant's subscription: the one that it adopted, or the one that we made."""
    return str(record.request.subscription.id or remains.subscription_id)


async def is_seen(deps: Dependencies, subscription: str) -> bool:
    """Whether a subscription is there at all: what was cancelled goes after a while."""
    scope = subscription_scope(subscription)
    return await deps.arm.get(scope, api_versions.SUBSCRIPTIONS) is not None


async def note_open(deps: Dependencies, operation: OperationRef, work: Iterable[OpenWork]) -> None:
    """Write on the tenant's record what is in the way, or was found to be left."""
    told = tuple(work)

    def noted(record: TenantRecord) -> TenantRecord:
        if record.operation_id != operation.operation_id or record.open_work == told:
            return record
        return record.model_copy(update={"open_work": told, "updated_at": deps.clock.now()})

    await change_tenant(deps, operation.tenant_id, noted)
