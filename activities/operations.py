"""The beginning of an operation: admitting, reserving, planning."""

from collections.abc import Awaitable, Callable

from activities.adopting import subscription_before
from activities.auditing import ONBOARD, OperationNote, note_operation
from activities.dependencies import Dependencies
from activities.tenants import change_tenant, current_tenant, require_current
from landing_zone.addressing import ranges_of
from landing_zone.admission import hubs_for
from landing_zone.approval.policy import require_approved
from landing_zone.arm_ids import arm_id, subscription_scope
from landing_zone.audit import digest
from landing_zone.capacity import (
    NODE_SUBNETS,
    CapacityExceeded,
    HubRefusal,
    Shortage,
    address_limit,
    demand_of,
    refusal_of,
)
from landing_zone.contracts import Node, OperationRef, Outcome, PlanSummary, Via
from landing_zone.differences import value_at
from landing_zone.errors import PermanentError, TemporaryError
from landing_zone.hub import Hub
from landing_zone.lifecycle import TenantEvent, TenantState
from landing_zone.plan import Plan, Undo, Write
from landing_zone.planning import api_versions, plan
from landing_zone.references import referenced_keys
from landing_zone.reservation import Reservation
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord

type Give = Callable[..., Awaitable[Reservation]]
"""A method of the ledger that gives a place, or says which it would give."""

type Held = Callable[[str, str], Awaitable[Reservation | None]]
"""Tells what a tenant holds of a hub: as it is, or asked for once more so that nobody frees it."""

type Holder = Callable[[str, str], Awaitable[str | None]]
"""Tells which tenant holds a subscription, given its id and the tenant that wants it."""


async def begin_operation(deps: Dependencies, operation: OperationRef) -> Outcome:
    """The registry says that the tenant is being provisioned; the audit, who asked for it."""

    def begin(record: TenantRecord) -> TenantRecord:
        require_current(record, operation)
        if record.state is TenantState.PROVISIONING:
            return record
        require_approved(deps.settings.approval, record)
        is_approved = record.state is TenantState.AWAITING_APPROVAL
        event = TenantEvent.APPROVE if is_approved else TenantEvent.ADMIT
        return record.after(event, deps.clock.now())

    record = await current_tenant(deps, operation)
    begun = begin(record)
    await note_operation(deps, operation, _beginning(operation, record, begun))
    await change_tenant(deps, operation.tenant_id, begin)
    return Outcome(state="done")


def _beginning(operation: OperationRef, record: TenantRecord, begun: TenantRecord) -> OperationNote:
    """What is noted of an operation that begins: who asked for what, and why it is begun now."""
    again = "asked again" if record.operations > 1 else "asked"
    return OperationNote(
        action=ONBOARD,
        outcome="begun",
        actor=record.actor,
        before=record.state.value,
        after=begun.state.value,
        details={
            "why": "taken up again: its orchestration was lost" if operation.run else again,
            "request": digest(record.request.to_document()),
            "message": record.reply.message_id if record.reply else "",
            "planBefore": record.plan_hash,
        },
    )


