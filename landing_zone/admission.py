"""What a request for a tenant means, given what the registry knows of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from landing_zone.access import Access, AccessRefused, Reason
from landing_zone.capacity import (
    UNDER_WAY,
    CapacityExceeded,
    HubRefusal,
    demand_of,
    occupancies,
)
from landing_zone.errors import PermanentError
from landing_zone.hub import Hub, HubDocument
from landing_zone.intake.replies import Reply
from landing_zone.key_records import KeyRecord
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.request_parsing import Fault
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, new_tenant
from landing_zone.work import ONBOARDING


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


@dataclass(frozen=True)
class Update:
    """Another request for a tenant that is there: it is to be changed, as by a patch."""

    record: TenantRecord


type Admission = Insert | Restart | Same | Update


def admit(
    request: TenantRequest,
    existing: TenantRecord | None,
    asker: Access | str,
    now: datetime,
    reply: Reply | None = None,
) -> Admission:
    """What the request means.

    A message may be delivered again after all that it asked for has been done, or has failed, and
    after others have asked for something else: what it began is what it gets.

    Args:
        request: What is asked for.
        existing: What the registry knows of the tenant.
        asker: Who asks: a caller with what it may do, who then owns a new tenant; or a part of the
            application by its name, which may ask for any.
        now: The time.
        reply: Who is to be told by message how it ends.

    Raises:
        AccessRefused: The tenant is another's (`TenantIdTaken`).
        PermanentError: Something of an earlier attempt is left, which only the same request would
            pick up (`OpenWork`).
    """
    actor, owner = (asker, None) if isinstance(asker, str) else (asker.actor, asker.principal.id)
    if existing is None:
        return Insert(new_tenant(request, actor, now, reply, owner))
    if isinstance(asker, Access) and not asker.reaches(existing.owner):
        raise _taken(asker, request.tenant_id)
    if reply is not None and existing.has_heard(reply):
        return Same(existing, under_way=existing.ongoing or existing.state in UNDER_WAY)
    if not _is_over(existing):
        return Update(existing)
    if existing.open_work and existing.request != request:
        raise PermanentError(
            "OpenWork",
            f"{len(existing.open_work)} resources of an earlier attempt are still there",
            "send the same request again, which picks them up, or remove them first",
        )
    return Restart(_asked_again(request, existing, actor, now, reply))


def _is_over(existing: TenantRecord) -> bool:
    """Whether nothing of a tenant is there that could be changed.

    What failed after it had been active goes on as an update: an onboarding that fails takes back
    all that there is.
    """
    has_lived = existing.active_since is not None
    is_failed = existing.state is TenantState.FAILED
    return existing.state is TenantState.OFFBOARDED or (is_failed and not has_lived)


def _taken(access: Access, tenant_id: str) -> AccessRefused:
    """Says nothing of the other's tenant but that its id, which is unique, is taken."""
    return AccessRefused(
        "TenantIdTaken",
        f"{tenant_id} is not yours to ask for",
        Reason.TAKEN,
        hint="choose another tenantId",
        principal=access.principal,
        tenant_id=tenant_id,
    )


def _asked_again(
    request: TenantRequest,
    existing: TenantRecord,
    actor: str,
    now: datetime,
    reply: Reply | None,
) -> TenantRecord:
    return existing.after(
        TenantEvent.RE_REQUEST,
        now,
        request=request,
        actor=actor,
        operations=existing.operations + 1,
        reason="",
        hint="",
        work=ONBOARDING,
        queued=(),
        plan_operation=existing.applied_by,
        recoveries=0,
        active_since=None,
        keys=KeyRecord(),
        held_by="",
        remains=(),
        approval=None,
        reply=reply,
    ).having_heard(reply)


def hubs_for(request: TenantRequest, document: HubDocument) -> tuple[Hub, ...]:
    """The hubs that a request can go to, the first choice first.

    Raises:
        PermanentError: No hub is in that region (`RegionNotServed`).
    """
    hubs = document.in_region(request.region)
    if not hubs:
        regions = ", ".join(sorted({hub.region for hub in document.hubs}))
        raise PermanentError(
            "RegionNotServed", f"no hub is in {request.region}", f"regions served: {regions}"
        )
    return hubs


def faults_of(request: TenantRequest, document: HubDocument) -> Iterator[Fault]:
    """What of a request no hub of the document could ever give."""
    try:
        hubs = hubs_for(request, document)
    except PermanentError as error:
        yield Fault(path="region", message=error.message, allowed=error.hint)
        return
    if not all(hub.model_deployments for hub in hubs):
        return
    names = [deployment.name for hub in hubs for deployment in hub.model_deployments]
    known = {name.lower() for name in names}
    for index, model in enumerate(request.ai.models):
        if model.deployment.lower() not in known:
            message = f"{model.deployment} is no model deployment of {request.region}"
            allowed = ", ".join(dict.fromkeys(names))
            yield Fault(f"ai.models[{index}].deployment", message, allowed)


def require_place(
    request: TenantRequest, document: HubDocument, records: Iterable[TenantRecord]
) -> Hub:
    """The hub that has room for a new tenant: the first of its region, as the records say.

    It is a forecast: the place is taken by the reservation, which looks again.

    Raises:
        PermanentError: No hub is in that region (`RegionNotServed`).
        CapacityExceeded: None of the region has room.
    """
    demand = demand_of(request)
    taken = occupancies(document, records)
    refusals: list[HubRefusal] = []
    for hub in hubs_for(request, document):
        refusal = taken[hub.name].refusal(hub, demand)
        if refusal is None:
            return hub
        refusals.append(refusal)
    raise CapacityExceeded(refusals)
