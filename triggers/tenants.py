"""`/api/tenants`: asking for a tenant, in earnest or as a dry run, and looking at tenants."""

import re
from http import HTTPStatus
from typing import Any, Final

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.registered import every_tenant
from activities.updating import require_possible
from landing_zone.access import Access, Action, PrincipalId
from landing_zone.admission import (
    Insert,
    Restart,
    Same,
    Update,
    admit,
    faults_of,
    require_place,
)
from landing_zone.approval.policy import is_waiting
from landing_zone.approval.reporting import link_of
from landing_zone.asking import ask
from landing_zone.capacity import UNDER_WAY
from landing_zone.errors import TemporaryError
from landing_zone.intake.replies import Reply
from landing_zone.intake.results import links_of
from landing_zone.request_parsing import Fault, InvalidRequest, parse_tenant_text
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from triggers.access import guarded, tenant_for
from triggers.answers import answer
from triggers.dry_run import dry_run_answer, is_dry_run
from triggers.starting import Starter, start
from triggers.updates import allowed_loss, reason_of

blueprint = df.Blueprint()

PAGE: Final = 50
MOST: Final = 500
RACES: Final = 5
_UPDATE: Final = Work(kind=Kind.UPDATE)
_SIZE: Final = re.compile(r"[0-9]{1,9}")


