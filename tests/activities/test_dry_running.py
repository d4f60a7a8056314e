"""A dry run over fakes: it finds what differs and nothing else, and leaves everything alone."""

import copy
from contextlib import suppress
from typing import Any

from hypothesis import given, settings

from activities.data import begin_data
from activities.dry_running import dry_run
from activities.resources import begin_resource
from landing_zone.contracts import Call
from landing_zone.errors import TemporaryError
from landing_zone.plan import Plan, Write
from landing_zone.tenant_request import TenantRequest
from tests.activities.calls import OPERATION
from tests.activities.landed import landed
from tests.activities.planned_changes import changes, covers, expected
from tests.fakes import World
from tests.unit.planned_whole import outputs_of, whole_plan_of

type Pair = tuple[TenantRequest, TenantRequest]


def state_of(world: World) -> Any:
    """All that a dry run could have changed."""
    return copy.deepcopy(
        (
            world.registry.rows,
            world.registry.claims,
            world.ledger.held,
            world.ledger.claims,
            world.hub_requests.rows,
            world.audit.chains,
            world.documents.plans,
            world.documents.operations,
            world.arm.bodies,
            world.api_keys.keys,
            world.vaults.versions,
            world.indexes.indexes,
            world.drift._known,
            world.client.started,
        )
    )


async def tried(world: World, request: TenantRequest) -> dict[str, Any]:
    """The answer of a dry run, which has written nothing."""
    before = state_of(world)
    found = await dry_run(world.deps, request)
    assert world.arm.writes() == []
    assert state_of(world) == before
    return found


def of(found: dict[str, Any], action: str) -> dict[str, Any]:
    """The changes of a kind, by key."""
    return {one["key"]: one for one in found["changes"] if one["action"] == action}


@given(changes())
@settings(max_examples=10, deadline=None)
async def test_unchanged_tenant_has_no_changes(drawn: Pair) -> None:
    """Whatever it asked for: all that is planned is there."""
    found = await tried(landed(drawn[0]), drawn[0])
    assert (found["changes"], found["unjudged"]) == ([], [])
    assert len(found["unchanged"]) == len(whole_plan_of(drawn[0]).resources)


@given(changes())
@settings(max_examples=20, deadline=None)
async def test_changed_tenant_names_exactly_what_changed(drawn: Pair) -> None:
    """Each property in which the plans differ, and no other; of all tiers, and between them."""
    first, second = drawn
    found = await tried(landed(first), second)
    wanted = expected(whole_plan_of(first), whole_plan_of(second))
    assert found["unjudged"] == []
    assert set(of(found, "create")) == wanted.created
    assert set(of(found, "delete")) == wanted.deleted
    updated = of(found, "update")
    assert set(updated) == set(wanted.changed)
    for key, leaves in wanted.changed.items():
        reported = [one["property"] for one in updated[key]["properties"]]
        assert all(any(covers(one, leaf) for one in reported) for leaf in leaves), key
        assert all(any(covers(one, leaf) for leaf in leaves) for one in reported), key


@given(changes())
@settings(max_examples=15, deadline=None)
async def test_what_would_change_is_what_applying_writes(drawn: Pair) -> None:
    """The activities that make resources write those, and leave the others alone."""
    first, second = drawn
    found = await tried(landed(first), second)
    named = {**of(found, "create"), **of(found, "update")}
    # What is only to go has no activity yet that takes it away.
    going = {key for key, one in named.items() if _only_goes(one)}
    made = whole_plan_of(second)
    wrote = await written(landed(first), made, set(of(found, "create")))
    hub = {item.key for item in made.resources if item.write is Write.HUB}
    assert wrote == set(named) - going - hub


def _only_goes(change: dict[str, Any]) -> bool:
    properties = change.get("properties", [])
    return bool(properties) and all(one.get("to") is None for one in properties)


async def written(world: World, made: Plan, new: set[str]) -> set[str]:
    """Keys of what the activities write when they apply a plan; what is new yields new values."""
    await world.documents.put_plan(made)
    outputs = {
        key: {name: f"new-{value}" if key in new else value for name, value in values.items()}
        for key, values in outputs_of(made).items()
    }
    wrote = set()
    for item in made.resources:
        if item.write is not Write.HUB:
            data = Call(
                operation=OPERATION,
                plan_hash=made.hash,
                key=item.key,
                direction="apply",
                outputs=outputs,
            )
            begin = begin_data if item.write.on_data_plane else begin_resource
            before = writes_of(world)
            # What the fake of ARM was sent does not hold what Azure would add to it.
            with suppress(TemporaryError):
                await begin(world.deps, data)
            if writes_of(world) != before:
                wrote.add(item.key)
    return wrote


def writes_of(world: World) -> tuple[int, ...]:
    """How often each of the planes has been written to."""
    versions = sum(map(len, world.vaults.versions.values()))
    return len(world.arm.writes()), world.indexes.writes, versions
