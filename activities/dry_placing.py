"""Which place a request would get, as onboarding would find it; nothing is held for it."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from activities.dependencies import Dependencies
from activities.operations import first_place, given_place, held_place, require_subscription
from activities.registered import every_tenant
from landing_zone.access import Access
from landing_zone.admission import (
    Insert,
    Restart,
    Same,
    Update,
    admit,
    faults_of,
    require_place,
)
from landing_zone.dry_run.fixed import fixed_faults
from landing_zone.request_parsing import InvalidRequest
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord

NOBODY: Final = "dry-run"
"""Who asks where nobody in particular does."""


@dataclass(frozen=True)
class Asked:
    """A request, and what is known of the tenant that it is for.

    Attributes:
        request: What is asked for.
        existing: The tenant's record; None where there is no such tenant.
        reservation: What the tenant holds of its hub, or would be given.
        reserved: Whether it holds that already.
    """

    request: TenantRequest
    existing: TenantRecord | None
    reservation: Reservation
    reserved: bool


async def asked_for(
    deps: Dependencies, request: TenantRequest, asker: Access | str = NOBODY
) -> Asked:
    """What a request would come to, as far as its place is concerned.

    Raises:
        AccessRefused: The tenant is another's.
        InvalidRequest: No hub could ever give what is asked for, or something is to be changed
            that cannot be.
        PermanentError: It would be refused.
        CapacityExceeded: No hub of the region has room.
        TemporaryError: Something could not be read.
    """
    faults = tuple(faults_of(request, deps.document))
    if faults:
        raise InvalidRequest(faults)
    found = await deps.registry.get(request.tenant_id)
    existing = found.value if found else None
    record, is_new = _admitted(deps, request, existing, asker)
    await require_subscription(
        deps, record, lambda subscription, _: deps.registry.subscription_holder(subscription)
    )
    if record.reservation is not None:
        reservation = await _held(deps, request, existing, record.reservation)
        return Asked(request, existing, reservation, reserved=reservation == record.reservation)
    if is_new:
        require_place(request, deps.document, await every_tenant(deps.registry))
    held = await held_place(deps, record, partial(_leased, deps))
    reservation = held or await first_place(deps, record, deps.ledger.preview)
    # The number that `reserve` will give it: names that must be unique in the world depend on it.
    numbered = reservation.model_copy(update={"generation": record.operations})
    return Asked(request, existing, numbered, reserved=held is not None)


def _admitted(
    deps: Dependencies,
    request: TenantRequest,
    existing: TenantRecord | None,
    asker: Access | str,
) -> tuple[TenantRecord, bool]:
    """The record as the request would have it, and whether the tenant is to be given a place."""
    match admit(request, existing, asker, deps.clock.now()):
        case Same(record):
            return record, False
        case Update(record):
            return record.model_copy(update={"request": request}), False
        case Insert(record) | Restart(record):
            return record, True


async def _held(
    deps: Dependencies, request: TenantRequest, existing: TenantRecord | None, held: Reservation
) -> Reservation:
    """What the tenant holds, and what else it would have to hold for what is asked for."""
    if existing is None or existing.request == request:
        return held
    faults = tuple(fixed_faults(request, existing.request))
    if faults:
        raise InvalidRequest(faults)
    wanted = await given_place(deps, deps.document.hub(held.hub), request, deps.ledger.preview)
    return held.model_copy(update={"node_subnet": wanted.node_subnet})


async def _leased(deps: Dependencies, hub: str, tenant_id: str) -> Reservation | None:
    """What a tenant holds of a hub; looking at it does not renew it."""
    lease = await deps.ledger.lease(hub, tenant_id)
    return lease.reservation if lease is not None else None
