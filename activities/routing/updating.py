"""The route of an update: to what is wanted now, by today's rules."""

from collections.abc import Sequence
from dataclasses import replace

from activities.dependencies import Dependencies
from activities.operations import given_place
from activities.routing.migrating import migration_route, onward_route
from activities.routing.situation import Situation, cleared, route_over
from landing_zone.capacity import Claims, needs_node_subnet
from landing_zone.contracts import Route
from landing_zone.errors import PermanentError
from landing_zone.plan import Plan
from landing_zone.planning import plan
from landing_zone.reservation import Reservation
from landing_zone.routes.data import loss_faults, lost_data
from landing_zone.routes.migrating import is_migration
from landing_zone.routes.updating import restore_stages, update_stages
from landing_zone.tenant_request import TenantRequest


async def route_of_update(deps: Dependencies, situation: Situation) -> Route:
    """Make what is wanted, then take away what is not wanted any more.

    Raises:
        PermanentError: Data would be lost that nobody has allowed to be (`DataLoss`).
        CapacityExceeded: The hub has not left what is wanted of it.
    """
    wanted = situation.record.work.wanted or situation.record.request
    if situation.record.left is not None:
        return await onward_route(deps, situation, situation.record.left)
    reservation = await _claimed(deps, situation, wanted)
    made = plan(wanted, deps.document, situation.hub, reservation, deps.rules)
    require_allowed(situation, made)
    situation = replace(situation, reservation=reservation)
    if is_migration(situation.former, made):
        return cleared(deps, situation, made, await migration_route(deps, situation, made))
    route = await route_over(
        deps,
        situation,
        (situation.former, made),
        update_stages(situation.former, made),
        restore_stages(situation.former, made),
        made.hash,
    )
    return cleared(deps, situation, made, route)


async def _claimed(deps: Dependencies, situation: Situation, wanted: TenantRequest) -> Reservation:
    """What the tenant holds of its hub from now on: also what it needs until it is changed."""

    async def claim(
        hub: str, tenant_id: str, _: int, seen: Sequence[str], claims: Claims
    ) -> Reservation:
        return await deps.ledger.change(hub, tenant_id, seen, claims, keep=True)

    held = await given_place(deps, situation.hub, wanted, claim)
    subnet = held.node_subnet if needs_node_subnet(wanted) else None
    return situation.reservation.model_copy(update={"node_subnet": subnet})


def require_allowed(situation: Situation, made: Plan) -> None:
    """What was asked for is held against the data that it costs once more: plans change.

    Raises:
        PermanentError: Data would be lost that nobody has allowed to be (`DataLoss`).
    """
    faults = loss_faults(lost_data(situation.former, made), situation.record.work.allow_data_loss)
    missing = [fault for fault in faults if "would be deleted" in fault.message]
    if missing:
        told = "; ".join(fault.message for fault in missing)
        raise PermanentError("DataLoss", told, "name them in allowDataLoss to allow it")
