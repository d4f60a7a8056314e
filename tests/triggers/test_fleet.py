"""`/api/fleet/upgrades`: asking, looking, pausing, going on, calling back, and dry runs."""

from collections.abc import Iterator
from typing import Any

import azure.functions as func
import pytest

from landing_zone.access import Role
from landing_zone.fleet.model import CHAIN, Member, MemberState, RolloutState, UnderWay
from landing_zone.fleet.rings import member_key
from landing_zone.lifecycle import TenantState
from landing_zone.planning import Rules
from landing_zone.planning.cost import EXPORT
from tests.fakes import NOON, FakeStatus, Started, World
from tests.other_rules import NEXT, WEEKLY
from tests.principals import ACTOR, ANN, headers_of
from tests.simulation.fleet import fleet, tenant_named
from tests.triggers.requests import PROBLEM, content, request
from triggers.fleet import (
    list_upgrades,
    pause_upgrade,
    recover_upgrade,
    request_upgrade,
    resume_upgrade,
    roll_back_upgrade,
    show_upgrade,
)

ROLLOUT = f"v{NEXT}-1"
INSTANCE = f"fleet-{ROLLOUT}"
RINGS = {"rings": [{"name": "canary", "tenants": ["t00000"]}, {"name": "rest"}]}

UNDER_WAY = UnderWay(tenant_id="t00000", operation_id="t00000.2", since=NOON)


@pytest.fixture
def world() -> Iterator[World]:
    """A world with three settled tenants, in a release with newer rules."""
    with fleet(WEEKLY, *(tenant_named(number) for number in range(3))) as found:
        yield found.world


async def post(world: World, body: Any = b"", **params: str) -> func.HttpResponse:
    """Ask for a rollout."""
    client: Any = world.client
    return await request_upgrade(request(body, params=params), client)


async def act(world: World, function: Any, rollout: str = ROLLOUT, **more: Any) -> Any:
    """Do something to a rollout; the code of its answer and what it says."""
    client: Any = world.client
    response = await function(request(rolloutId=rollout, **more), client)
    found = content(response)
    return response.status_code, found.get("code") or found["state"]


async def shown(**params: str) -> Any:
    """A rollout as it is shown."""
    return content(await show_upgrade(request(params=params, rolloutId=ROLLOUT)))


async def test_a_rollout_is_begun(world: World) -> None:
    """202 with where to look; its orchestration is started with its id alone."""
    response = await post(world, RINGS | {"reason": "weekly exports", "atOnce": 5})
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/fleet/upgrades/{ROLLOUT}"
    assert world.client.started == [Started("upgrade_fleet", INSTANCE, {"rollout_id": ROLLOUT})]
    document = content(response)
    assert (document["state"], document["rulesVersion"], document["atOnce"]) == ("running", NEXT, 5)
    assert document["actor"] == ACTOR
    [entry] = world.audit.entries(CHAIN)
    assert (entry.actor, entry.outcome, entry.details["why"]) == (ACTOR, "begun", "weekly exports")


async def test_there_is_one_at_a_time(world: World) -> None:
    """The second is told of the first."""
    await post(world)
    response = await post(world)
    assert (response.status_code, response.mimetype) == (409, PROBLEM)
    assert content(response)["code"] == "RolloutUnderWay"
    assert ROLLOUT in content(response)["detail"]


async def test_one_that_rests_gives_way_to_newer_rules(world: World) -> None:
    """A fix goes forward; of the same rules the halted one has to be ended first."""
    await post(world)
    halted = _current(world).model_copy(update={"state": RolloutState.HALTED})
    world.fleet.set(halted)
    assert (await post(world)).status_code == 409
    world.fleet.set(halted.model_copy(update={"under_way": (UNDER_WAY,)}))
    object.__setattr__(world.deps, "rules", Rules(NEXT + 1, WEEKLY.builders))
    assert (await post(world)).status_code == 409
    world.fleet.set(halted)
    assert (await post(world)).status_code == 202
    assert _current(world).id == f"v{NEXT + 1}-2"
    assert (await shown())["state"] == "halted"


