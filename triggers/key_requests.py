"""`/api/tenants/{id}/rotate-key`: rotating a tenant's key now, and looking at what became of it."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import azure.durable_functions as df
import azure.functions as func
from pydantic import ValidationError

from activities.dependencies import dependencies
from landing_zone.access import Access, Action
from landing_zone.instances import is_on_its_way
from landing_zone.key_contracts import RotationStatus
from landing_zone.key_records import RotationAsk
from landing_zone.key_rotation import due_at, instance_of
from landing_zone.lifecycle import TenantState
from landing_zone.request_parsing import Fault, InvalidRequest
from landing_zone.tenants import TenantRecord
from triggers.access import guarded, tenant_for
from triggers.answers import answer
from triggers.key_asking import ask_for_rotation
from triggers.starting import Starter

blueprint = df.Blueprint()

USUAL_GRACE: Final = 60
"""Minutes between the new key's arrival in the vault and the end of the old one."""

LONGEST_GRACE: Final = 24 * 60
_MINUTES: Final = re.compile(r"[0-9]{1,4}")
_BOOLEANS: Final = {"": False, "false": False, "true": True}


async def request_rotation(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Rotate a tenant's key now."""
    return await guarded(
        req, Action.ROTATE_KEYS, lambda access: _request_rotation(req, client, access)
    )


async def show_rotation(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Show what is known of a tenant's key."""
    return await guarded(req, Action.SEE_KEYS, lambda access: _show_rotation(req, client, access))


async def _request_rotation(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    deps = await dependencies()
    tenant_id = (await tenant_for(deps, access, req.route_params["tenantId"])).tenant_id
    ask = _ask(req, access.actor, deps.clock.now())
    record = await ask_for_rotation(deps, client, tenant_id, ask)
    document = rotation_document(record, await client.get_status(instance_of(tenant_id)))
    return answer(document, HTTPStatus.ACCEPTED, {"Location": document["links"]["self"]})


async def _show_rotation(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    record = await tenant_for(await dependencies(), access, req.route_params["tenantId"])
    status = await client.get_status(instance_of(record.tenant_id))
    return answer(rotation_document(record, status))


def _ask(req: func.HttpRequest, actor: str, now: datetime) -> RotationAsk:
    """What is asked for; all faults of it at once.

    Raises:
        InvalidRequest: It is not understood.
    """
    full = _BOOLEANS.get(req.params.get("full", "").lower())
    text = req.params.get("graceMinutes", "")
    fits = _MINUTES.fullmatch(text) is not None and int(text) <= LONGEST_GRACE
    faults: list[Fault] = []
    if full is None:
        faults.append(Fault("full", "is neither true nor false", "true, false"))
    if text and not fits:
        faults.append(Fault("graceMinutes", "is no such time", f"0 to {LONGEST_GRACE}"))
    elif text and full is False:
        faults.append(Fault("graceMinutes", "goes with full=true only", "full=true"))
    if faults:
        raise InvalidRequest(tuple(faults))
    grace = int(text) if text else USUAL_GRACE
    return RotationAsk(full=bool(full), grace_minutes=grace if full else 0, actor=actor, at=now)


def rotation_document(record: TenantRecord, status: Any) -> dict[str, Any]:
    """What is known of a tenant's key, as callers see it: which one it is, never the key."""
    keys = record.keys
    active = record.state is TenantState.ACTIVE
    document: dict[str, Any] = {
        "tenantId": record.tenant_id,
        "state": "running" if is_on_its_way(status) else "failed" if keys.failed_at else "resting",
        "key": keys.key,
        "rotatedAt": _text(keys.rotated_at),
        "rotations": keys.rotations,
        "everyDays": record.request.api.key_rotation_days,
        "dueAt": _text(due_at(record, keys.rotated_at)) if active else None,
        "asked": _asked(keys.asked) if keys.asked else None,
        "progress": _progress(status),
        "links": {
            "self": f"/api/tenants/{record.tenant_id}/rotate-key",
            "tenant": f"/api/tenants/{record.tenant_id}",
        },
    }
    if keys.failed_at is not None:
        failure = {"at": _text(keys.failed_at), "code": keys.code, "reason": keys.reason}
        document["failure"] = failure | {"hint": keys.hint}
    return document


def _asked(ask: RotationAsk) -> dict[str, Any]:
    document = {"full": ask.full, "by": ask.actor, "at": _text(ask.at)}
    return document | ({"graceMinutes": ask.grace_minutes} if ask.full else {})


def _progress(status: Any) -> dict[str, Any] | None:
    """What a rotation that is on its way says of itself."""
    if not is_on_its_way(status):
        return None
    try:
        found = RotationStatus.parse(status.custom_status)
    except ValidationError:
        return None
    return {
        "startedAt": _text(found.started_at),
        "phase": found.phase,
        "key": found.key,
        "full": found.full,
        "until": _text(found.until),
        "cause": found.cause or None,
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


blueprint.route("tenants/{tenantId}/rotate-key", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(request_rotation)
)
blueprint.route("tenants/{tenantId}/rotate-key", methods=["GET"])(
    blueprint.durable_client_input(client_name="client")(show_rotation)
)
