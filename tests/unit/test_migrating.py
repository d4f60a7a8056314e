"""Laws of the way from one isolation tier to another, over all tiers and requests."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
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
from landing_zone.planning.gitops import GITOPS
from landing_zone.planning.network import HUB_EGRESS
from landing_zone.planning.subscription import PLACEMENT
from landing_zone.references import Outputs
from landing_zone.routes.data import bears_data
from landing_zone.routes.migrating import (
    COMMIT,
    CROSS,
    HOLD,
    PREPARE,
    SWITCH,
    is_migration,
    joint_plan,
    migration_faults,
    migration_stages,
    onward_stages,
    return_stages,
)
from landing_zone.routes.runtimes import (
    Runtime,
    is_complete,
    missing_parts,
    runtime_of,
    tier_of,
)
from landing_zone.routes.updating import no_longer_planned
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


@settings(max_examples=20)
@given(moves())
def test_what_is_prepared_changes_nothing_of_the_old(move: Move) -> None:
    """It is new, or as it was; but for the firewall, and where a subscription stands."""
    old = {normalized(one.id): one.body for one in move.former.resources}
    prepare = next(stage for stage in move.stages if stage.name == PREPARE)
    for key in prepare.keys:
        resource = move.joint.by_key[key]
        body = old.get(normalized(resource.id), resource.body)
        assert key in {HUB_EGRESS, PLACEMENT} or body == resource.body
    assert (PLACEMENT in prepare.keys) == (tier_of(move.wanted) == "cluster")
    new = {one.key for one in move.wanted.resources if normalized(one.id) not in old}
    assert new - {PLACEMENT} <= set(prepare.keys)


@settings(max_examples=20)
@given(moves())
def test_the_firewall_lets_both_out_until_the_end(move: Move) -> None:
    """It is asked for all that either needs, and for less only when the old runtime is gone."""
    bodies = [plan.by_key[HUB_EGRESS].body for plan in (move.former, move.wanted, move.joint)]
    for name in ("sources", "profiles", "fqdns"):
        former, wanted, joint = (set(body[name]) for body in bodies)
        assert joint == former | wanted
    widened = bodies[2] != bodies[1]
    assert [stage.name for stage in move.stages][5:] == ["settle"] * widened
    switch = next(stage for stage in move.stages if stage.name == SWITCH)
    assert (HUB_EGRESS in switch.keys) == (not widened)


@settings(max_examples=20)
@given(moves())
def test_nothing_that_the_new_runtime_needs_is_removed(move: Move) -> None:
    """Nor anything that it stands in, nor anything that holds data."""
    [remove] = [stage for stage in move.stages if stage.direction == "undo"]
    gone = [move.former.by_key[key] for key in remove.keys]
    kept = [normalized(one.id) for one in move.wanted.resources]
    for resource in gone:
        inner = f"{normalized(resource.id)}/"
        assert normalized(resource.id) not in kept
        assert not [one for one in kept if one.startswith(inner)]
        assert not bears_data(resource)
    assert migration_faults(move.former, move.wanted) == ()


@settings(max_examples=20)
@given(moves())
def test_the_way_is_reversible_up_to_the_commitment_and_not_behind_it(move: Move) -> None:
    """Nothing is removed before, and each stage behind it says that there is no way back."""
    names = [stage.name for stage in move.stages]
    assert len(set(names) | {stage.name for stage in move.back}) == len(names) + len(move.back)
    place = names.index(COMMIT)
    assert move.stages[place].activity == CROSS
    assert not any(stage.final or stage.direction == "undo" for stage in move.stages[: place + 1])
    assert all(stage.final for stage in move.stages[place + 1 :])
    assert not any(stage.final for stage in move.back)
    onward = onward_stages(move.former, move.wanted)
    assert onward[0].name == HOLD
    assert onward[1:] == move.stages[place + 1 :]
    assert all(stage.final for stage in onward)


@settings(max_examples=20)
@given(moves())
def test_both_ways_end_with_a_whole_plan(move: Move) -> None:
    """Each resource of the wanted plan is applied there; of the former one, on the way back."""
    for stages, plan, other in (
        (move.stages, move.wanted, move.former),
        (move.back, move.former, move.wanted),
    ):
        applied = {
            key
            for stage in stages
            if stage.plan_hash == plan.hash and stage.direction == "apply"
            for key in stage.keys
        }
        assert applied == plan.by_key.keys()
        [undone] = [set(stage.keys) for stage in stages if stage.direction == "undo"]
        assert undone == {one.key for one in no_longer_planned(other, plan)}


@settings(max_examples=12)
@given(moves(), st.integers())
def test_one_runtime_is_complete_after_each_step(move: Move, seed: int) -> None:
    """In whatever order the resources of a stage are made or removed."""
    old, new = runtime_of(move.former), runtime_of(move.wanted)
    there = everything(move.former, move.outputs)
    assert_complete(old, there, move.outputs)
    for there in steps(move, move.stages, there, random.Random(seed)):  # noqa: B020, S311
        if missing(old, there, move.outputs) and missing(new, there, move.outputs):
            pytest.fail(f"{missing(old, there, move.outputs)} {missing(new, there, move.outputs)}")
    assert_complete(new, there, move.outputs)
    assert missing(old, there, move.outputs)


@settings(max_examples=12)
@given(moves(), st.integers(), st.integers(0, 2))
def test_one_runtime_is_complete_on_the_way_back(move: Move, seed: int, done: int) -> None:
    """From behind each stage that there is a way back from; at its end all is as it was."""
    old = runtime_of(move.former)
    dice = random.Random(seed)  # noqa: S311 - an order
    first = there = everything(move.former, move.outputs)
    for there in steps(move, move.stages[: done + 1], first, dice):  # noqa: B007
        pass
    new = runtime_of(move.wanted)
    for there in steps(move, move.back, there, dice):  # noqa: B020
        assert not missing(old, there, move.outputs) or not missing(new, there, move.outputs)
    registered = {normalized(bound(one, move.outputs).id) for one in kept_resources(move.wanted)}
    assert {key: body for key, body in there.items() if key in first} == first
    assert there.keys() - first.keys() <= registered


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


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_workloads_are_waited_for_where_they_are_new(old: str, new: str) -> None:
    """On another cluster; on the same one Flux has brought them already."""
    move = move_of(wanting(old).to_document(), old, new)
    ready = move.joint.by_key[GITOPS].ready
    elsewhere = {"properties.complianceState": "Compliant"}
    assert ready == (elsewhere if "cluster" in {old, new} else {})
    assert move.wanted.by_key[GITOPS].ready == {}


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_each_cluster_has_a_federated_credential_of_its_own(old: str, new: str) -> None:
    """Of the same identity, so that what the workloads may do stays as it is."""
    move = move_of(wanting(old).to_document(), old, new)
    plans = (move.former, move.wanted)
    one, other = (plan.by_key["federation:workload"] for plan in plans)
    assert one.id.rpartition("/")[0] == other.id.rpartition("/")[0]
    assert (one.id == other.id) == ("cluster" not in {old, new})
    assert (one.body == other.body) == ("cluster" not in {old, new})
    roles = [
        {item.key: item for item in plan.resources if item.key.startswith("role:workload:")}
        for plan in plans
    ]
    assert roles[0]
    assert {key: (item.id, item.body) for key, item in roles[0].items()} == {
        key: (item.id, item.body) for key, item in roles[1].items()
    }


@pytest.mark.parametrize("tier", TIERS)
def test_each_part_of_a_runtime_is_missed(tier: str) -> None:
    """Gone, failed, on its way, or otherwise than the workloads need it."""
    plan = whole_plan_of(wanting(tier))
    outputs = outputs_of(plan)
    runtime, there = runtime_of(plan), everything(plan, outputs_of(plan))
    assert runtime.tier == tier
    assert_complete(runtime, there, outputs)
    for part in runtime.parts:
        own = normalized(bound(part, outputs).id)
        if part.key == HUB_EGRESS:
            without = {key: body for key, body in there.items() if "/ipgroups/" not in key}
            assert missing(runtime, without, outputs) == (part.key,)
            continue
        without = {key: body for key, body in there.items() if key != own}
        assert missing(runtime, without, outputs) == (part.key,)
        for state, serves in (("Failed", False), ("Deleting", False), ("Updating", True)):
            body = there[own]
            shown = {
                **body,
                "properties": {**body.get("properties", {}), "provisioningState": state},
            }
            found = missing(runtime, {**there, own: shown}, outputs)
            assert found == (() if serves else (part.key,))


def test_a_namespace_that_is_bound_to_other_nodes_serves_no_runtime_but_that() -> None:
    """Neither that of nodes that all share by one that is pinned, nor the other way round."""
    move = move_of(wanting("namespace").to_document(), "namespace", "nodepool")
    both = everything(move.former, move.outputs) | everything(move.wanted, move.outputs)
    assert missing(runtime_of(move.former), both, move.outputs) == ("namespace",)
    assert missing(runtime_of(move.wanted), both, move.outputs) == ()


def test_tags_are_no_part_of_what_workloads_need() -> None:
    """They are changed in the switch, and nothing runs by them."""
    plan = whole_plan_of(wanting("cluster"))
    outputs = outputs_of(plan)
    there = everything(plan, outputs)
    bare = {key: {n: v for n, v in body.items() if n != "tags"} for key, body in there.items()}
    assert_complete(runtime_of(plan), bare, outputs)


def test_an_update_within_a_tier_is_no_migration() -> None:
    """And loses what data it was allowed to."""
    one = whole_plan_of(wanting("nodepool"))
    data = {"storage": False, "database": "none", "vectorIndex": "none"}
    other = whole_plan_of(wanting("nodepool", data=data))
    assert not is_migration(one, other)
    assert migration_faults(one, other) == ()
    moved = whole_plan_of(wanting("cluster", data=data))
    assert is_migration(one, moved)
    assert {fault.path for fault in migration_faults(one, moved)} == {"isolation"}
