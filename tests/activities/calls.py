"""Calls on the resources of the example's plan, in a world of fakes."""

from typing import Any

from landing_zone.applying import bound
from landing_zone.contracts import Call, OperationRef, Outcome, PollTarget
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan, Resource
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import NOON, World, example_request
from tests.unit.planned import OUTPUTS, plan_of, reservation_for

REQUEST = example_request()
PLAN: Plan = plan_of(REQUEST)
OPERATION = OperationRef(tenant_id=REQUEST.tenant_id, operation_id="contoso-research.1")
ASYNC = PollTarget(kind="async-operation", url="https://arm/operations/1")
ITSELF = PollTarget(kind="resource")


async def world_with_plan() -> World:
    """A world that keeps the example's plan."""
    world = World()
    await world.documents.put_plan(PLAN)
    return world


def resource(key: str) -> Resource:
    """A resource of the plan, its references resolved."""
    return bound(PLAN.by_key[key], OUTPUTS)


def call(key: str, **changes: Any) -> Call:
    """A call on a resource."""
    values: dict[str, Any] = {
        "operation": OPERATION,
        "plan_hash": PLAN.hash,
        "key": key,
        "direction": "apply",
        "outputs": OUTPUTS,
    }
    return Call.model_validate(values | changes)


def undo(key: str, **changes: Any) -> Call:
    """A call that takes a resource back."""
    return call(key, direction="undo", **changes)


def settling(key: str, state: str = "Updating") -> dict[str, Any]:
    """The resource as ARM shows it while it works."""
    properties = resource(key).body.get("properties", {})
    return resource(key).body | {"properties": properties | {"provisioningState": state}}


def tenant(state: TenantState = TenantState.PROVISIONING, **changes: Any) -> TenantRecord:
    """The tenant's record."""
    return new_tenant(REQUEST, "ann", NOON).model_copy(update={"state": state, **changes})


def reserved(world: World, state: TenantState = TenantState.PROVISIONING) -> TenantRecord:
    """Put a tenant that holds its range into the registry and the ledger."""
    reservation = reservation_for(REQUEST)
    world.ledger.held["hub-weu", REQUEST.tenant_id] = reservation
    record = tenant(state, reservation=reservation)
    world.registry.put(record)
    return record


def summary(outcome: Outcome) -> tuple[str, PollTarget | None, float | None, bool]:
    """The outcome as most tests look at it: state, target, wait, whether something was written."""
    return outcome.state, outcome.target, outcome.wait, outcome.wrote
