"""The sweep finds in lists what a look finds in a read."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing_zone.remediation.ground import Ground
from landing_zone.remediation.kinds import KINDS, Target, target_of
from landing_zone.remediation.names import RuleName
from landing_zone.remediation.sweep import absent, listings, shards, sweep, unlisted
from tests.unit.remediation.drifts import DRIFTS, Drift, broken
from tests.unit.remediation.estate import GROUNDS, World, group_of, world_of
from tests.unit.remediation.model_arm import Model

NAMESPACE, NODEPOOL, CLUSTER = GROUNDS
BY_SUBSCRIPTION = {
    f"0c0ffee0-0000-4000-8000-{number:012d}": one for number, one in enumerate(GROUNDS, 1)
}
NAMES = [f"{number}-{drift.rule}" for number, drift in enumerate(DRIFTS)]
ENDPOINT = "microsoft.network/privateendpoints"


def listed(world: World) -> Iterator[dict[str, Any]]:
    """What lists of a subscription hold."""
    for key, body in world.items():
        target = target_of(key)
        if target is not None and target.id == key and "type" in body:
            yield body


def test_planned_landing_zones_are_swept_clean_in_one_pass() -> None:
    """Of several tenants together; private endpoints are looked at one by one."""
    bodies = [body for ground in GROUNDS for body in listed(world_of(ground))]
    swept = sweep(bodies, BY_SUBSCRIPTION)
    assert (swept.violations, swept.resources) == ([], len(bodies))
    assert {one.type for one in swept.closer} == {ENDPOINT}
    endpoints = [body for body in bodies if body["type"].lower() == ENDPOINT]
    assert len(swept.closer) == len(endpoints) > 5


@pytest.mark.parametrize("drift", DRIFTS, ids=NAMES)
def test_sweep_finds_what_a_look_finds(drift: Drift) -> None:
    """The very same violations."""
    model = Model(world_of(CLUSTER))
    key = broken(model.world, CLUSTER, drift)
    swept = sweep([model.world[key]], BY_SUBSCRIPTION)
    assert tuple(swept.violations) == model.look(CLUSTER, key).violations
    assert swept.violations


def test_network_whose_peering_has_another_side_is_looked_at() -> None:
    """The list does not hold that side."""
    model = Model(world_of(NAMESPACE))
    mine, theirs = (
        next(key for key, item in one.plan.items() if item.type.endswith("/virtualNetworks"))
        for one in GROUNDS[:2]
    )
    rogue = {"name": "rogue", "properties": {"remoteVirtualNetwork": {"id": theirs}}}
    model.world[mine]["properties"]["virtualNetworkPeerings"].append(rogue)
    swept = sweep([model.world[mine]], BY_SUBSCRIPTION)
    assert swept.closer == [Target(mine, "microsoft.network/virtualnetworks")]


def test_roles_are_judged_from_their_list() -> None:
    """Those of the tenant's own principals, and of another's."""
    scope = next(key for key in NAMESPACE.plan if key.endswith("rg-tenant-1-network"))
    name = "providers/Microsoft.Authorization/roleAssignments"
    bodies: list[dict[str, Any]] = [
        {
            "id": f"{scope}/{name}/03fc7067-1fef-5261-b623-c0d0fe9c23d{number}",
            "type": "Microsoft.Authorization/roleAssignments",
            "properties": {"principalId": group_of(number)},
        }
        for number in (1, 2)
    ]
    (violation,) = sweep(bodies, BY_SUBSCRIPTION).violations
    assert violation.rule == RuleName.CROSS_TENANT_ROLE
    assert violation.resource_id == bodies[1]["id"].lower()


def test_subscription_is_judged_as_it_is_answered() -> None:
    """Without a type."""
    body = {"id": "/subscriptions/0c0ffee0-0000-4000-8000-000000000001", "tags": {}}
    (violation,) = sweep([body], BY_SUBSCRIPTION).violations
    assert violation.rule == RuleName.REQUIRED_TAGS


def test_what_is_of_nobody_or_of_no_governed_type_is_passed_over() -> None:
    """It is counted as seen."""
    bodies: list[dict[str, Any]] = [
        {"id": "/subscriptions/9", "type": "Microsoft.Storage/storageAccounts"},
        {
            "id": "/subscriptions/0c0ffee0-0000-4000-8000-000000000001/resourceGroups/x/providers/"
            "Microsoft.Compute/disks/d",
            "type": "Microsoft.Compute/disks",
        },
        {},
    ]
    swept = sweep(bodies, BY_SUBSCRIPTION)
    assert (swept.resources, swept.violations, swept.closer) == (3, [], [])


@pytest.mark.parametrize("ground", GROUNDS, ids=[one.owner.name for one in GROUNDS])
def test_planned_resource_that_no_list_holds_is_found(ground: Ground) -> None:
    """Each of them, and nothing when all are there."""
    world = world_of(ground)
    keys = {body["id"].lower() for body in listed(world)}
    assert absent(ground, keys) == ()
    for key in keys & ground.plan.keys():
        gone = absent(ground, keys - {key})
        assert [one.resource_id for one in gone] == [key]


@pytest.mark.parametrize("turns", [1, 5])
def test_settings_that_no_list_holds_are_each_looked_at_in_some_turn(turns: int) -> None:
    """And one that is deleted is found by that look."""
    asked = [one for turn in range(turns) for one in unlisted(CLUSTER, turn, turns)]
    assert len(asked) == len(set(asked))
    assert sorted(asked) == sorted(unlisted(CLUSTER))
    assert len(asked) > 20
    world = world_of(CLUSTER)
    for target, key in asked:
        if target.id not in world or key not in world:
            continue
        model = Model(copy.deepcopy(world))
        assert model.look(CLUSTER, target.id, key).violations == ()
        del model.world[key]
        assert model.look(CLUSTER, target.id, key).violations != ()


def test_every_governed_type_is_listed_or_stands_in_what_is() -> None:
    """The lists have whole bodies: those of single types, not of `resources`."""
    reads = listings("0c0ffee0-0000-4000-8000-000000000001")
    paths = " ".join(read.path.lower() for read in reads)
    children = {"firewallpolicies/rulecollectiongroups", "privatednszones/virtualnetworklinks"}
    for kind in KINDS:
        if not any(kind.endswith(child) for child in children):
            assert kind.rpartition("/")[2] in paths, kind
    assert len({read.path for read in reads}) == len(reads)


@given(st.sets(st.uuids().map(str), max_size=40), st.integers(1, 9), st.uuids().map(str))
def test_shards_hold_each_subscription_once_and_in_its_place(
    names: set[str], count: int, other: str
) -> None:
    """One that comes moves no other."""
    spread = shards(names, count)
    assert len(spread) == count
    assert sorted(one for shard in spread for one in shard) == sorted(names)
    more = shards({*names, other.upper()}, count)
    for before, after in zip(spread, more, strict=True):
        assert set(before) <= set(after)


def test_no_shards_are_refused() -> None:
    """Nothing would be swept."""
    with pytest.raises(ValueError, match="at least one"):
        shards(["a"], 0)
