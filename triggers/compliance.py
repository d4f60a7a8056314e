"""`/api/compliance`: how remediation stands, sweeping now, and acting on what was found."""

import re
from http import HTTPStatus
from typing import Any, Final

import azure.durable_functions as df
import azure.functions as func

from activities.dependencies import Dependencies, dependencies
from activities.drift_acting import act
from landing_zone.access import Access, Action
from landing_zone.drift import reporting
from landing_zone.drift.acting import RULES, parse_asked
from landing_zone.drift.sweeping import INSTANCE
from landing_zone.remediation.findings import FindingState
from landing_zone.request_parsing import Fault, InvalidRequest
from landing_zone.tenants import is_tenant_id
from triggers.access import guarded
from triggers.answers import answer
from triggers.drift import start_sweep
from triggers.starting import Starter

blueprint = df.Blueprint()

PATH: Final = "/api/compliance"
SHOWN: Final = 100
MOST: Final = 500
_SIZE: Final = re.compile(r"[0-9]{1,9}")


async def show_compliance(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Show what became of events, what was found, and how long fixes take."""
    return await guarded(req, Action.SEE_COMPLIANCE, lambda _: _show_compliance(req, client))


async def request_sweep(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Look at everything that is governed, now."""
    return await guarded(req, Action.SWEEP, lambda _: _request_sweep(client))


async def act_on_finding(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Approve a proposed fix, or have a parked or tripped one tried again."""
    return await guarded(
        req, Action.ACT_ON_FINDINGS, lambda access: _act_on_finding(req, client, access)
    )


async def _show_compliance(req: func.HttpRequest, client: Starter) -> func.HttpResponse:
    deps = await dependencies()
    wanted = await _filter(deps, req)
    now = deps.clock.now()
    days, rows = await deps.drift.tallies(), await deps.drift.rows()
    report = reporting.FindingReport(wanted)
    async for finding in deps.findings.all(wanted.owner):
        report.add(finding)
    return answer(
        {
            "at": now.isoformat(),
            "events": reporting.events_document(days, now),
            "pending": reporting.pending_document(rows, now),
            "findings": report.document(),
            "serviceLevels": reporting.levels_document(days, deps.policy.service_level, now),
            "policy": reporting.policy_document(deps.policy),
            "sweep": reporting.sweep_document(await client.get_status(INSTANCE)),
            "links": {"sweep": f"{PATH}/sweep", "exemptions": "/api/exemptions"},
        }
    )


async def _filter(deps: Dependencies, req: func.HttpRequest) -> reporting.FindingFilter:
    """Which findings are asked for; all faults of it at once.

    Raises:
        InvalidRequest: It is not understood.
    """
    owner, rule = req.params.get("owner", ""), req.params.get("rule", "")
    state, top = req.params.get("state", ""), req.params.get("top", "") or str(SHOWN)
    faults: list[Fault] = []
    if owner and not await _is_known(deps, owner):
        faults.append(Fault("owner", "is no tenant and no hub", "id of a tenant or name of a hub"))
    if rule and rule not in RULES:
        faults.append(Fault("rule", "is no rule", ", ".join(RULES)))
    if state and state not in set(FindingState):
        faults.append(Fault("state", "is no state of a finding", ", ".join(FindingState)))
    if not _SIZE.fullmatch(top) or not 1 <= int(top) <= MOST:
        faults.append(Fault("top", "is no such number", f"1 to {MOST}"))
    if faults:
        raise InvalidRequest(faults)
    chosen = FindingState(state) if state else None
    return reporting.FindingFilter(owner=owner, rule=rule, state=chosen, top=int(top))


async def _is_known(deps: Dependencies, owner: str) -> bool:
    if any(hub.name == owner for hub in deps.document.hubs):
        return True
    return is_tenant_id(owner) and await deps.registry.get(owner) is not None


async def _request_sweep(client: Starter) -> func.HttpResponse:
    deps = await dependencies()
    started = await start_sweep(deps, client)
    sweep = reporting.sweep_document(await client.get_status(INSTANCE))
    document: dict[str, Any] = {"started": started, "sweep": sweep, "links": {"self": PATH}}
    return answer(document, HTTPStatus.ACCEPTED, {"Location": PATH})


async def _act_on_finding(
    req: func.HttpRequest, client: Starter, access: Access
) -> func.HttpResponse:
    asked = parse_asked(req.get_body())
    finding = await act(await dependencies(), client, asked, access.actor)
    place = f"{PATH}?owner={finding.owner.name}&rule={finding.rule}"
    return answer(reporting.finding_document(finding), HTTPStatus.ACCEPTED, {"Location": place})


blueprint.route("compliance", methods=["GET"])(
    blueprint.durable_client_input(client_name="client")(show_compliance)
)
blueprint.route("compliance/sweep", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(request_sweep)
)
blueprint.route("compliance/findings", methods=["POST"])(
    blueprint.durable_client_input(client_name="client")(act_on_finding)
)
