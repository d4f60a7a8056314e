"""How a rollout is shown, and when the next look at it is worth its while."""

from collections import Counter
from datetime import datetime
from typing import Any, Final

from landing_zone.fleet.contracts import FleetStatus
from landing_zone.fleet.deciding import room
from landing_zone.fleet.model import MOVING, Member, MemberState, Ring, Rollout, Tally

MOST_NAMED: Final = 5
SHORTEST_WAIT: Final = 2.0
LONGEST_WAIT: Final = 30.0
LONGEST_REST: Final = 60.0
"""Seconds after which a rollout that bakes is looked at all the same: it may have been paused."""


def wait_before_next(rollout: Rollout, idle: int, now: datetime) -> float:
    """Seconds until something may have ended, or may be begun with; 0 for at once.

    Args:
        rollout: The rollout.
        idle: Looks in a row at which nothing had ended.
        now: The time.
    """
    if rollout.state in MOVING and (not rollout.enrolled or room(rollout, now)):
        return 0.0
    if rollout.under_way:
        return min(LONGEST_WAIT, SHORTEST_WAIT * 2.0 ** min(idle, 10))
    if rollout.not_before is not None and rollout.not_before > now:
        return min(LONGEST_REST, (rollout.not_before - now).total_seconds())
    return 0.0


def counts_of(rollout: Rollout) -> dict[str, int]:
    """How many tenants have come to which state; what is pending or waits is in none of them."""
    total: Counter[str] = Counter()
    for tally in rollout.tallies:
        total.update({state.value: number for state, number in tally.states.items()})
    return {state.value: total[state.value] for state in MemberState if total[state.value]}


def status_of(rollout: Rollout, now: datetime) -> FleetStatus:
    """How it stands, in few words."""
    return FleetStatus(
        state=rollout.state.value,
        ring="" if rollout.back else rollout.rings[rollout.ring].name,
        tenants=sum(tally.enrolled for tally in rollout.tallies),
        counts=counts_of(rollout),
        under_way=len(rollout.under_way),
        named=tuple(one.tenant_id for one in rollout.under_way[:MOST_NAMED]),
        cause=cause_of(rollout, now),
    )


def cause_of(rollout: Rollout, now: datetime) -> str:
    """Why nothing is begun; empty where something is."""
    if rollout.trouble:
        return rollout.trouble
    if rollout.state not in MOVING:
        return ""
    if not rollout.enrolled:
        return "the tenants are being put into their rings"
    until = rollout.not_before
    if until is None or until <= now or rollout.swept:
        return ""
    what = "busy tenants are given time" if rollout.turn > 1 else "the ring before is watched"
    return f"{what} until {until.isoformat()}"


def rollout_document(rollout: Rollout, now: datetime) -> dict[str, Any]:
    """A rollout as callers see it."""
    at = f"/api/fleet/upgrades/{rollout.id}"
    rings = zip(rollout.rings, rollout.tallies, strict=True)
    document: dict[str, Any] = {
        "id": rollout.id,
        "state": rollout.state.value,
        "rulesVersion": rollout.target,
        "ring": None if rollout.back else rollout.rings[rollout.ring].name,
        "turn": rollout.turn,
        "tenants": sum(tally.enrolled for tally in rollout.tallies),
        "enrolled": rollout.enrolled,
        "counts": counts_of(rollout),
        "underWay": [
            {"tenantId": one.tenant_id, "operationId": one.operation_id, "back": one.back}
            for one in rollout.under_way
        ],
        "rings": [_ring(ring, tally) for ring, tally in rings],
        "atOnce": rollout.at_once,
        "halt": {"failures": rollout.threshold.failures, "percent": rollout.threshold.percent},
        "actor": rollout.actor,
        "reason": rollout.reason,
        "createdAt": rollout.created_at.isoformat(),
        "updatedAt": rollout.updated_at.isoformat(),
        "links": {"self": at, "tenants": f"{at}?tenants=true", "failures": f"{at}?state=failed"},
    }
    if cause := cause_of(rollout, now):
        document["cause"] = cause
    return document


def _ring(ring: Ring, tally: Tally) -> dict[str, Any]:
    return {
        "name": ring.name,
        "tenants": tally.enrolled,
        "counts": {state.value: tally.of(state) for state in MemberState if tally.of(state)},
        "bakeMinutes": ring.bake_minutes,
    }


def member_document(rollout: Rollout, member: Member) -> dict[str, Any]:
    """A tenant of a rollout as callers see it."""
    return {
        "tenantId": member.tenant_id,
        "ring": rollout.rings[member.ring].name,
        "state": member.state.value,
        "operationId": member.operation_id or None,
        "planBefore": member.before or None,
        "planAfter": member.after or None,
        "reason": member.reason,
        "hint": member.hint,
        "at": member.at.isoformat(),
    }
