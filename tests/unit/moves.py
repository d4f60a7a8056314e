"""Moves of tenants between isolation tiers, step by step and purely."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from landing_zone.applying import bound
from landing_zone.arm_ids import normalized
from landing_zone.contracts import Stage
from landing_zone.graph import Graph, reversed_graph, subgraph
from landing_zone.hub_state.limits import HubSettings
from landing_zone.hub_state.settled import own_items
from landing_zone.hub_state.wishes import member_of
from landing_zone.plan import Plan, Resource, Undo
from landing_zone.planning.network import HUB_EGRESS
from landing_zone.planning.subscription import PLACEMENT
from landing_zone.references import Outputs
from landing_zone.routes.migrating import joint_plan, migration_stages, return_stages
from landing_zone.routes.runtimes import Runtime, is_complete, missing_parts
from landing_zone.tenant_request import TenantRequest
from tests.unit.planned import HUB
from tests.unit.planned_whole import NODES, outputs_of, wanting, whole_plan_of
from tests.unit.strategies import TIERS, tenant_requests

PAIRS = tuple(permutations(TIERS, 2))
SETTINGS = HubSettings()
OWN_ISSUER = "https://westeurope.oic.prod-aks.azure.com/directory/own/"

type There = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Move:
    """A tenant that goes from one tier to another.

    Attributes:
        former: The plan that it has.
        wanted: The plan that it is to have.
    """

    former: Plan
    wanted: Plan

    @cached_property
    def joint(self) -> Plan:
        """What both runtimes can have at once."""
        return joint_plan(self.former, self.wanted)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The way there."""
        return migration_stages(self.former, self.wanted, self.joint)

    @cached_property
    def back(self) -> tuple[Stage, ...]:
        """The way back."""
        return return_stages(self.former, self.wanted, self.joint)

    @cached_property
    def outputs(self) -> Outputs:
        """What the resources of both yield."""
        found = {**outputs_of(self.former), **outputs_of(self.wanted)}
        return found | ({"cluster": {"issuer": OWN_ISSUER}} if "cluster" in found else {})

    def plan(self, stage: Stage) -> Plan:
        """The plan that a stage walks over."""
        plans = (self.former, self.wanted, self.joint)
        return next(one for one in plans if one.hash == stage.plan_hash)


def move_of(document: dict[str, Any], old: str, new: str) -> Move:
    """The move of a tenant that asks for nothing but another tier."""
    former, wanted = (
        whole_plan_of(TenantRequest.model_validate(document | {"isolation": tier}))
        for tier in (old, new)
    )
    return Move(former, wanted)


@st.composite
def moves(draw: st.DrawFn) -> Move:
    """Moves between any tiers, of any requests that are valid in both."""
    old, new = draw(st.sampled_from(PAIRS))
    document = draw(tenant_requests()).to_document()
    document |= {"network": {"prefixLength": 24}}
    document["compute"] = {**document.get("compute", {}), "cpu": 8, "memoryGiB": 32, "nodes": NODES}
    try:
        return move_of(document, old, new)
    except ValidationError:
        return move_of(wanting(old).to_document(), old, new)


def kept_resources(plan: Plan) -> list[Resource]:
    """What is never taken back, as the registrations of providers."""
    return [one for one in plan.resources if one.undo is Undo.KEEP]


def everything(plan: Plan, outputs: Outputs) -> There:
    """What Azure holds once a plan has been applied, the hub's shared cluster with it."""
    there: There = {}
    for resource in plan.resources:
        there = applied(plan, resource, there, outputs)
    shared = normalized(shared_cluster())
    return {shared: {"id": shared}, **there}


def shared_cluster() -> str:
    """ARM id of the hub's cluster."""
    return whole_plan_of(wanting("namespace")).by_key["shared-cluster"].id


def steps(
    move: Move, stages: tuple[Stage, ...], there: There, dice: random.Random
) -> Iterator[There]:
    """What is there after each resource of some stages, in one of the orders that may be."""
    for stage in stages:
        if not stage.plan_hash:
            continue
        plan = move.plan(stage)
        graph = subgraph(plan.graph, frozenset(stage.keys))
        undo = stage.direction == "undo"
        for key in order(reversed_graph(graph) if undo else graph, dice):
            resource = plan.by_key[key]
            change = removed if undo else applied
            there = change(plan, resource, there, move.outputs)
            yield there


def order(graph: Graph, dice: random.Random) -> Iterator[str]:
    """Any order in which each comes after what it waits for."""
    left = {key: set(waits) for key, waits in graph.items()}
    while left:
        key = dice.choice(sorted(key for key, waits in left.items() if not waits & left.keys()))
        del left[key]
        yield key


def applied(plan: Plan, resource: Resource, there: There, outputs: Outputs) -> There:
    """What is there once a resource has been applied."""
    known = bound(resource, outputs)
    if resource.key == HUB_EGRESS:
        return removed(plan, resource, there, outputs) | walls(plan, known)
    if resource.is_read:
        return there
    if resource.key == PLACEMENT:
        # A subscription stands in one group at a time.
        there = {key: body for key, body in there.items() if "/managementgroups/" not in key}
    return {**there, normalized(known.id): known.body}


def removed(_plan: Plan, resource: Resource, there: There, outputs: Outputs) -> There:
    """What is there once a resource has been taken back, with all that stands in it."""
    if resource.key == HUB_EGRESS:
        return {key: body for key, body in there.items() if not is_wall(key)}
    if resource.undo is Undo.KEEP:
        return there
    own = normalized(bound(resource, outputs).id)
    return {
        key: body for key, body in there.items() if key != own and not key.startswith(f"{own}/")
    }


def is_wall(key: str) -> bool:
    """Whether an id is that of something that the hub's reconciler writes for the firewall."""
    return any(f"/{kind}/spokewright-" in key for kind in ("ipgroups", "rulecollectiongroups"))


def walls(plan: Plan, resource: Resource) -> There:
    """What the hub's firewall holds for a tenant alone."""
    member = member_of(HUB.name, plan.tenant_id, resource.body)
    return {key: item.body for key, item in own_items(HUB, member, SETTINGS).items()}


def missing(runtime: Runtime, there: There, outputs: Outputs) -> tuple[str, ...]:
    """What is missing of a runtime."""
    return missing_parts(runtime, HUB, there, outputs, SETTINGS)


def assert_complete(runtime: Runtime, there: There, outputs: Outputs) -> None:
    """Nothing is."""
    assert missing(runtime, there, outputs) == ()
    assert is_complete(runtime, HUB, there, outputs, SETTINGS)
