"""Laws of the way from one isolation tier to another, over all tiers and requests."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing_zone.applying import bound
from landing_zone.arm_ids import normalized
from landing_zone.planning.gitops import GITOPS
from landing_zone.planning.network import HUB_EGRESS
from landing_zone.planning.subscription import PLACEMENT
from landing_zone.routes.data import bears_data
from landing_zone.routes.migrating import (
    COMMIT,
    CROSS,
    HOLD,
    PREPARE,
    SWITCH,
    is_migration,
    migration_faults,
    onward_stages,
)
from landing_zone.routes.runtimes import runtime_of, tier_of
from landing_zone.routes.updating import no_longer_planned
from tests.unit.moves import (
    PAIRS,
    Move,
    assert_complete,
    everything,
    kept_resources,
    missing,
    move_of,
    moves,
    steps,
)
from tests.unit.planned_whole import wanting, whole_plan_of


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
