"""Holding a change of a tenant against what cannot be changed, and against what it would cost."""

from collections.abc import Iterable

from activities.dependencies import Dependencies
from activities.operations import given_place
from landing_zone.admission import faults_of
from landing_zone.capacity import needs_node_subnet
from landing_zone.dry_run.fixed import fixed_faults
from landing_zone.planning import plan
from landing_zone.request_parsing import InvalidRequest
from landing_zone.routes.data import loss_faults, lost_data
from landing_zone.routes.migrating import migration_faults
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord


async def require_possible(
    deps: Dependencies, record: TenantRecord, wanted: TenantRequest, allowed: Iterable[str]
) -> None:
    """Refuse a change at once that could not be made.

    It is a forecast: what is under way may change what is found here, so the route looks again.

    Raises:
        InvalidRequest: Something of it cannot be changed, no hub could give it, or data would be
            lost that nobody has allowed to be.
        CapacityExceeded: The hub has not left what is wanted of it.
    """
    faults = (*faults_of(wanted, deps.document), *fixed_faults(wanted, record.request))
    if faults:
        raise InvalidRequest(faults)
    if record.reservation is None or not record.plan_hash:
        return
    hub = deps.document.hub(record.reservation.hub)
    given = await given_place(deps, hub, wanted, deps.ledger.preview)
    subnet = given.node_subnet if needs_node_subnet(wanted) else None
    held = record.reservation.model_copy(update={"node_subnet": subnet})
    made = plan(wanted, deps.document, hub, held, deps.rules)
    former = await deps.documents.get_plan(record.plan_hash)
    losses = loss_faults(lost_data(former, made), allowed) or migration_faults(former, made)
    if losses:
        raise InvalidRequest(losses)
