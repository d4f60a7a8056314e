"""`DELETE /api/tenants/{id}`, in earnest or as a dry run, and the certificate at its end."""

import re
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func

from activities.approving import withdraw
from activities.dependencies import Dependencies, dependencies
from activities.foreseeing_end import foreseen_end
from landing_zone.access import Access, Action
from landing_zone.errors import PermanentError
from landing_zone.lifecycle import TenantState
from landing_zone.offboarding.settings import MOST_DAYS
from landing_zone.request_parsing import Fault, InvalidRequest
from landing_zone.tenants import TenantRecord
from landing_zone.work import Kind, Work
from triggers.access import guarded, tenant_for
from triggers.answers import answer
from triggers.asking import asked, under_way
from triggers.dry_run import is_dry_run
from triggers.starting import Starter, wake
from triggers.updates import reason_of

blueprint = df.Blueprint()

LONGEST_URI: Final = 1024
_DAYS: Final = re.compile(r"[0-9]{1,3}")


async def offboard_tenant(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Offboard a tenant."""
    return await guarded(
        req, Action.OFFBOARD_TENANT, lambda access: _offboard_tenant(req, client, access)
    )


async def show_certificate(req: func.HttpRequest) -> func.HttpResponse:
    """Show the certificate that nothing is left of a tenant."""
    return await guarded(req, Action.SEE_TENANTS, lambda access: _show_certificate(req, access))


async def _offboard_tenant(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    dry = is_dry_run(req)
    deps = await dependencies()
    tenant_id = req.route_params["tenantId"]
    record = await tenant_for(deps, access, tenant_id)
    work = _work(req, deps, access)
    if dry:
        return answer(await foreseen_end(deps, record, work))
    if record.state is TenantState.AWAITING_APPROVAL:
        return await _withdrawn(deps, client, record, work)
    return await asked(deps, client, access, tenant_id, lambda _: work)


async def _withdrawn(
    deps: Dependencies, client: Starter, record: TenantRecord, work: Work
) -> func.HttpResponse:
    """Take back a request that waits for approval: nothing has been done for it.

    Raises:
        PermanentError: It has been decided meanwhile (`ApprovalDecided`).
    """
    waiting = await withdraw(deps, record, work.actor, work.reason)
    await wake(client, waiting)
    return under_way(waiting, "the request is withdrawn")


def _work(req: func.HttpRequest, deps: Dependencies, access: Access) -> Work:
    """What is asked for.

    Raises:
        InvalidRequest: Something of it makes no sense.
    """
    days, exported = _days(req), _exported(req)
    if days is not None and exported:
        message = "is of no use for data that was exported"
        raise InvalidRequest((Fault("retainDays", message, "retainDays or exported"),))
    kept = days if days is not None else 0 if exported else deps.settings.offboard.retain_days
    return Work(
        kind=Kind.OFFBOARD,
        actor=access.actor,
        reason=reason_of(req),
        retain_days=kept,
        retain_until=deps.clock.now() + timedelta(days=kept) if kept else None,
        exported=exported,
    )


def _days(req: func.HttpRequest) -> int | None:
    text = req.params.get("retainDays", "")
    if not text and "retainDays" not in req.params:
        return None
    if not _DAYS.fullmatch(text) or int(text) > MOST_DAYS:
        allowed = f"0 to {MOST_DAYS} days"
        raise InvalidRequest((Fault("retainDays", "is no number of days", allowed),))
    return int(text)


def _exported(req: func.HttpRequest) -> str:
    """Where the data was exported to, as the caller states it: it is kept, so it holds no token."""
    text = str(req.params.get("exported", ""))
    if not text:
        return ""
    if not _is_place(text):
        allowed = f"a URI of at most {LONGEST_URI} characters, without credentials, query, fragment"
        raise InvalidRequest((Fault("exported", "is no place to export to", allowed),))
    return text


def _is_place(text: str) -> bool:
    if len(text) > LONGEST_URI or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and not (
        parts.query or parts.fragment or "@" in parts.netloc
    )


async def _show_certificate(req: func.HttpRequest, access: Access) -> func.HttpResponse:
    deps = await dependencies()
    record = await tenant_for(deps, access, req.route_params["tenantId"])
    kept = await deps.documents.get_certificate(record.certificate) if record.certificate else None
    if kept is None:
        raise PermanentError(
            "CertificateNotFound", "the tenant has no certificate", "it has one once it is gone"
        )
    return answer({"certificate": kept.model_dump(mode="json"), "hash": kept.hash})


blueprint.route("tenants/{tenantId}", methods=["DELETE"])(
    blueprint.durable_client_input(client_name="client")(offboard_tenant)
)
blueprint.route("tenants/{tenantId}/certificate", methods=["GET"])(show_certificate)
