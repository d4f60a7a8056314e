"""A settled tenant with findings, for the functions that show them and act on them."""

from datetime import datetime
from typing import Any

from landing_zone.arm_ids import normalized
from landing_zone.drift.rows import SeenEvent, key_of
from landing_zone.lifecycle import TenantState
from landing_zone.ports import Versioned
from landing_zone.remediation.findings import Finding, FindingState
from landing_zone.remediation.kinds import target_of
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.owners import Owner
from tests.fakes import HUBS, NOON, World, example_request
from tests.triggers.requests import TENANT, record
from tests.unit.planned import reservation_for

SUBSCRIPTION = "0c0ffee0-0000-4000-8000-000000000042"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st1"
OWNER = Owner(kind="tenant", name=TENANT, hub=HUBS.hubs[0].name)
RULE = RuleName.PUBLIC_NETWORK_ACCESS


def settle(world: World, state: TenantState = TenantState.ACTIVE) -> None:
    """Let the registry know a settled tenant."""
    held = reservation_for(example_request())
    world.registry.put(record(state, subscription_id=SUBSCRIPTION, reservation=held))


def finding(
    state: FindingState = FindingState.PROPOSED, resource: str = ACCOUNT, **changes: Any
) -> Finding:
    """A finding about a resource."""
    values: dict[str, Any] = {
        "owner": OWNER,
        "resource_id": normalized(resource),
        "rule": str(RULE),
        "state": state,
        "first_seen": NOON,
        "last_seen": NOON,
        "event_time": NOON,
        "detail": "it is open",
    }
    return Finding.model_validate({**values, **changes})


def found(world: World, *findings: Finding) -> None:
    """Let these be all that was found of the resources that they are about."""
    rows: dict[tuple[str, str], tuple[Finding, ...]] = {}
    for one in findings:
        target = target_of(one.resource_id)
        assert target is not None
        key = (one.owner.name, key_of(target.id))
        rows[key] = (*rows.get(key, ()), one)
    for key, several in rows.items():
        world.findings.writes += 1
        world.findings.rows[key] = Versioned(several, f"etag-{world.findings.writes}")


def kept(world: World) -> dict[str, Finding]:
    """What is found, by key."""
    return {one.key: one for row in world.findings.rows.values() for one in row.value}


def event(name: str = "a", at: datetime = NOON) -> SeenEvent:
    """An event about the account."""
    return SeenEvent(id=name, at=at, subject=ACCOUNT)
