"""An approver in a simulated world."""

import asyncio
from typing import TYPE_CHECKING, Final

from landing_zone.approval.deciding import decided
from landing_zone.approval.policy import MAY_NEED_APPROVAL, is_waiting, why_needed
from landing_zone.approval.record import Decision, Verdict
from landing_zone.tenant_request import TenantRequest
from triggers.starting import wake

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation

APPROVER: Final = "person:approver"
LOOK_SECONDS: Final = 1.0


async def approve_when_asked(simulation: "Simulation", request: TenantRequest) -> None:
    """Approve what a tenant was asked for as soon as it waits, if it ever does."""
    record = simulation.tenant(request.tenant_id)
    assert record.work.kind in MAY_NEED_APPROVAL
    if not why_needed(simulation.deps.settings.approval, record):
        return None
    while True:
        if is_waiting(simulation.tenant(request.tenant_id)):
            return await decide_now(simulation, request.tenant_id)
        await asyncio.sleep(LOOK_SECONDS)


async def decide_now(
    simulation: "Simulation",
    tenant_id: str,
    verdict: Verdict = Verdict.APPROVE,
    *,
    told: bool = True,
) -> None:
    """Decide upon what waits, whatever state storage is in; the decision is all that is written.

    Args:
        simulation: Where.
        tenant_id: The tenant.
        verdict: What is decided.
        told: Whether the orchestration is told.
    """
    record, now = simulation.tenant(tenant_id), simulation.world.clock.now()
    decision = Decision(verdict=verdict, actor=APPROVER, reason="as it should be", at=now)
    changed = decided(record, record.operation_id, decision)
    simulation.world.registry.put(changed)
    if told:
        await wake(simulation.engine, changed)
