"""A world in which a tenant is active: its plan has been applied to the last resource."""

import copy
from collections.abc import Mapping
from typing import Any, Final

from pydantic import SecretStr

from activities.data import names_of
from landing_zone.capacity import demand_of
from landing_zone.data_planes import KeyName, StoredSecret
from landing_zone.hub_state.members import Lane, Member
from landing_zone.hub_state.wishes import member_of
from landing_zone.lifecycle import TenantState
from landing_zone.plan import Plan, Resource, Write
from landing_zone.tenant_request import TenantRequest
from landing_zone.tenants import TenantRecord, new_tenant
from tests.fakes import NOON, World
from tests.unit.hub_members import HUB, applied
from tests.unit.planned import reservation_for
from tests.unit.planned_whole import bound_resources, outputs_of, wanting, whole_plan_of

KEY: Final = SecretStr("hush-landed-hush")
_NAMESPACE: Final = whole_plan_of(wanting())
_OF_THE_HUB: Final = [item for item in bound_resources(_NAMESPACE) if item.is_read]
LANES: tuple[Lane, ...] = ("firewall", "network")


def landed(request: TenantRequest, world: World | None = None) -> World:
    """The world, in which nothing has been read yet."""
    world = with_hub(world or World())
    made = whole_plan_of(request)
    for item in bound_resources(made):
        _land(world, made, item)
    wanted = [member_of(HUB.name, made.tenant_id, one.body) for one in _parts(made)]
    for lane in LANES:
        _land_lane(world, lane, [one for one in wanted if one.lane == lane])
    record = active(request, made)
    world.registry.put(record)
    held = reservation_for(request)
    world.ledger.held[HUB.name, request.tenant_id] = held
    world.ledger.claims[HUB.name, request.tenant_id] = demand_of(request).claims
    world.documents.plans[made.hash] = made
    world.documents.operations[record.operation_id] = {"outputs": outputs_of(made)}
    return world


def with_hub(world: World) -> World:
    """The world, with what the hub has whoever comes."""
    for item in _OF_THE_HUB:
        _land(world, _NAMESPACE, item)
    return world


def active(request: TenantRequest, made: Plan) -> TenantRecord:
    """The record of the tenant."""
    return new_tenant(request, "ann", NOON).model_copy(
        update={
            "state": TenantState.ACTIVE,
            "reservation": reservation_for(request),
            "plan_hash": made.hash,
            "active_since": NOON,
            "ongoing": False,
        }
    )


def _parts(made: Plan) -> list[Resource]:
    return [item for item in bound_resources(made) if item.write is Write.HUB]


def _land_lane(world: World, lane: Lane, members: list[Member]) -> None:
    for body in applied(lane, members).values():
        world.arm.put(body["id"], body)


def _land(world: World, made: Plan, item: Resource) -> None:
    match item.write:
        case Write.HUB:
            return
        case Write.SECRET:
            keys: dict[KeyName, SecretStr] = {"primary": KEY, "secondary": SecretStr("hush-2-hush")}
            world.api_keys.keys[item.body["subscription"]] = keys
            world.vaults.versions[names_of(item)] = [StoredSecret(KEY, item.body["tags"])]
        case Write.INDEX:
            service, index = names_of(item)
            world.indexes.indexes[service, index] = {"name": index, **item.body}
        case Write.REGISTER_PROVIDER:
            world.arm.put(item.id, {"registrationState": "Registered"})
        case _:
            world.arm.put(item.id, with_outputs(item, outputs_of(made).get(item.key, {})))


def with_outputs(item: Resource, outputs: Mapping[str, str]) -> dict[str, Any]:
    """Its body as Azure shows it, with what it yields."""
    body = copy.deepcopy(item.body)
    for name, value in outputs.items():
        *path, last = item.outputs[name].split(".")
        inner = body
        for step in path:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return body