async def test_another_can_follow_one_that_is_over(world: World) -> None:
    """Both are listed, the newest first, and can be looked at."""
    await post(world)
    over = _current(world).model_copy(update={"state": RolloutState.DONE})
    world.fleet.set(over)
    assert (await post(world)).status_code == 202
    listed = content(await list_upgrades(request()))["value"]
    assert [one["id"] for one in listed] == [f"v{NEXT}-2", ROLLOUT]
    assert (await shown())["state"] == "done"
    assert await act(world, pause_upgrade) == (409, "RolloutReplaced")


async def test_lists_come_in_pages(world: World) -> None:
    """With what to go on with."""
    for _ in range(3):
        await post(world)
        world.fleet.set(_current(world).model_copy(update={"state": RolloutState.DONE}))
    first = content(await list_upgrades(request(params={"top": "2"})))
    again = request(params={"top": "2", "continuation": first["continuation"]})
    second = content(await list_upgrades(again))
    assert [one["id"][-1] for one in first["value"] + second["value"]] == ["3", "2", "1"]
    assert "continuation" not in second


async def test_what_is_wrong_is_told_at_once(world: World) -> None:
    """A canary that is no tenant, too; nothing is begun."""
    faulty = await post(world, {"atOnce": 0, "halt": {"failures": -1}})
    assert faulty.status_code == 400
    assert [one["path"] for one in content(faulty)["errors"]] == ["atOnce", "halt.failures"]
    unknown = {"rings": [{"name": "canary", "tenants": ["t00000", "nobody"]}, {"name": "rest"}]}
    response = await post(world, unknown)
    assert [one["path"] for one in content(response)["errors"]] == ["rings[0].tenants[1]"]
    assert world.fleet.now is None


async def test_pause_go_on_and_call_back(world: World) -> None:
    """Each in the audit, with who and why; what has no place is refused."""
    await post(world)
    assert await act(world, resume_upgrade) == (409, "NotPaused")
    assert await act(world, pause_upgrade, params={"reason": "lunch"}) == (202, "paused")
    assert await act(world, pause_upgrade) == (409, "NotMoving")
    assert await act(world, resume_upgrade) == (202, "running")
    assert await act(world, roll_back_upgrade) == (202, "rolling-back")
    assert await act(world, roll_back_upgrade) == (409, "RolledBack")
    told = [(entry.outcome, entry.details.get("why")) for entry in world.audit.entries(CHAIN)]
    assert told == [
        ("begun", None),
        ("paused", "lunch"),
        ("running", None),
        ("rolling-back", None),
    ]


async def test_the_way_back_says_what_may_be_lost(world: World) -> None:
    """What it does not understand changes nothing."""
    await post(world)
    assert await act(world, roll_back_upgrade, body={"force": True}) == (400, "InvalidRequest")
    assert not _current(world).back
    await act(world, roll_back_upgrade, body={"allowDataLoss": ["storage"]})
    assert _current(world).allow_return_loss == ("storage",)


@pytest.mark.parametrize("function", [pause_upgrade, resume_upgrade, roll_back_upgrade])
async def test_there_has_to_be_a_rollout(world: World, function: Any) -> None:
    """404, in whatever is asked of it."""
    assert await act(world, function) == (404, "RolloutNotFound")
    response = await show_upgrade(request(rolloutId="v9-9"))
    assert response.status_code == 404


async def test_going_on_starts_what_has_ended(world: World) -> None:
    """And only that."""
    await post(world)
    await act(world, pause_upgrade)
    await act(world, resume_upgrade)
    assert len(world.client.started) == 1
    world.client.statuses[INSTANCE] = FakeStatus(INSTANCE, "Completed")
    await act(world, pause_upgrade)
    assert len(world.client.started) == 1
    await act(world, resume_upgrade)
    assert len(world.client.started) == 2


