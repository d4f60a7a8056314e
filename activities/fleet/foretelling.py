"""A dry run of a rollout: a page of tenants, each with what today's rules would change of it."""

from collections import Counter
from typing import Any

from activities.dependencies import Dependencies
from landing_zone.fleet.foretelling import PlanChange, change_between
from landing_zone.fleet.judging import judged
from landing_zone.fleet.model import Member, MemberState, Rollout
from landing_zone.fleet.rings import ring_of
from landing_zone.lifecycle import TenantState
from landing_zone.planning import plan
from landing_zone.tenants import TenantRecord


async def foretold(
    deps: Dependencies, rollout: Rollout, size: int, continuation: str
) -> dict[str, Any]:
    """What a rollout would do to some tenants; nothing is written, and Azure is not asked.

    Raises:
        TemporaryError: Storage cannot be reached.
    """
    page = await deps.registry.page(size, continuation)
    tenants = [
        await _tenant(deps, rollout, record)
        for record in page.items
        if record.state is not TenantState.OFFBOARDED
    ]
    document: dict[str, Any] = {
        "rulesVersion": rollout.target,
        "rings": [ring.name for ring in rollout.rings],
        "summary": _summary(tenants),
        "tenants": tenants,
    }
    if page.continuation:
        document["continuation"] = page.continuation
    return document


async def _tenant(deps: Dependencies, rollout: Rollout, record: TenantRecord) -> dict[str, Any]:
    environment = record.request.environment
    ring = ring_of(rollout.id, rollout.rings, record.tenant_id, environment)
    member = Member(tenant_id=record.tenant_id, ring=ring, at=deps.clock.now())
    found = judged(rollout, member, record, deps.clock.now())
    told: dict[str, Any] = {"tenantId": record.tenant_id, "ring": rollout.rings[ring].name}
    if isinstance(found, Member):
        now_busy = found.state is MemberState.WAITING
        return told | {
            "action": "wait" if now_busy else "none",
            "reason": found.reason,
            "rulesVersion": record.rules_version,
        }
    change = await _change(deps, record)
    if change is None:
        return told | {"action": "none", "reason": "it holds no place in a hub"}
    refused = sorted(set(change.lost) - set(rollout.allow_data_loss))
    action = "refuse" if refused else "record" if change.is_empty else "change"
    return told | {"action": action, "rulesVersion": record.rules_version, **change.document}


async def _change(deps: Dependencies, record: TenantRecord) -> PlanChange | None:
    if record.reservation is None or not record.plan_hash:
        return None
    hub = deps.document.hub(record.reservation.hub)
    made = plan(record.request, deps.document, hub, record.reservation, deps.rules)
    return change_between(await deps.documents.get_plan(record.plan_hash), made)


def _summary(tenants: list[dict[str, Any]]) -> dict[str, Any]:
    """How many tenants of the page are met by what."""
    actions = Counter(str(one["action"]) for one in tenants)
    rings = Counter(str(one["ring"]) for one in tenants)
    changes: dict[str, Counter[str]] = {
        kind: Counter(key for one in tenants for key in one.get(kind, ()))
        for kind in ("create", "update", "delete", "dataLost")
    }
    return {
        "tenants": len(tenants),
        "actions": dict(actions),
        "rings": dict(rings),
        **{kind: dict(sorted(count.items())) for kind, count in changes.items()},
    }