async def request_tenant(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Ask for a tenant."""
    return await guarded(
        req, Action.REQUEST_TENANT, lambda access: _request_tenant(req, client, access)
    )


async def list_tenants(req: func.HttpRequest) -> func.HttpResponse:
    """List tenants, a page at a time."""
    return await guarded(req, Action.SEE_TENANTS, lambda access: _list_tenants(req, access))


async def show_tenant(req: func.HttpRequest) -> func.HttpResponse:
    """Show one tenant."""
    return await guarded(req, Action.SEE_TENANTS, lambda access: _show_tenant(req, access))


async def _request_tenant(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    dry = is_dry_run(req)
    content_type = req.headers.get("content-type", "")
    request = parse_tenant_text(req.get_body(), content_type=content_type)
    if dry:
        return await dry_run_answer(request, access)
    deps = await dependencies()
    change = Work(kind=Kind.UPDATE, reason=reason_of(req), allow_data_loss=allowed_loss(req))
    record, under_way = await admitted(deps, request, access, change=change)
    if not under_way:
        return answer(tenant_document(record))
    await start(client, record)
    links = links_of(record.tenant_id, record.operation_id)
    document: dict[str, Any] = {
        "tenantId": record.tenant_id,
        "state": record.state.value,
        "operationId": record.operation_id,
        "links": links,
    }
    if record.queued:
        document["queued"] = [work.kind.value for work in record.queued]
    return answer(document, HTTPStatus.ACCEPTED, {"Location": links["operation"]})


async def admitted(
    deps: Dependencies,
    request: TenantRequest,
    asker: Access | str,
    reply: Reply | None = None,
    change: Work = _UPDATE,
) -> tuple[TenantRecord, bool]:
    """The tenant's record once the request is in the registry, and whether work is to be done.

    Another request for a tenant that is there changes it, or waits to, as a patch does.

    Args:
        deps: What is worked with.
        request: What is asked for.
        asker: Who asks.
        reply: Who is to be told by message how it ends.
        change: What else is said of the change, where it is one.

    Raises:
        AccessRefused: The tenant is another's.
        InvalidRequest: No hub could ever give what is asked for, or the tenant cannot be changed
            to it, or not without a loss of data.
        PermanentError: It has no place in the tenant's state.
        CapacityExceeded: No hub of the region has room.
        TemporaryError: Others were first each time.
    """
    _require_possible(deps, request)
    for _ in range(RACES):
        found = await deps.registry.get(request.tenant_id)
        existing = found.value if found else None
        match admit(request, existing, asker, deps.clock.now(), reply):
            case Same(record, under_way):
                return record, under_way
            case Insert(record):
                await _require_place(deps, record)
                if await deps.registry.insert(record):
                    return record, True
            case Restart(record):
                await _require_place(deps, record)
                if found and await deps.registry.replace(record, found.etag):
                    return record, True
            case Update(record):
                actor = asker if isinstance(asker, str) else asker.actor
                asked = {"wanted": request, "actor": actor, "reply": reply}
                changed = await _changed(deps, record, change.model_copy(update=asked))
                if changed == record:
                    return record, record.ongoing or record.state in UNDER_WAY
                if found and await deps.registry.replace(changed, found.etag):
                    return changed, True
    raise TemporaryError("RegistryBusy", f"others were first on tenant {request.tenant_id}")


async def _changed(deps: Dependencies, record: TenantRecord, work: Work) -> TenantRecord:
    """The record once the change has been asked for; as it is, where it is so already."""
    changed = ask(record, work, deps.clock.now()).record
    if changed == record or work.wanted is None:
        return record
    await require_possible(deps, record, work.wanted, work.allow_data_loss)
    return changed.having_heard(work.reply)


def _require_possible(deps: Dependencies, request: TenantRequest) -> None:
    faults = tuple(faults_of(request, deps.document))
    if faults:
        raise InvalidRequest(faults)


async def _require_place(deps: Dependencies, record: TenantRecord) -> None:
    """A tenant that still holds its place, for what is left of it, needs no other."""
    if record.reservation is None:
        require_place(record.request, deps.document, await every_tenant(deps.registry))


async def _list_tenants(req: func.HttpRequest, access: Access) -> func.HttpResponse:
    deps = await dependencies()
    size = _page_size(req.params.get("top", ""))
    page = await deps.registry.page(size, req.params.get("continuation", ""), owner=access.owner)
    document: dict[str, Any] = {"value": [tenant_document(item) for item in page.items]}
    if page.continuation:
        document["continuation"] = page.continuation
    return answer(document)


def _page_size(text: str) -> int:
    if not text:
        return PAGE
    if not _SIZE.fullmatch(text) or not 1 <= int(text) <= MOST:
        fault = Fault(path="top", message="is not a page size", allowed=f"1 to {MOST}")
        raise InvalidRequest((fault,))
    return int(text)


async def _show_tenant(req: func.HttpRequest, access: Access) -> func.HttpResponse:
    record = await tenant_for(await dependencies(), access, req.route_params["tenantId"])
    return answer(tenant_document(record))


def tenant_document(record: TenantRecord) -> dict[str, Any]:
    """A tenant as callers see it."""
    reservation = record.reservation
    document: dict[str, Any] = {
        "tenantId": record.tenant_id,
        "displayName": record.request.display_name,
        "state": record.state.value,
        "hub": reservation.hub if reservation else None,
        "region": record.request.region,
        "isolation": record.request.isolation,
        "subscriptionId": record.subscription_id or None,
        "addressRange": str(reservation.address_range) if reservation else None,
        "owner": _owner(record.owner),
        "operationId": record.operation_id,
        "planHash": record.plan_hash or None,
        "rulesVersion": record.rules_version or None,
        "createdAt": record.created_at.isoformat(),
        "updatedAt": record.updated_at.isoformat(),
        "openWork": [item.dump() for item in record.open_work],
        "links": links_of(record.tenant_id, record.operation_id),
    }
    if is_waiting(record) and record.approval is not None:
        document["waitingFor"] = record.approval.told
        document["links"]["approval"] = link_of(record.tenant_id)
    if record.held_by:
        document["heldBy"] = record.held_by
    if record.reason:
        document |= {"reason": record.reason, "hint": record.hint}
    return document


def _owner(owner: PrincipalId | None) -> dict[str, str] | None:
    return {"directoryId": owner.directory, "objectId": owner.object} if owner else None


blueprint.route("tenants", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(request_tenant)
)
blueprint.route("tenants", methods=["GET"])(list_tenants)
blueprint.route("tenants/{tenantId}", methods=["GET"])(show_tenant)
