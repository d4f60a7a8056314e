"""How an operation under way stands: what the durable client, the plan and the hub tell of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import azure.durable_functions as df
from pydantic import ValidationError

from activities.dependencies import Dependencies
from landing_zone.explaining.standing import HubLine, Standing
from landing_zone.hub_state.contracts import HubStatus
from landing_zone.hub_state.members import Lane, instance_of
from landing_zone.hub_state.wishes import member_of
from landing_zone.instances import is_on_its_way
from landing_zone.operations import OperationView, is_under_way
from landing_zone.plan import Plan, Write
from landing_zone.progress import LiveStatus, LiveWait, OperationStatus
from landing_zone.tenants import TenantRecord, instance_id
from orchestrators.fan_out import instance_prefix, walk_name


class Live(NamedTuple):
    """An operation under way.

    Attributes:
        view: What is shown of it.
        standing: What is decided from.
        prefix: How the instance ids of those begin that work on its resources.
    """

    view: OperationView
    standing: Standing
    prefix: str


async def live(
    deps: Dependencies,
    client: df.DurableOrchestrationClient,
    record: TenantRecord,
    *,
    names_others: bool,
) -> Live:
    """What the custom statuses of the orchestrations say of a tenant's current operation.

    Args:
        deps: What is worked with.
        client: The durable client.
        record: The tenant.
        names_others: Whether other tenants may be named to who asks.
    """
    operation = record.operation
    found = await client.get_status(instance_id(operation.tenant_id))
    # All operations of a tenant share an instance id: one that has ended is an earlier one's.
    alive = is_on_its_way(found)
    shown = _parsed(found.custom_status) if alive else None
    plan = await deps.documents.get_plan(shown.plan_hash) if shown and shown.plan_hash else None
    keys = [resource.key for resource in plan.resources] if plan else []
    status = shown.read(keys) if shown else None
    prefix = instance_prefix(operation, _walk(status))
    waits = await _waits(client, prefix, plan, status) if plan and status else {}
    view = OperationView(
        operation=operation, state="running", status=status, plan=plan, waits=waits
    )
    standing = Standing(
        kind=operation.kind,
        state=record.state,
        now=deps.clock.now(),
        alive=alive,
        status=status,
        plan=plan,
        waits=waits,
        acts=record.acts,
        lines=await _lines(deps, client, plan, waits) if plan else {},
        names_others=names_others,
    )
    return Live(view, standing, prefix)


def _parsed(custom_status: Any) -> LiveStatus | None:
    try:
        return LiveStatus.parse(custom_status)
    except ValidationError:
        return None


def _walk(status: OperationStatus | None) -> str:
    """The name of the walk that is under way."""
    if status is None:
        return "apply"
    return walk_name(status.stage or ("undo" if status.phase == "undo" else "apply"), status.again)


async def _waits(
    client: df.DurableOrchestrationClient, prefix: str, plan: Plan, status: OperationStatus
) -> dict[str, LiveWait]:
    if status.phase not in {"apply", "undo"}:
        return {}
    running = [df.OrchestrationRuntimeStatus.Running]
    found = await client.get_status_by(instance_id_prefix=prefix, runtime_status=running)
    waits: dict[str, LiveWait] = {}
    for item in found:
        key = item.instance_id.removeprefix(prefix)
        if key in plan.by_key and _is_at_work(plan, status, key) and item.custom_status:
            waits[key] = LiveWait.parse(item.custom_status)
    return waits


def _is_at_work(plan: Plan, status: OperationStatus, key: str) -> bool:
    """Whether a resource is being made or taken back."""
    if status.phase == "undo":
        return key not in status.undone
    # On a route only some are made, so what the others have come to is not known here.
    return key not in status.applied if status.stage else is_under_way(plan, status, key)


async def _lines(
    deps: Dependencies,
    client: df.DurableOrchestrationClient,
    plan: Plan,
    waits: Mapping[str, LiveWait],
) -> dict[str, HubLine]:
    """The lines that resources stand in which wait for the hub; only then is it looked at."""
    lanes: dict[str, Lane] = {}
    for key in waits:
        if plan.by_key[key].write is Write.HUB:
            lanes[key] = member_of(plan.hub, plan.tenant_id, plan.by_key[key].body).lane
    lines = {lane: await _line(deps, client, plan, lane) for lane in set(lanes.values())}
    return {key: lines[lane] for key, lane in lanes.items()}


async def _line(
    deps: Dependencies, client: df.DurableOrchestrationClient, plan: Plan, lane: Lane
) -> HubLine:
    rows = await deps.hub_requests.all(plan.hub, lane)
    waiting = sorted(
        (row.value for row in rows if row.value.state == "waiting"),
        key=lambda row: (row.since, row.member.name),
    )
    tenants = tuple(dict.fromkeys(row.member.tenant_id for row in waiting))
    found = await client.get_status(instance_of(plan.hub, lane))
    known = is_on_its_way(found) and found.custom_status
    status = HubStatus.parse(found.custom_status) if known else HubStatus(phase="resting")
    return HubLine(
        hub=plan.hub,
        lane=lane,
        doing=status.cause if status.phase == "writing" else "",
        writes=status.left,
        tenants=tenants,
        position=tenants.index(plan.tenant_id) + 1 if plan.tenant_id in tenants else None,
    )
