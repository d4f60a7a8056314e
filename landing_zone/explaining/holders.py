"""Who holds what is waited for."""

import re
from typing import Any, Final

from landing_zone.arm_errors import hint_for
from landing_zone.explaining.standing import HubLine, Standing
from landing_zone.lifecycle import TenantState
from landing_zone.progress import LiveWait

_PACED: Final = frozenset(
    {"SubscriptionPaced", "SubscriptionRequestsThrottled", "TooManyRequests", "429"}
)
"""Codes that say that a quota of calls is used up, ours and Azure's (learn: azure-resource-manager/
management/request-limits-and-throttling)."""

_LOCK: Final = re.compile(
    r"[^\s'\",]*/providers/Microsoft\.Authorization/locks/[^\s'\",.]+", re.IGNORECASE
)
_OPERATION: Final = re.compile(r"https://[^\s'\"]+/operations/[^\s'\".]+", re.IGNORECASE)
"""How ARM's errors name a lock (`ScopeLocked`), and another operation
(`AnotherOperationInProgress`)."""


def holder_of(standing: Standing, wait: LiveWait, key: str = "") -> dict[str, Any]:
    """Who holds what is waited for, as JSON: its `kind`, and what is known of it."""
    line = standing.lines.get(key)
    if line is not None:
        return _hub(standing, line)
    if wait.code in _PACED:
        told = "the subscription's quota of calls: Azure sets the pace, for all who call it"
        return {"kind": "quota", "detail": told}
    lock = _LOCK.search(wait.cause)
    if lock is not None:
        return {"kind": "lock", "id": lock[0], "detail": "a lock, which whoever set it can remove"}
    other = _OPERATION.search(wait.cause)
    if other is not None:
        return {"kind": "operation", "id": other[0], "detail": "another operation on the same"}
    if not wait.code:
        return {"kind": "azure", "detail": "a long-running operation of Azure's", **_begun(wait)}
    return _other(wait)


def holder_of_operation(standing: Standing) -> dict[str, Any] | None:
    """Who holds up the operation itself, as JSON; None where it is at work."""
    status = standing.status
    if standing.state is TenantState.AWAITING_APPROVAL:
        return {"kind": "approver", "detail": "whoever may approve, but not who asked for it"}
    if not standing.alive:
        told = "nobody is at work on it: a timer takes it up within a minute"
        return {"kind": "recovery", "detail": told}
    if status is not None and status.until is not None:
        return {"kind": "date", "until": status.until.isoformat(), "detail": "the date it is due"}
    if status is not None and status.wait is not None:
        return _other(status.wait)
    return None


def _hub(standing: Standing, line: HubLine) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": "hub",
        "hub": line.hub,
        "lane": line.lane,
        "position": line.position,
        "waiting": len(line.tenants),
        "writes": line.writes,
        "detail": line.doing or "collects what tenants ask for, to write it together",
    }
    if standing.names_others:
        found["tenants"] = list(line.tenants)
    return found


def _begun(wait: LiveWait) -> dict[str, Any]:
    return {"since": wait.since} if wait.since else {}


def _other(wait: LiveWait) -> dict[str, Any]:
    return {"kind": "azure", "detail": hint_for(wait.code) or f"it answers {wait.code}"}