async def reserve(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Hold a place in the first hub of the region that has room.

    Its ranges are ones that neither the ledger nor a peering or subnet of that hub knows.
    """
    record = await current_tenant(deps, operation)
    await require_subscription(deps, record, deps.registry.claim_subscription)
    if record.reservation is None:
        found = await held_place(deps, record, deps.ledger.renew) or await first_place(
            deps, record, deps.ledger.reserve
        )
        # The operation's number: the same however often this runs, and above all before it.
        # Of the subscription, too, nothing has been changed yet.
        before = await subscription_before(deps, record)
        known = {"generation": record.operations, "before": before}
        await _keep(deps, operation, found.model_copy(update=known))
    return Outcome(state="done")


async def _keep(deps: Dependencies, operation: OperationRef, reservation: Reservation) -> None:
    """Write on the tenant's record what it holds, unless that names something already.

    Raises:
        PermanentError: The operation is over: what was reserved is left to expire.
    """
    lease = await deps.ledger.lease(reservation.hub, operation.tenant_id)

    def keep(latest: TenantRecord) -> TenantRecord:
        require_current(latest, operation)
        if latest.reservation is not None:
            return latest
        if latest.state is not TenantState.PROVISIONING:
            raise PermanentError("OperationEnded", f"the tenant is {latest.state.value} by now")
        return latest.model_copy(update={"reservation": reservation})

    kept = await change_tenant(deps, operation.tenant_id, keep)
    elsewhere = kept.reservation is not None and kept.reservation.hub != reservation.hub
    if elsewhere and lease is not None:
        # The same activity ran twice at once, and the other was placed elsewhere.
        await deps.ledger.free(lease)


async def held_place(deps: Dependencies, record: TenantRecord, held: Held) -> Reservation | None:
    """What a ledger holds already: a worker died before the record could say so."""
    for hub in hubs_for(record.request, deps.document):
        found = await held(hub.name, record.tenant_id)
        if found is not None:
            return found
    return None


async def first_place(deps: Dependencies, record: TenantRecord, give: Give) -> Reservation:
    """The place in the first hub of the region that has room.

    Raises:
        CapacityExceeded: None has.
    """
    refusals: list[HubRefusal] = []
    for hub in hubs_for(record.request, deps.document):
        found = await _place_in(deps, hub, record, give)
        if isinstance(found, Reservation):
            return found
        refusals.append(found)
    raise CapacityExceeded(refusals)


async def given_place(
    deps: Dependencies, hub: Hub, request: TenantRequest, give: Give
) -> Reservation:
    """The place in a hub, away from what its network has in use.

    Raises:
        PermanentError: The pool has no free range of that size (`AddressPoolExhausted`).
        CapacityExceeded: The hub has not left what is claimed.
    """
    demand = demand_of(request)
    kinds = ("virtualNetworkPeerings", "subnets")
    wanted = kinds if NODE_SUBNETS in demand.claims else kinds[:1]
    seen = await _ranges_in_use(deps, hub.network_id, wanted)
    return await give(hub.name, request.tenant_id, demand.prefix_length, seen, demand.claims)


async def _place_in(
    deps: Dependencies, hub: Hub, record: TenantRecord, give: Give
) -> Reservation | HubRefusal:
    try:
        return await given_place(deps, hub, record.request, give)
    except CapacityExceeded as error:
        return error.refusals[0]
    except PermanentError as error:
        if error.code != "AddressPoolExhausted":
            raise
        limit = address_limit(hub, record.request.network.prefix_length)
        return refusal_of(hub, [Shortage(limit, 0, 1)])


async def require_subscription(deps: Dependencies, record: TenantRecord, holder: Holder) -> None:
    """An adopted subscription is one tenant's alone: by the registry, and by its own tags.

    Raises:
        PermanentError: It cannot be seen (`SubscriptionNotFound`), or is another's
            (`SubscriptionTaken`).
    """
    subscription = record.request.subscription.id
    if subscription is None:
        return
    scope = subscription_scope(str(subscription))
    tags = await deps.arm.get(
        arm_id(scope, "Microsoft.Resources/tags", "default"), api_versions.RESOURCES
    )
    if tags is None:
        raise PermanentError("SubscriptionNotFound", "the subscription to adopt cannot be seen")
    tagged = value_at(tags, "properties.tags.tenantId")
    holding = await holder(str(subscription), record.tenant_id)
    if not {holding, tagged} <= {None, record.tenant_id}:
        raise PermanentError(
            "SubscriptionTaken",
            "the subscription to adopt is another tenant's",
            "adopt a subscription that no tenant has, or vend one",
        )


async def _ranges_in_use(deps: Dependencies, network_id: str, kinds: tuple[str, ...]) -> list[str]:
    """Of the spokes that the hub network is peered with, or of its own subnets."""
    ranges: list[str] = []
    for kind in kinds:
        for found in await deps.arm.pages(f"{network_id}/{kind}", api_versions.NETWORK):
            ranges.extend(ranges_of(found))
    return ranges


async def make_plan(deps: Dependencies, operation: OperationRef) -> Outcome:
    """Plan the tenant and keep the plan under its hash."""
    record = await current_tenant(deps, operation)
    if record.reservation is None:
        raise TemporaryError("NotReserved", "the reservation is not there yet")
    hub = deps.document.hub(record.reservation.hub)
    made = plan(record.request, deps.document, hub, record.reservation, deps.rules)
    await deps.documents.put_plan(made)
    return Outcome(state="done", plan=summary_of(deps, made))


def via_of(write: Write) -> Via:
    """Who writes a resource that is written so."""
    if write.on_data_plane:
        return "data"
    return "hub" if write is Write.HUB else "resource"


def summary_of(deps: Dependencies, made: Plan) -> PlanSummary:
    """A plan as orchestrators know it."""
    nodes = tuple(
        Node(
            key=resource.key,
            step=resource.step,
            after=tuple(sorted(made.graph[resource.key])),
            undoable=resource.undo is not Undo.KEEP,
            ready=bool(resource.ready),
            via=via_of(resource.write),
        )
        for resource in made.resources
    )
    named = referenced_keys([resource.id for resource in made.resources])
    return PlanSummary(
        plan_hash=made.hash, nodes=nodes, named=tuple(sorted(named)), retry=deps.settings.retry
    )
