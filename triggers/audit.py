"""`/api/audit`: what was done, by whom, why and with what outcome; and whether that is all true."""

from typing import Any, Final

import azure.durable_functions as df
import azure.functions as func

from activities.audit_reading import Verdict, audit_page, verify_chain
from activities.dependencies import Dependencies, dependencies
from landing_zone.access import Access, Action
from landing_zone.audit import is_intact
from landing_zone.audit_trail.filters import chain_of_params, parse_asked
from landing_zone.audit_trail.rows import KeptRow
from landing_zone.audit_trail.verifying import Receipt, parse_receipt
from landing_zone.errors import PermanentError
from landing_zone.request_parsing import Fault, InvalidRequest
from triggers.access import guarded, tenant_for
from triggers.answers import answer

blueprint = df.Blueprint()

PATH: Final = "/api/audit"


async def show_audit(req: func.HttpRequest) -> func.HttpResponse:
    """Show entries of the audit, a page at a time: chain by chain, the oldest first."""
    return await guarded(req, Action.SEE_AUDIT, lambda access: _show_audit(req, access))


async def verify_audit(req: func.HttpRequest) -> func.HttpResponse:
    """Verify a chain of the audit, and say which row is wrong first."""
    return await guarded(req, Action.SEE_AUDIT, lambda access: _verify_audit(req, access))


async def _show_audit(req: func.HttpRequest, access: Access) -> func.HttpResponse:
    asked = parse_asked(req.params)
    deps = await dependencies()
    await _require_own(deps, access, asked.filter.span.single)
    page = await audit_page(deps, asked)
    document: dict[str, Any] = {"value": [row_document(row) for row in page.items]}
    if page.continuation:
        document["continuation"] = page.continuation
    return answer(document)


async def _verify_audit(req: func.HttpRequest, access: Access) -> func.HttpResponse:
    chain, receipt = _chain_and_receipt(req)
    deps = await dependencies()
    await _require_own(deps, access, chain)
    verdict = await verify_chain(deps, chain, receipt)
    document = {"chain": chain, **verdict_document(verdict), "at": deps.clock.now().isoformat()}
    return answer(document)


async def _require_own(deps: Dependencies, access: Access, chain: str) -> None:
    """Let who sees own tenants only see their chains, and no other.

    Raises:
        AccessRefused: It is none of them (`TenantNotFound`).
    """
    if access.owner is not None:
        await tenant_for(deps, access, chain, None if chain else _unnamed())


def _unnamed() -> PermanentError:
    return PermanentError("TenantNotFound", "no tenant is named", hint="tenant=ID, one of your own")


def _chain_and_receipt(req: func.HttpRequest) -> tuple[str, Receipt | None]:
    """Which chain is to be verified, and what is known of it; all faults at once.

    Raises:
        InvalidRequest: It is not understood.
    """
    faults: list[Fault] = []
    chain = chain_of_params(req.params, faults)
    if not chain and not faults:
        faults.append(Fault("tenant", "is missing", "tenant=ID, or chain=NAME"))
    text = req.params.get("receipt", "")
    receipt = parse_receipt(text)
    if text and receipt is None:
        allowed = "NUMBER:HASH, as an earlier verification answered"
        faults.append(Fault("receipt", "is no receipt", allowed))
    if faults:
        raise InvalidRequest(faults)
    return chain, receipt


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """What a verification has found, as callers see it."""
    fault = verdict.fault
    document: dict[str, Any] = {
        "valid": fault is None,
        "length": verdict.length,
        "head": verdict.hash,
        "receipt": str(Receipt(verdict.length, verdict.hash)) if verdict.length else None,
    }
    if fault is not None:
        found = {"sequence": fault.number, "kind": fault.kind.value, "reason": fault.reason}
        document |= {"receipt": None, "firstBroken": found}
    return document


def row_document(row: KeptRow) -> dict[str, Any]:
    """A row of the audit, as callers see it; of one that cannot be read, where it stands."""
    if row.record is None:
        return {"chain": row.place.chain, "sequence": row.place.number, "intact": False}
    record, entry = row.record, row.record.entry
    fits = (row.place.chain, row.place.number) == (entry.tenant_id, record.sequence)
    return {
        "chain": row.place.chain,
        "sequence": row.place.number,
        "at": entry.at.isoformat(),
        "action": entry.action,
        "actor": entry.actor,
        "operationId": entry.operation_id,
        "resource": entry.resource or None,
        "outcome": entry.outcome,
        "details": entry.details,
        "eventId": entry.event_id,
        "hash": record.hash,
        "intact": fits and is_intact(record),
    }


blueprint.route("audit", methods=["GET"])(show_audit)
blueprint.route("audit/verify", methods=["GET"])(verify_audit)