async def test_failures_are_shown_a_page_at_a_time(world: World) -> None:
    """With their rings, operations and hints."""
    await post(world, RINGS)
    rows = {}
    for number in range(3):
        failed = Member(
            tenant_id=f"t0000{number}",
            ring=int(number > 0),
            state=MemberState.FAILED if number else MemberState.UPGRADED,
            operation_id=f"t0000{number}.2",
            reason="why",
            hint="how",
            at=NOON,
        )
        rows[member_key(ROLLOUT, failed.ring, failed.tenant_id)] = failed
    await world.fleet.put(ROLLOUT, rows)
    first = await shown(state="failed", top="1")
    second = await shown(state="failed", top="1", continuation=first["continuation"])
    assert {one["tenantId"] for one in first["value"] + second["value"]} == {"t00001", "t00002"}
    assert first["value"][0] | {"tenantId": "", "operationId": ""} == {
        "tenantId": "",
        "ring": "rest",
        "state": "failed",
        "operationId": "",
        "planBefore": None,
        "planAfter": None,
        "reason": "why",
        "hint": "how",
        "at": NOON.isoformat(),
    }
    assert len((await shown(tenants="true"))["value"]) == 3
    assert "value" not in await shown()


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"state": "broken"}, "state"),
        ({"state": "failed", "top": "201"}, "top"),
        ({"tenants": "true", "continuation": "' or 1 eq 1"}, "continuation"),
    ],
)
async def test_what_is_asked_for_amiss_is_told(
    world: World, params: dict[str, str], path: str
) -> None:
    """Nothing of it reaches a table."""
    await post(world)
    found = await shown(**params)
    assert [one["path"] for one in found["errors"]] == [path]


async def test_a_dry_run_tells_what_would_change(world: World) -> None:
    """Of each tenant and of all; nothing is written, begun or asked of Azure."""
    suspended = world.registry.rows["t00001"].value
    world.registry.put(suspended.model_copy(update={"state": TenantState.SUSPENDED}))
    current = world.registry.rows["t00002"].value
    world.registry.put(current.model_copy(update={"rules_version": NEXT}))
    writes = world.registry.writes
    response = await post(world, RINGS, dryRun="true")
    assert response.status_code == 200
    document = content(response)
    assert document["summary"] == {
        "tenants": 3,
        "actions": {"change": 1, "none": 2},
        "rings": {"canary": 1, "rest": 2},
        "create": {},
        "update": {EXPORT: 1},
        "delete": {},
        "dataLost": {},
    }
    canary, second, third = document["tenants"]
    assert canary["update"] == {EXPORT: ["properties.schedule.recurrence"]}
    assert second["reason"] == "it is suspended"
    assert "already" in third["reason"]
    assert (world.fleet.now, world.registry.writes, world.client.started) == (None, writes, [])
    assert world.audit.entries(CHAIN) == []
    assert world.deps.arm.sent == []  # type: ignore[attr-defined]


async def test_a_dry_run_comes_in_pages(world: World) -> None:
    """Each with a summary of its own."""
    first = content(await post(world, dryRun="true", top="2"))
    second = content(await post(world, dryRun="true", top="2", continuation=first["continuation"]))
    found = [one["tenantId"] for one in first["tenants"] + second["tenants"]]
    assert found == ["t00000", "t00001", "t00002"]
    assert [one["summary"]["tenants"] for one in (first, second)] == [2, 1]


async def test_the_timer_takes_up_what_nobody_works_on(world: World) -> None:
    """And leaves alone what runs, rests, or is not there."""
    client: Any = world.client
    await recover_upgrade(client, client)
    assert world.client.started == []
    await post(world)
    await recover_upgrade(client, client)
    assert len(world.client.started) == 1
    world.client.statuses.clear()
    await recover_upgrade(client, client)
    assert len(world.client.started) == 2
    world.client.statuses.clear()
    world.fleet.set(_current(world).model_copy(update={"state": RolloutState.HALTED}))
    await recover_upgrade(client, client)
    assert len(world.client.started) == 2


async def test_who_reads_may_not_upgrade(world: World) -> None:
    """403, and nothing is begun."""
    client: Any = world.client
    asked = request(headers=headers_of(ANN, [Role.READER]))
    assert (await request_upgrade(asked, client)).status_code == 403
    assert world.fleet.now is None


def _current(world: World) -> Any:
    assert world.fleet.now is not None
    return world.fleet.now.value
