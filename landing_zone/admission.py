"""What a request for a tenant means, given what the registry knows of it."""

from dataclasses import dataclass
from datetime import datetime

from landing_zone.errors import PermanentError
from landing_zone.hub import Hub, HubDocument
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, new_tenant

_UNDER_WAY = frozenset(
    {TenantState.REQUESTED, TenantState.AWAITING_APPROVAL, TenantState.PROVISIONING}
)
_OVER = frozenset({TenantState.FAILED, TenantState.OFFBOARDED})


@dataclass(frozen=True)
class Insert:
    """A new tenant: add the record, then start."""

    record: TenantRecord


@dataclass(frozen=True)
class Restart:
    """A tenant whose earlier attempt is over: replace the record, then start."""

    record: TenantRecord


@dataclass(frozen=True)
class Same:
    """The same request again: nothing changes; what is under way is made sure to run."""

    record: TenantRecord
    under_way: bool


type Admission = Insert | Restart | Same


def admit(
    request: TenantRequest, existing: TenantRecord | None, actor: str, now: datetime
) -> Admission:
    """What the request means.

    Raises:
        PermanentError: The tenant exists and was asked for differently (`TenantExists`), or
            something of an earlier attempt is left, which only the same request would pick up
            (`OpenWork`).
    """
    if existing is None:
        return Insert(new_tenant(request, actor, now))
    if existing.open_work and existing.request != request:
        raise PermanentError(
            "OpenWork",
            f"{len(existing.open_work)} resources of an earlier attempt are still there",
            "send the same request again, which picks them up, or remove them first",
        )
    if existing.state in _OVER:
        return Restart(_asked_again(request, existing, actor, now))
    if existing.request == request:
        return Same(existing, under_way=existing.state in _UNDER_WAY)
    raise PermanentError(
        "TenantExists",
        f"tenant {request.tenant_id} is {existing.state.value} and was requested differently",
        "choose another tenantId; changing a tenant is an update, not a second request",
    )


def _asked_again(
    request: TenantRequest, existing: TenantRecord, actor: str, now: datetime
) -> TenantRecord:
    return existing.after(
        TenantEvent.RE_REQUEST,
        now,
        request=request,
        actor=actor,
        operations=existing.operations + 1,
        reason="",
        hint="",
        recoveries=0,
    )


def hub_for(request: TenantRequest, document: HubDocument) -> Hub:
    """The hub that a request goes to.

    Raises:
        PermanentError: No hub is in that region (`RegionNotServed`).
    """
    hubs = document.in_region(request.region)
    if not hubs:
        regions = ", ".join(sorted({hub.region for hub in document.hubs}))
        raise PermanentError(
            "RegionNotServed", f"no hub is in {request.region}", f"regions served: {regions}"
        )
    return hubs[0]
