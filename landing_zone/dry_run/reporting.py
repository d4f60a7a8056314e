"""A dry run as callers see it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from landing_zone.capacity import demand_of
from landing_zone.differences import Difference
from landing_zone.dry_run.model import Action, Finding
from landing_zone.plan import Plan, Write
from landing_zone.planning.omissions import Omission
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest

# What Azure describes as write-only because it is secret, and those properties of tenants'
# resources that can hold one (github: Azure/bicep-types-az).
_SECRETS: Final = frozenset(
    {
        "administratorloginpassword",
        "configurationprotectedsettings",
        "connectionstring",
        "endpointurl",
        "password",
        "primarykey",
        "secondarykey",
        "sourceserverpassword",
        "targetserverpassword",
    }
)


@dataclass(frozen=True)
class DryRun:
    """What a dry run came to.

    Attributes:
        request: What was asked for.
        state: The tenant's state; empty where there is no such tenant.
        reservation: What it holds of its hub, or would be given.
        reserved: Whether it holds that already.
        plan: What was planned.
        findings: What would happen to each resource.
        omissions: What the plan leaves out.
    """

    request: TenantRequest
    state: str
    reservation: Reservation
    reserved: bool
    plan: Plan
    findings: tuple[Finding, ...]
    omissions: Sequence[Omission] = ()


def dry_run_document(found: DryRun) -> dict[str, Any]:
    """It as a JSON-ready document: what would change first, then what would not."""
    by_action: dict[Action, list[Finding]] = {action: [] for action in Action}
    for finding in found.findings:
        by_action[finding.action].append(finding)
    changed = (Action.CREATE, Action.UPDATE, Action.DELETE)
    return {
        "tenantId": found.request.tenant_id,
        "dryRun": True,
        "state": found.state or None,
        "planHash": found.plan.hash,
        "rulesVersion": found.plan.rules_version,
        "capacity": _capacity(found),
        "summary": _summary(found.findings),
        "changes": [_change(one) for action in changed for one in by_action[action]],
        "unjudged": [_trouble(one) for one in by_action[Action.UNJUDGED]],
        "unchanged": [_place(one) for one in by_action[Action.UNCHANGED]],
        "omissions": [{"what": one.what, "why": one.why} for one in found.omissions],
    }


def _summary(findings: Sequence[Finding]) -> dict[str, int]:
    counted = Counter(finding.action for finding in findings)
    return {action.value: counted[action] for action in Action}


def _capacity(found: DryRun) -> dict[str, Any]:
    reservation = found.reservation
    subnet = reservation.node_subnet
    return {
        "hub": reservation.hub,
        "reserved": found.reserved,
        "addressRange": str(reservation.address_range),
        "nodeSubnet": str(subnet) if subnet is not None else None,
        "takes": dict(demand_of(found.request).claims),
    }


def _place(finding: Finding) -> dict[str, Any]:
    item = finding.resource
    return {"key": item.key, "step": int(item.step), "type": item.type, "id": item.id}


def _change(finding: Finding) -> dict[str, Any]:
    document = {"action": finding.action.value, **_place(finding)}
    if finding.action is Action.UPDATE:
        secret = finding.resource.write is Write.SECRET
        document["properties"] = [
            _property(one, hidden=secret or _is_secret(one)) for one in finding.differences
        ]
    return document | {"note": finding.note} if finding.note else document


def _property(difference: Difference, *, hidden: bool) -> dict[str, Any]:
    if hidden:
        return {"property": difference.path, "hidden": True}
    return {
        "property": difference.path,
        "from": difference.actual,
        "to": difference.wanted,
    }


def _is_secret(difference: Difference) -> bool:
    named = set(difference.path.lower().replace("[", ".").replace("]", "").split("."))
    inner = {*_names(difference.actual), *_names(difference.wanted)}
    return not _SECRETS.isdisjoint(named | inner)


def _names(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for name, item in value.items():
                yield str(name).lower()
                yield from _names(item)
        case list() | tuple():
            for item in value:
                yield from _names(item)


def _trouble(finding: Finding) -> dict[str, Any]:
    return {**_place(finding), "code": finding.code, "message": finding.message}
