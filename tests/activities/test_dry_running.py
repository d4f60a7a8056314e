"""A dry run over fakes: it finds what differs and nothing else, and leaves everything alone."""

import copy
from typing import Any

from hypothesis import given, settings

from activities.dry_running import dry_run
from landing_zone.tenant_request import TenantRequest
from tests.activities.landed import landed
from tests.activities.planned_changes import changes, covers, expected
from tests.fakes import World
from tests.unit.planned_whole import whole_plan_of

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
@settings(max_examples=15, deadline=None)
async def test_unchanged_tenant_has_no_changes(drawn: Pair) -> None:
    """Whatever it asked for: all that is planned is there."""
    found = await tried(landed(drawn[0]), drawn[0])
    assert (found["changes"], found["unjudged"]) == ([], [])
    assert len(found["unchanged"]) == len(whole_plan_of(drawn[0]).resources)


@given(changes())
@settings(max_examples=60, deadline=None)
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
